// Small help with forms. All of them work without it.

import { shortcut } from "./keys.js";
import { t } from "./text.js";

// What one writes in lines is sent from the keyboard, too.
shortcut({
  group: "change",
  does: t("Send what you write"),
  keys: ["mod+Enter"],
  inFields: true,
  isListed: () => document.querySelector("main textarea, #panel, dialog textarea") !== null,
  run(event) {
    if (event.target.form?.method !== "post") return false;
    event.target.form.requestSubmit();
  },
});

// A second click must not send the form twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-theme-form")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "true";
  event.submitter?.setAttribute("aria-busy", "true");
});
// A button that opens a form makes room for it: who pressed it goes on in there.
document.addEventListener("click", (event) => {
  const summary = event.target.closest?.("details:not([open]) > summary.button");
  if (!summary || event.defaultPrevented) return;
  event.preventDefault(); // the browser would open it later, and what is typed meanwhile would go astray
  const details = summary.parentElement;
  details.open = true;
  details.querySelector("input:not([type=hidden]), select, textarea")?.focus();
});
// Back from the browser's page cache the form is to be used again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  }
});

// Passwords can be looked at.
for (const holder of document.querySelectorAll("[data-reveal]")) {
  const input = holder.querySelector("input");
  const button = holder.querySelector("[data-reveal-button]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  });
}

// A choice that is complete in itself is sent when it is made. By keys it is not: arrows pass through every choice before
// the wanted one. Then its button comes, which is also for pages without script.
for (const form of document.querySelectorAll("form[data-autosubmit]")) {
  const buttons = form.querySelectorAll("[type='submit']");
  const hide = (isHidden) => { for (const button of buttons) button.hidden = isHidden; };
  let isByKeys = false;
  form.addEventListener("keydown", () => { isByKeys = true; });
  form.addEventListener("pointerdown", () => { isByKeys = false; });
  form.addEventListener("change", () => {
    if (isByKeys) hide(false);
    else form.requestSubmit();
  });
  hide(true);
}

// The short name of a thing follows its name until somebody writes one.
const SHORT = {
  slug: (text) => text.normalize("NFKD").replace(/[^\w\s-]/g, "").trim().toLowerCase().replace(/[\s_-]+/g, "-").slice(0, 40),
  key(text) {
    const words = text.normalize("NFKD").replace(/[^A-Za-z0-9\s]/g, "").trim().split(/\s+/).filter(Boolean);
    const letters = words.length > 1 ? words.map((word) => word[0]).join("") : (words[0] ?? "").slice(0, 4);
    return letters.toUpperCase().replace(/^[0-9]+/, "").slice(0, 8);
  },
};
for (const input of document.querySelectorAll("[data-follows]")) {
  const source = document.getElementById(input.dataset.follows);
  let own = input.value !== "";
  input.addEventListener("input", () => { own = input.value !== ""; });
  source?.addEventListener("input", () => { if (!own) input.value = SHORT[input.dataset.short](source.value); });
}

// A chosen picture is shown before it is sent.
for (const input of document.querySelectorAll("input[type='file'][data-preview]")) {
  input.addEventListener("change", () => {
    const avatar = document.getElementById(input.dataset.preview);
    const [file] = input.files;
    avatar.querySelector("img")?.remove();
    if (!file) return;
    const picture = document.createElement("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    avatar.append(picture);
  });
}

// Text to take along: an invitation's or an issue's address.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const { copyText } = await import("./clipboard.js");
  copyText(button.dataset.copy, button.dataset.copied);
});

// After a refusal the reader starts where the first mistake is.
document.querySelector("main form [aria-invalid='true']")?.focus();
