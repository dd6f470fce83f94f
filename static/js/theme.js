// Light, dark, or what the system says. The choice is shown at once and kept by the server.

import { post } from "./requests.js";

/** Show a theme without asking the server. */
export function showTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-theme-form] [name='theme']")) {
    button.setAttribute("aria-checked", String(button.value === theme));
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form) return;
  event.preventDefault();
  const theme = event.submitter.value;
  showTheme(theme);
  const response = await post(form.action, { theme });
  // Not kept is not lost: the page shows it, and the plain form says what is wrong.
  if (!response.ok) form.submit();
});

// The profile's own choice shows what it would look like before it is saved.
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-theme-choice]")) showTheme(event.target.value);
});
