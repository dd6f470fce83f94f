/** What a text said before: a comment's "edited", or an entry of the history, opens the edits over the issue. Without a
    script it leads to a page of them. */
import * as http from "../requests.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";

/**
 * @param {HTMLElement} root of the issue
 * @param {AbortSignal} signal ends it
 */
export function enableFormer(root, signal) {
  const dialog = root.querySelector("#comment-history");
  const body = dialog.querySelector("[data-history-body]");
  // Neither the panel nor the board behind it is meant.
  dialog.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
  root.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-history]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const answer = await http.get(link.href, { signal });
    if (signal.aborted) return;
    if (!answer.ok) {
      toast({ error: true, text: http.reason(answer, t("The edits could not be read.")) });
      return;
    }
    if (link.dataset.history) dialog.querySelector("h2").textContent = link.dataset.history;
    body.innerHTML = answer.text;
    if (!dialog.open) dialog.showModal();
  }, { signal });
}
