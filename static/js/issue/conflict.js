/** Two people changed the same field: both values, and the choice. The server draws them (issues/issue.html, `conflict`). */
import * as http from "../requests.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";

/**
 * Ask which value stays.
 *
 * @param {string} key of the issue, for words
 * @param {{text: string}} answer the 409 with both values
 * @param {(answer: object|null) => void} [done] gets the server's answer when ours was kept, null when theirs was
 */
export function conflictDialog(key, answer, done = () => {}) {
  const dialog = document.getElementById("conflict");
  const body = dialog.querySelector("[data-body]");
  dialog.querySelector("[data-key]").textContent = key;
  const heading = dialog.querySelector("h2");
  heading.dataset.usual ??= heading.textContent;

  function show(next) {
    body.innerHTML = next.text;
    const form = body.querySelector("form");
    if (!form) {
      dialog.close();
      toast({ error: true, text: http.reason(next, t("{key} could not be changed.", { key })) });
      return;
    }
    heading.textContent = form.dataset.title ?? heading.dataset.usual;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      keep(form);
    });
    body.querySelector("[data-theirs]").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
      done(null);
    });
  }

  async function keep(form) {
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    const data = new FormData(form);
    data.set("op", http.newOp());
    const next = await http.post(form.action, data);
    form.ariaBusy = "false";
    if (next.status === 409 && !next.isJson) {
      show(next);
      return;
    }
    dialog.close();
    if (next.ok) done(next);
    else toast({ error: true, text: http.reason(next, t("{key} could not be changed.", { key })) });
  }

  show(answer);
  if (!dialog.open) dialog.showModal();
}
