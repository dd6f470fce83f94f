/** Writing on the board itself: a new card at a column's foot, and a card's title in place. */
import { copyText } from "../clipboard.js";
import { readCreated, tellCreated } from "../creating/answer.js";
import { enablePaste } from "../creating/paste.js";
import { draftNote, forgetDraft, keepDraft, readDraft } from "../drafts.js";
import { changeField } from "../issue/edit.js";
import * as http from "../requests.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";
import { cardOf, idOf, listOf, versionOf } from "./place.js";

/** The form at a column's foot. Text stays in it until the server has the issue, and is a draft until then. */
export function enableCreate({ board, live, keyboard, moves, openPanel }) {
  const columnOf = (form) => form.elements.column.value;
  const draftOf = (form) => `${board.org}${board.url}column-${columnOf(form)}`;
  const PROJECT_OF = `${board.url}project`;

  board.root.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-create]");
    if (!form) return;
    event.preventDefault();
    create(form);
  });
  board.root.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-create]");
    if (form) keep(form);
  });
  board.root.addEventListener("change", (event) => {
    if (event.target.matches("form[data-create] select[name=project]")) keepDraft(PROJECT_OF, event.target.value);
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
  enablePaste({
    root: board.root,
    address: () => board.part("create-many/"),
    cells: (form) => `${board.projectFor(form)}backlog/cells/`,
    columnName: (form) => form.closest(".column").dataset.name,
    onSend: (op) => live.expect(op, () => true),
    onAnswer: (op, created, form) => {
      if (created) show(created, form);
      else live.forget(op);
    },
  });

  function keep(form) {
    const text = form.elements.title.value;
    if (text.trim()) keepDraft(draftOf(form), text);
    else forgetDraft(draftOf(form));
  }

  function open(details) {
    const form = details.querySelector("form");
    const field = form.elements.title;
    const draft = readDraft(draftOf(form));
    details.open = true;
    recall(form);
    if (typeof draft === "string" && !field.value) {
      field.value = draft;
      form.querySelector("[data-error]").before(draftNote(() => {
        field.value = "";
        keep(form);
        field.focus();
      }));
    }
    field.focus();
    details.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Where there are several projects, the one that was chosen last, in whichever column that has it. */
  function recall(form) {
    const { project } = form.elements;
    const last = readDraft(PROJECT_OF);
    if (project?.options && [...project.options].some(({ value }) => value === last)) project.value = last;
  }

  function close(form) {
    const details = form.closest("details");
    details.open = false;
    (keyboard.current ?? details.querySelector("summary")).focus();
  }

  /**
   * Create what is written, an issue of each line. Whoever writes on while one is on its way writes on a new line, which
   * follows it; a line stays until the server has it.
   */
  async function create(form) {
    const { title: field } = form.elements;
    if (!field.value.trim()) return;
    field.value = `${field.value.trim()}\n`;
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    let isGoingOn = true;
    while (isGoingOn) isGoingOn = await createFirst(heirOf(form));
    heirOf(form).ariaBusy = "false";
  }

  /** The form in the place of one that was drawn anew meanwhile, with what was written in it. */
  function heirOf(form) {
    if (form.isConnected) return form;
    return [...board.root.querySelectorAll("form[data-create]")].find((each) => columnOf(each) === columnOf(form)) ?? form;
  }

  /** Create the first line; whether another one waits behind it. */
  async function createFirst(form) {
    const [line] = form.elements.title.value.split("\n", 1);
    const op = http.newOp();
    const data = new FormData(form);
    data.set("title", line);
    data.set("op", op);
    form.querySelector("[data-error]").hidden = true;
    live.expect(op, () => true); // shown from the answer, not from the log
    const answer = await http.post(board.part("create/"), data);
    const created = readCreated(answer);
    const now = heirOf(form);
    const field = now.elements.title;
    if (!created) {
      const error = now.querySelector("[data-error]");
      live.forget(op);
      field.value = field.value.trimEnd();
      error.textContent = http.reason(answer, t("The issue could not be created."));
      error.hidden = false;
      return false;
    }
    const isSame = field.value.startsWith(`${line}\n`); // nobody changed it meanwhile
    if (isSame) field.value = field.value.slice(line.length + 1).trimStart();
    now.querySelector(".draft-note")?.remove();
    keep(now);
    show(created, now);
    return isSame && field.value.includes("\n");
  }

  /** Show what was created here; say so where that is not plain to see. */
  function show(created, form = null) {
    const undo = created.isHidden || created.isMany || !form
      ? tellCreated(created, {
        onGone: () => gone(created),
        open: created.isMany ? null : () => openPanel(created.key),
      })
      : null;
    if (undo) moves.remember(undo);
    appear(created);
    announce(created.text);
  }

  function appear(created) {
    for (const card of created.cards) {
      const list = board.listFor(card.dataset);
      if (list && !cardOf(idOf(card))) board.count(list, 1);
      board.show(card, { keep: true });
      cardOf(idOf(card))?.classList.add("arrived");
    }
    const last = created.cards.at(-1);
    if (last) cardOf(idOf(last))?.scrollIntoView({ block: "nearest" });
    board.recount();
  }

  function gone(created) {
    for (const id of created.ids) {
      const card = cardOf(id);
      if (!card) continue;
      board.count(listOf(card), -1);
      board.remove(card);
    }
    board.recount();
  }

  // Somebody changed the set of columns, so all of them are drawn anew: what is being written moves over.
  board.beforeReplace = () => [...board.root.querySelectorAll("form[data-create]")]
    .filter((form) => form.elements.title.value || form.closest("details").open)
    .map((form) => {
      const field = form.elements.title;
      const hasFocus = document.activeElement === field;
      const { ariaBusy } = form;
      return { column: columnOf(form), text: field.value, isOpen: form.closest("details").open, ariaBusy, hasFocus, at: [field.selectionStart, field.selectionEnd] };
    });
  board.afterReplace = (written) => {
    for (const { column, text, isOpen, ariaBusy, hasFocus, at } of written) {
      const forms = [...board.root.querySelectorAll("form[data-create]")];
      const form = forms.find((each) => columnOf(each) === column) ?? (text && forms.find((each) => !each.elements.title.value));
      if (!form) continue;
      const field = form.elements.title;
      field.value = text;
      recall(form);
      keep(form);
      if (columnOf(form) === column) form.ariaBusy = ariaBusy;
      form.closest("details").open = isOpen;
      if (!hasFocus) continue;
      field.focus();
      field.setSelectionRange(...at);
    }
  };

  /** Open the form of a card's column; of the first that has one without a card. False where there is none. */
  function begin(card) {
    const column = card && listOf(card).dataset.column;
    const forms = [...board.root.querySelectorAll("form[data-create]")];
    const form = forms.find((each) => columnOf(each) === column) ?? forms[0];
    if (form) open(form.closest("details"));
    return form !== undefined;
  }

  return { appear, begin, gone };
}

/** Rename in place. Nothing is saved by merely looking away, and nothing typed is lost. */
export function enableRename({ board, live, resolve }) {
  let editor = null;

  function open(card) {
    if (!board.mayChange(card)) return false;
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
    title.textContent = value;
    card.classList.add("pending");
    finish();
    await send({ card, original, value, version });
  }

  async function send(change) {
    const { card, value, version, original } = change;
    const { answer } = await changeField(board.issueUrl(card.dataset.issueKey, "edit/"), { field: "title", value, version });
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
      text: t("{key} is no longer here. Your text: {text}", { key: card.dataset.issueKey, text }),
      action: { label: t("Copy"), run: () => copyText(text, t("Copied")) },
    });
  }

  return { open, lose };
}

