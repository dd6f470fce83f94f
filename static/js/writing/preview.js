/** What a text will look like, and what its quick actions will do: drawn by the server in the place of its field, and back. */
import * as http from "../requests.js";

/**
 * @param {HTMLButtonElement} button that asks for it, or for the field again
 * @param {object} options
 * @param {string} options.address where it is drawn
 * @param {object} options.about which issue it is written for, as the server takes it
 * @param {(form: HTMLFormElement, answer: object) => void} options.onRefused
 * @param {(form: HTMLFormElement) => void} options.onDrawn
 */
export async function preview(button, { address, about, onRefused, onDrawn }) {
  const form = button.closest("form");
  if (button.getAttribute("aria-pressed") === "true") {
    leavePreview(form);
    form.querySelector(".writer textarea").focus();
    return;
  }
  const field = form.querySelector(".writer textarea");
  const text = field.value;
  const answer = await http.post(address, { text, ...about });
  if (field.value !== text) return; // sent, or written on, meanwhile
  if (!answer.ok) {
    onRefused(form, answer);
    return;
  }
  const pane = form.querySelector("[data-preview-pane]");
  pane.innerHTML = answer.text; // drawn and sanitised by the server, as the text itself will be
  onDrawn(form);
  button.setAttribute("aria-pressed", "true");
  pane.hidden = false;
  field.closest(".writer").hidden = true;
}

/** Show the field again in the place of what it will look like. */
export function leavePreview(form) {
  const pane = form.querySelector("[data-preview-pane]");
  if (!pane || pane.hidden) return;
  pane.hidden = true;
  form.querySelector(".writer").hidden = false;
  form.querySelector("[data-preview]").setAttribute("aria-pressed", "false");
}
