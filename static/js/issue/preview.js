/** What a text will look like: drawn by the server in the place of its field, and back. */
import * as http from "../requests.js";

/**
 * @param {HTMLButtonElement} button that asks for it, or for the field again
 * @param {Issue} issue
 */
export async function preview(button, issue) {
  const form = button.closest("form");
  const field = form.querySelector("textarea");
  const writer = field.closest(".writer");
  const pane = form.querySelector("[data-preview-pane]");
  const isOn = button.getAttribute("aria-pressed") === "true";
  if (!isOn) {
    const answer = await http.post(`/${issue.root.dataset.org}/markdown/preview/`, { text: field.value, issue: issue.key });
    if (!answer.ok) {
      issue.refused(form, answer);
      return;
    }
    pane.innerHTML = answer.text; // drawn and sanitised by the server, as the text itself will be
    issue.say(form, ""); // the preview says anew what would be refused
  }
  button.setAttribute("aria-pressed", String(!isOn));
  pane.hidden = isOn;
  writer.hidden = !isOn;
  if (isOn) field.focus();
}
