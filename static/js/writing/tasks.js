/**
 * Boxes of task lists that are ticked where they are read: `[data-tasks]` holds a drawn text and names the address that
 * ticks its tasks. The server draws the boxes disabled, since without a script nothing would be saved.
 */
import * as http from "../requests.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";

/** A task's box as markup, whatever a script or its reader made of it. */
export const BOX = /<input [^>]*task-list-item-checkbox[^>]*>/g;

/** Let the boxes below an element be ticked. */
export function enableTasks(element) {
  for (const box of element.querySelectorAll("[data-tasks] .task-list-item-checkbox")) {
    box.disabled = false;
    box.dataset.focus = `task-${box.value}`;
  }
}

/**
 * Save what is ticked below an element.
 * @param {HTMLElement} root
 * @param {object} options
 * @param {AbortSignal} options.signal ends it
 * @param {(answer: object) => void} options.saved what the server answered
 * @param {() => void} options.refused the text is not what was shown
 */
export function saveTasks(root, { signal, saved, refused }) {
  root.addEventListener("change", async ({ target: box }) => {
    const text = box.closest("[data-tasks]");
    if (!text || !box.matches(".task-list-item-checkbox")) return;
    const wanted = { task: box.value, done: box.checked ? 1 : 0, op: http.newOp() };
    const answer = await http.post(text.dataset.tasks, wanted);
    if (answer.ok) {
      saved(answer);
      return;
    }
    box.checked = !box.checked;
    toast({ error: true, text: http.reason(answer, t("That was not saved.")) });
    if (answer.status === 409) refused();
  }, { signal });
}
