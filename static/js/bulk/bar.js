/** The bar of the selected issues: one choice in it changes all of them, and the toast takes that back. */
import { shortcut } from "../keys.js";
import { place as float } from "../menus.js";
import * as http from "../requests.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";

const STAY = 10_000; // what changed many is looked at longer before it is taken back
const ALONE = { keep: (takeBack) => takeBack, drop() {} }; // where Ctrl+Z takes back nothing but this

/**
 * Take a bulk edit back.
 * @param {{url: string, op: string, ids: number[], onDone: (ids: number[]) => void}} edit `op` is what it was called, `ids` its issues
 */
export async function takeBack({ url, op, ids, onDone }) {
  const answer = await http.post(`${url}undo/`, { of: op, issue: ids.join(","), op: http.newOp() });
  if (!answer.ok) {
    toast({ error: true, text: http.reason(answer, t("That could not be taken back.")) });
    return;
  }
  const said = answer.json();
  toast({ text: said.text });
  onDone(said.ids);
}

/**
 * @param {object} options
 * @param {import("./selection.js").Selection} options.selection
 * @param {(op: string) => void} [options.onSend] before a request, so that the log's echo is known
 * @param {(op: string) => void} [options.onRefused]
 * @param {(ids: number[]) => void} options.onDone these issues are different now
 * @param {() => object} [options.begin] a step that Ctrl+Z takes back (board/moves.js)
 */
export function enableBar({ selection, onSend = () => {}, onRefused = () => {}, onDone, begin = () => ALONE }) {
  const place = document.querySelector("[data-bulk-at]");
  const url = place.dataset.bulkAt;
  let bar = null;
  let asked = null;
  let line = Promise.resolve();
  let last = null; // what was chosen last, until it is answered

  selection.onChange = () => {
    if (bar) show();
    else if (selection.size) ready();
  };
  shortcut({
    group: "select",
    does: t("To what can be done with the selected"),
    keys: ["b"],
    run: () => (selection.size ? void ready().then(() => bar?.querySelector("button").focus()) : false),
  });

  /** The bar comes when something is selected for the first time. */
  function ready() {
    asked ??= load();
    return asked;
  }

  async function load() {
    const answer = await http.get(url);
    if (!answer.ok) {
      asked = null;
      toast({ error: true, text: http.reason(answer, t("The choices could not be read.")) });
      return;
    }
    place.innerHTML = answer.text;
    bar = place.querySelector("[data-bulk]");
    wire();
    show();
  }

  function show() {
    const isLeaving = selection.size === 0 && bar.contains(document.activeElement);
    bar.hidden = selection.size === 0;
    bar.querySelector("[data-count]").textContent = t("{count} selected", { count: selection.size });
    offer();
    document.body.toggleAttribute("data-selecting", selection.size > 0);
    if (isLeaving) document.getElementById("main").focus({ preventScroll: true });
  }

  /** Where the selected are of several projects, only what all of these have; who works in some of them only is named. */
  function offer() {
    const items = [...bar.querySelectorAll("[data-within]")];
    if (!items.length) return;
    const projects = new Set(selection.elements.map(({ dataset }) => dataset.project));
    for (const item of items) {
      const within = item.dataset.within.split(" ");
      item.hidden = ![...projects].every((project) => within.includes(project));
    }
    for (const opener of bar.querySelectorAll("[popovertarget]")) {
      const choices = [...document.getElementById(opener.getAttribute("popovertarget")).querySelectorAll("[data-field]")];
      opener.hidden = choices.every((choice) => choice.hidden);
    }
    const said = bar.querySelector("[data-left-out]");
    const names = items.filter((item) => item.hidden && item.dataset.field === "assignee").map((item) => item.lastElementChild.textContent);
    said.hidden = !names.length;
    said.textContent = t("Not in all of these projects: {names}", { names: names.join(", ") });
  }

  function wire() {
    const points = bar.querySelector("[data-points]");
    bar.addEventListener("click", (event) => {
      if (event.target.closest("[data-clear-selection]")) {
        selection.leave();
        return;
      }
      const away = event.target.closest("[data-transfer]");
      if (away) away.search = new URLSearchParams({ issue: selection.ids.join(",") });
      const choice = event.target.closest("[data-field]");
      if (!choice) return;
      choice.closest("[popover]")?.hidePopover();
      change(choice.dataset.field, choice.dataset.value);
    });
    points.addEventListener("submit", (event) => {
      event.preventDefault();
      points.closest("[popover]").hidePopover();
      change("points", points.elements.points.value);
      points.reset();
    });
    points.closest("[popover]").addEventListener("toggle", (event) => {
      const opener = bar.querySelector('[popovertarget="bulk-points"]');
      if (event.newState === "open") float(event.target, opener);
      else if (document.activeElement === document.body) opener.focus();
    });
  }

  /** One choice after the other, each for what was selected as it was made; the same one twice in a moment is one. */
  function change(field, value) {
    const wanted = JSON.stringify([field, value, selection.ids]);
    if (wanted === last) return;
    last = wanted;
    const data = new FormData();
    data.set("issue", selection.ids.join(",")); // one field: a form takes no more than a few hundred
    data.set(field, value);
    const op = http.newOp();
    data.set("op", op);
    bar.ariaBusy = "true";
    onSend(op);
    const step = begin();
    line = line.then(() => send({ field, data, op, step })).then(() => {
      if (last !== wanted) return;
      last = null;
      bar.ariaBusy = "false";
    });
  }

  async function send({ field, data, op, step }) {
    const answer = await http.post(url, data);
    if (!answer.ok) {
      onRefused(op);
      step.drop();
      toast({ error: true, text: http.reason(answer, t("The selected issues could not be changed.")) });
      return;
    }
    const { text, ids } = answer.json();
    const undo = ids.length ? step.keep(() => takeBack({ url, op, ids, onDone })) : step.drop();
    toast({ text, action: undo && { label: t("Undo"), isUndo: true, run: undo }, stay: STAY });
    onDone(ids);
    if (field === "archived" || field === "deleted") selection.leave();
  }
}
