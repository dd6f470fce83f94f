/** Dates that are written: for keys, for touch screens, and for what has none yet. */
import { toast } from "../toasts.js";
import { datesOf } from "./chart.js";

/**
 * @param {object} options
 * @param {(id: string, dates: object) => Promise<string|null>} options.send resolves with why it was refused, or null
 * @param {(id: string) => HTMLElement|null} options.sourceOf the row or entry of an issue
 * @returns {(id: string) => void} opens the dialog for an issue
 */
export function enableDialog({ send, sourceOf }) {
  const dialog = document.getElementById("dates-dialog");
  const form = dialog.querySelector("form");
  const error = dialog.querySelector("[data-error]");
  const { issue, version, start, due } = form.elements;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    const { value: id } = issue;
    const refused = await send(id, { start: start.value, due: due.value });
    form.ariaBusy = "false";
    if (!dialog.open || issue.value !== id) { // closed meanwhile, and perhaps open for another one
      if (refused) toast({ error: true, text: refused });
      return;
    }
    error.hidden = !refused;
    error.textContent = refused ?? "";
    if (!refused) dialog.close();
    else due.focus();
  });
  dialog.addEventListener("close", () => {
    const source = sourceOf(issue.value);
    const bar = source?.querySelector("[data-bar]");
    const target = bar?.checkVisibility() ? bar : source?.querySelector("[data-dates]");
    if (!dialog.contains(document.activeElement) && document.activeElement !== document.body && document.activeElement.isConnected) return;
    (target ?? document.getElementById("main")).focus({ preventScroll: true });
  });

  return function open(id) {
    const source = sourceOf(id);
    if (!source) return;
    const dates = datesOf(source);
    issue.value = id;
    version.value = source.dataset.v;
    [start.value, due.value] = [dates.start, dates.due];
    dialog.querySelector("[data-subject]").textContent = `${source.dataset.issueKey} ${source.querySelector(".title").textContent.trim()}`;
    error.hidden = true;
    dialog.showModal();
    start.focus();
  };
}
