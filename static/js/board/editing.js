/** Writing on the board itself: a new card at a column's foot, and a card's title in place. */
import * as http from "../requests.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";
import { cardOf, idOf, listOf, parse, versionOf } from "./place.js";

/** The form at a column's foot. Text stays in it until the server has the issue. */
export function enableCreate({ board, live, keyboard }) {
  board.root.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-create]");
    if (!form) return;
    event.preventDefault();
    create(form);
  });
  board.root.addEventListener("keydown", (event) => {
    const form = event.target.closest("form[data-create]");
    if (!form || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close(form);
    }
  });
  board.root.addEventListener("click", (event) => {
    const summary = event.target.closest("details[data-create-at] > summary");
    if (!summary) return;
    event.preventDefault(); // the browser would open it later, and what is typed meanwhile would go astray
    open(summary.parentElement);
  });

  function open(details) {
    details.open = true;
    details.querySelector("textarea").focus();
    details.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function close(form) {
    const details = form.closest("details");
    details.open = false;
    (keyboard.current ?? details.querySelector("summary")).focus();
  }

  async function create(form) {
    const field = form.elements.title;
    const title = field.value.trim();
    if (!title || form.ariaBusy === "true") return;
    const error = form.querySelector("[data-error]");
    const list = form.closest(".column").querySelector("[data-column]");
    const op = http.newOp();
    const data = new FormData(form);
    data.set("op", op);
    form.ariaBusy = "true";
    error.hidden = true;
    live.expect(op, () => true); // shown from the answer, not from the log
    const answer = await http.post(form.action, data);
    form.ariaBusy = "false";
    const card = answer.ok ? parse(answer.text).find((element) => element.classList.contains("card")) : null;
    if (!card) {
      live.forget(op);
      error.textContent = http.reason(answer, t("The issue could not be created."));
      error.hidden = false;
      return;
    }
    if (field.value.trim() === title) field.value = "";
    if (!cardOf(idOf(card))) board.count(list, 1);
    board.show(card, { keep: true });
    const shown = cardOf(idOf(card));
    shown?.classList.add("arrived");
    shown?.scrollIntoView({ block: "nearest" });
    board.recount();
    announce(t("{key} created.", { key: card.dataset.issueKey }));
  }

  /** Open the form of the column a card is in, or of the first one. */
  return function openCreate(card) {
    const list = card ? listOf(card) : board.lists[0];
    const details = list && board.section(list).querySelector("details[data-create-at]");
    if (!details) return false;
    open(details);
    return true;
  };
}

/** Rename in place. Nothing is saved by merely looking away, and nothing typed is lost. */
export function enableRename({ board, live, resolve }) {
  let editor = null;

  function open(card) {
    if (!board.canEdit) return false;
    if (editor) cancel();
    const title = card.querySelector(".title");
    const field = document.createElement("textarea");
    field.className = "card-input";
    field.rows = 1;
    field.maxLength = 500;
    field.value = title.textContent.trim();
    field.setAttribute("aria-label", t("New title of {key}", { key: card.dataset.issueKey }));
    title.hidden = true;
    title.after(field);
    editor = { card, title, field, original: field.value, version: versionOf(card) };
    board.busy.add(idOf(card));
    board.onEditing(idOf(card));
    field.focus();
    field.select();
    field.addEventListener("keydown", key);
    field.addEventListener("pointerdown", (event) => event.stopPropagation());
    return true;
  }

  function key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      cancel();
    }
    event.stopPropagation(); // arrows, Space and letters are text here
  }

  function finish() {
    const { card, title, field } = editor;
    const hadFocus = document.activeElement === field;
    editor = null;
    field.remove();
    title.hidden = false;
    board.onEditing(null);
    if (hadFocus && card.isConnected) card.focus({ preventScroll: true });
    live.release(idOf(card));
  }

  function cancel() {
    if (editor) finish();
  }

  async function save() {
    const { card, title, field, original, version } = editor;
    const value = field.value.replace(/\s+/g, " ").trim();
    if (!value || value === original) return cancel();
    const op = http.newOp();
    title.textContent = value;
    card.classList.add("pending");
    finish();
    await send({ card, title, original, value, version, op });
  }

  async function send(change) {
    const { card, value, version, op, original } = change;
    const answer = await http.post(board.issueUrl(card.dataset.issueKey, "edit/"), { field: "title", value, version, op });
    card.classList.remove("pending");
    if (answer.ok) {
      live.read(idOf(card));
      return;
    }
    const shown = cardOf(idOf(card))?.querySelector(".title");
    if (shown) shown.textContent = original;
    live.read(idOf(card));
    if (answer.status === 409) {
      resolve(card.dataset.issueKey, answer);
      return;
    }
    toast({
      error: true,
      text: http.reason(answer, t("{key} could not be renamed.", { key: card.dataset.issueKey })),
      action: { label: t("Edit again"), run: () => again(idOf(card), value) },
    });
  }

  function again(id, value) {
    const card = cardOf(id);
    if (!card) return;
    open(card);
    editor.field.value = value;
  }

  /** The card under the pen is gone: what was typed is handed back. */
  function lose(card) {
    if (editor?.card !== card) return;
    const text = editor.field.value;
    const isTouched = text.trim() !== editor.original;
    editor = null;
    board.busy.delete(idOf(card));
    board.onEditing(null);
    if (!isTouched) return;
    toast({
      text: t("{key} is no longer on this board. Your text: {text}", { key: card.dataset.issueKey, text }),
      action: { label: t("Copy"), run: () => navigator.clipboard?.writeText(text) },
    });
  }

  return { open, lose };
}

