/** The dialog of `C` and "New issue", on every page of a project. */
import { t } from "../text.js";
import { tellCreated } from "./answer.js";
import { NewIssueForm } from "./form.js";

/** Whether the reader may create issues here. */
export const canCreate = () => document.getElementById("new-issue") !== null;

/**
 * @param {object} options
 * @param {"board"|"list"|""} options.place what the page shows, so that the answer can say whether it shows the new one
 * @param {() => URLSearchParams} [options.filters] what the page is narrowed to
 * @param {() => string} [options.column] id of the board's column to begin with
 * @param {(created: object, undo: () => void) => void} [options.onCreated]
 * @param {() => void} [options.onGone] what was created was taken back
 * @param {(key: string) => void} [options.open] shows an issue without leaving the page
 * @returns {() => boolean} opens the dialog; false where there is none
 */
export function enableNewIssue({ place, filters = () => new URLSearchParams(), column = () => "", onCreated = () => {}, onGone = () => {}, open = null }) {
  const dialog = document.getElementById("new-issue");
  if (!dialog) return () => false;
  const element = dialog.querySelector("form");
  const form = new NewIssueForm(element, {
    address() {
      const query = new URLSearchParams(filters());
      query.set("place", place);
      return `${element.action}?${query}`;
    },
    column,
    onCreated(created, another) {
      if (!another) dialog.close();
      const undo = tellCreated(created, { onGone: () => onGone(created), open: open && (() => open(created.key)) });
      onCreated(created, undo);
      if (another) note(created);
    },
  });

  /** The dialog lies over the notices, so it says itself what was created while it stays open. */
  function note(created) {
    dialog.querySelector(".created-note")?.remove();
    const line = document.createElement("p");
    line.className = "created-note hint";
    line.setAttribute("role", "status");
    const link = document.createElement("a");
    link.className = "link";
    link.href = created.url;
    link.textContent = t("Open {key}", { key: created.key });
    element.querySelector("[data-error]").before(line);
    requestAnimationFrame(() => line.append(created.text, " ", link));
  }

  function show() {
    dialog.querySelector(".created-note")?.remove();
    if (!dialog.open) dialog.showModal();
    element.elements.title.focus();
    form.say("");
    form.begin();
    form.restore(form.read());
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-new]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    show();
  });
  return show;
}
