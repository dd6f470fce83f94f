/** Triage: what waits is decided about by keys or buttons, in a dialog; the next issue has the focus; others' decisions show at once. */
import { showPeople, showState } from "./connection.js";
import { shortcut } from "./keys.js";
import { isPressed, RELEASED } from "./pressed.js";
import * as http from "./requests.js";
import { connect } from "./socket.js";
import { t } from "./text.js";
import { toast } from "./toasts.js";

const BURST = 100;
const READ_AGAIN = 2_000;
const root = document.querySelector("[data-triage-page]");
const main = document.getElementById("main");
const dialog = document.getElementById("decide");
const { org, stream, seq } = root.dataset;

const lines = () => [...root.querySelectorAll("[data-triage-issue]")];
const titleOf = (line) => line.querySelector("a.title");
const lineAt = () => document.activeElement.closest?.("[data-triage-issue]") ?? null;

// Reading again

let timer = 0;
let isReading = false;
let isStale = false;
let wanted = null; // which issue gets the focus, once it is there again

function readSoon(pause = BURST) {
  if (isReading) isStale = true;
  else timer ||= setTimeout(read, pause);
}

/** Read the list again; what had the focus keeps it, or whatever took its place gets it. */
async function read() {
  clearTimeout(timer);
  timer = 0;
  isReading = true;
  isStale = false;
  const answer = await http.follow(location.pathname);
  isReading = false;
  if (answer.ok) show(answer.text);
  else if (http.isPassing(answer)) readSoon(READ_AGAIN);
  if (isStale) readSoon();
}

function show(html) {
  const list = root.querySelector("[data-triage-list]");
  if (isPressed(list)) {
    document.addEventListener(RELEASED, () => readSoon(), { once: true });
    return;
  }
  const here = lineAt();
  const at = here ? lines().indexOf(here) : -1;
  const number = here?.dataset.triageIssue;
  const decision = document.activeElement.dataset?.decide;
  const isOpen = new Set([...list.querySelectorAll("details[open]")].map((each) => each.closest("[data-triage-issue]").dataset.triageIssue));
  list.outerHTML = html;
  for (const line of lines()) if (isOpen.has(line.dataset.triageIssue)) line.querySelector("details")?.setAttribute("open", "");
  count();
  const again = lines().find((line) => line.dataset.triageIssue === (wanted ?? number));
  if (wanted !== null && again) titleOf(again).focus();
  else if (here) focusAt(again ?? lines()[Math.min(at, lines().length - 1)], again ? decision : null);
  wanted = null;
}

function focusAt(line, decision = null) {
  const button = decision && line?.querySelector(`[data-decide="${decision}"]`);
  (button ?? (line ? titleOf(line) : main)).focus({ preventScroll: Boolean(button) });
}

function count() {
  const { waiting } = root.querySelector("[data-triage-list]").dataset;
  for (const badge of document.querySelectorAll('[data-triage-count], .nav[aria-current="page"] > [data-waiting-count]')) {
    badge.hidden = waiting === "0";
    badge.lastChild.textContent = waiting;
  }
}

// Deciding

let deciding = null;
let asked = 0;
let isAsking = false;

async function open(line, what) {
  const mine = ++asked;
  const link = line.querySelector(`[data-decide="${what}"]`);
  isAsking = true;
  const answer = await http.get(link.href);
  if (mine !== asked) return; // something else was asked for meanwhile
  isAsking = false;
  if (!answer.ok) {
    toast({ error: true, text: http.reason(answer, t("That could not be opened.")) });
    return;
  }
  deciding = line.dataset.triageIssue;
  put(answer.text);
  if (!dialog.open) dialog.showModal();
  focusFirst();
}

function put(html) {
  const place = dialog.querySelector("[data-decide-form]");
  place.innerHTML = html;
  dialog.querySelector("h2").textContent = place.querySelector("[data-deciding]").dataset.title;
}

function focusFirst() {
  dialog.querySelector("[aria-invalid], [autofocus]")?.focus();
}

async function send(form) {
  const button = form.querySelector("[type=submit]");
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  const number = deciding;
  const data = new FormData(form);
  data.set("op", http.newOp());
  const answer = await http.post(form.getAttribute("action"), data);
  button.ariaDisabled = "false";
  if (!answer.ok) {
    if (answer.status === 422 && !answer.isJson && form.isConnected && dialog.open) {
      put(answer.text);
      focusFirst();
    } else toast({ error: true, text: http.reason(answer, t("That was not saved.")) });
    return;
  }
  if (form.isConnected) dialog.close(); // else another decision is open in it by now
  leave(number);
  toast({ text: answer.json().text, action: { label: t("Undo"), isUndo: true, run: () => takeBack(number) } });
}

/** The issue leaves its place, and the next one has the focus. */
function leave(number) {
  const all = lines();
  const at = all.findIndex((line) => line.dataset.triageIssue === number);
  if (at >= 0) focusAt(all[at + 1] ?? all[at - 1]);
  all[at]?.remove();
  read();
}

async function takeBack(number) {
  const answer = await http.post(`${location.pathname}${number}/undo/`, { op: http.newOp() });
  if (!answer.ok) {
    toast({ error: true, text: http.reason(answer, t("That could not be taken back.")) });
    return;
  }
  toast({ text: answer.json().text });
  wanted = number;
  read();
}

if (dialog) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-decide]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    link.focus();
    open(link.closest("[data-triage-issue]"), link.dataset.decide);
  });
  // Pressed before the dialog is there, Enter is meant for it, and not for the issue's link.
  root.addEventListener("keydown", (event) => { if (isAsking && event.key === "Enter") event.preventDefault(); });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.target);
  });
  const hasLines = () => lines().length > 0;
  for (const [key, what, does] of [["1", "accept", t("Accept")], ["2", "duplicate", t("Mark as duplicate")], ["3", "decline", t("Decline")], ["h", "snooze", t("Snooze")]]) {
    shortcut({
      group: "change",
      does,
      keys: [key],
      isListed: hasLines,
      run() {
        const line = lineAt() ?? root.querySelector("[data-triage-issue]:hover") ?? lines()[0];
        if (!line) return false;
        titleOf(line).focus();
        open(line, what);
      },
    });
  }
}

shortcut({
  group: "walk",
  does: t("Row to row"),
  keys: ["j", "k", "ArrowDown", "ArrowUp"],
  isListed: () => lines().length > 0,
  run(event) {
    const all = lines();
    const here = all.indexOf(lineAt());
    if (event.key.startsWith("Arrow") && here < 0) return false; // without a row they scroll
    const step = event.key.toLowerCase() === "j" || event.key === "ArrowDown" ? 1 : -1;
    const next = here < 0 ? all[0] : all[here + step];
    if (next) titleOf(next).focus();
  },
});

const isAboutUs = (kind) => /^(issue|issues|comment|project)\./.test(kind ?? "");
const socket = connect({
  org,
  streams: { [stream]: Number(seq) },
  onEvent: (event) => { if (isAboutUs(event.k)) readSoon(); },
  onReset: () => readSoon(),
  onPresence: (frame) => showPeople(frame.people),
  onState: showState(),
});
addEventListener("pagehide", () => socket.close());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
root.dataset.ready = "true";
