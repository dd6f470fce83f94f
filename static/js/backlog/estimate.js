/** Estimates written where they stand: a figure becomes a field, Enter keeps it, Tab goes on to the next row's. */
import { cardOf, cardsIn, idOf, versionOf } from "../board/place.js";
import { conflictDialog } from "../issue/conflict.js";
import { changeField } from "../issue/edit.js";
import * as http from "../requests.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";

const LONGEST = 7;

export function enableEstimates(board, { live, moves }) {
  let editor = null;

  board.root.addEventListener("click", (event) => {
    const figure = event.target.closest("[data-estimate]");
    if (!figure || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(figure.closest(".card"));
  });

  function open(card) {
    const figure = card?.querySelector("[data-estimate]");
    if (!figure || !board.canEdit) return false;
    if (editor) finish();
    const field = document.createElement("input");
    field.className = "input small estimate-field";
    field.inputMode = "decimal";
    field.maxLength = LONGEST;
    field.autocomplete = "off";
    field.value = figure.dataset.estimate;
    field.setAttribute("aria-label", t("Estimate of {key} in points", { key: card.dataset.issueKey }));
    figure.hidden = true;
    figure.after(field);
    editor = { card, figure, field };
    board.busy.add(idOf(card));
    field.addEventListener("keydown", key);
    // Somebody who looks away has decided nothing, and a field left open would hide what the others estimate.
    field.addEventListener("blur", () => { if (editor?.field === field && document.hasFocus()) save(); });
    field.focus();
    field.select();
    return true;
  }

  function key(event) {
    if (event.isComposing) return;
    event.stopPropagation(); // letters and arrows are text here
    if (event.key === "Enter") save({ isBack: true });
    else if (event.key === "Escape") finish({ isBack: true });
    else if (event.key === "Tab") {
      const { card } = editor;
      const all = board.lists.flatMap(cardsIn);
      const next = all[all.indexOf(card) + (event.shiftKey ? -1 : 1)];
      save();
      if (!next) return;
      event.preventDefault();
      open(next);
      next.scrollIntoView({ block: "nearest" });
      return;
    } else return;
    event.preventDefault();
  }

  function finish({ isBack = false } = {}) {
    const { card, figure, field } = editor;
    editor = null;
    field.remove();
    figure.hidden = false;
    if (isBack && card.isConnected) card.focus({ preventScroll: true });
    live.release(idOf(card));
  }

  function save({ isBack = false } = {}) {
    const { card, figure, field } = editor;
    const value = field.value.trim().replace(",", ".");
    const was = figure.dataset.estimate;
    finish({ isBack });
    if (value !== was) send(card, value, was);
  }

  /** `since` is the version that the person saw: what somebody else estimated after it is not written over. */
  async function send(card, value, was, { isUndo = false, since = versionOf(card) } = {}) {
    const id = idOf(card);
    const key = card.dataset.issueKey;
    const step = isUndo ? null : moves.begin();
    show(id, value);
    card.classList.add("pending");
    const { answer, version } = await changeField(board.issueUrl(key, "edit/"), { field: "points", value, version: since });
    cardOf(id)?.classList.remove("pending");
    live.read(id);
    board.recount();
    if (answer.ok) {
      const figure = value || t("none");
      announce(t("{key}: {points} points", { key, points: figure }));
      if (!step) return;
      const undo = step.keep(() => {
        const shown = cardOf(id);
        if (shown) send(shown, was, value, { isUndo: true, since: version });
      });
      toast({ text: t("{key}: {points} points", { key, points: figure }), action: { label: t("Undo"), run: undo } });
      return;
    }
    step?.drop();
    show(id, was);
    if (answer.status === 409) {
      conflictDialog(key, answer);
      return;
    }
    toast({
      error: true,
      text: http.reason(answer, t("{key} could not be changed.", { key })),
      action: { label: t("Edit again"), run: () => again(id, value) },
    });
  }

  function show(id, value) {
    const figure = cardOf(id)?.querySelector("[data-estimate]");
    if (!figure) return;
    figure.dataset.estimate = value;
    figure.textContent = value || "–";
  }

  function again(id, value) {
    const card = cardOf(id);
    if (card && open(card)) editor.field.value = value;
  }

  return open;
}
