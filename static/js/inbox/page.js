/** The inbox: entries answered where they stand, the issue beside them, keys through all of it, and true by the log. */
import { Panel } from "../issue/panel.js";
import { shortcut } from "../keys.js";
import * as http from "../requests.js";
import { connect, PERSONAL } from "../socket.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";
import { showUnread } from "./counter.js";

const BURST = 150;
const READ_AGAIN = 2_000;
const root = document.querySelector("[data-inbox]");
const main = document.getElementById("main");
const dialog = document.getElementById("snooze");
const { org, all } = root.dataset;
const home = location.pathname + location.search;

const lines = () => [...root.querySelectorAll("[data-entry]")];
const linkOf = (line) => line.querySelector("a.cover");
const lineAt = () => document.activeElement.closest?.("[data-entry]") ?? null;
/** What a key is meant for: where the focus is, else the issue that is open, else the first. */
const aim = () => lineAt() ?? root.querySelector(".inbox-line.open") ?? null;

// Reading again

const ours = new Set(); // what the log will confirm
let sent = 0;
let sending = 0; // of these, what is not answered yet
let timer = 0;
let isReading = false;
let isStale = false;

function readSoon(pause = BURST) {
  if (isReading) isStale = true;
  else timer ||= setTimeout(read, pause);
}

/** Read the list, unless it is being read or changed: then afterwards, or what is leaving would come back for a moment. */
async function read() {
  clearTimeout(timer);
  timer = 0;
  if (isReading || sending) {
    isStale = true;
    return;
  }
  isReading = true;
  isStale = false;
  const before = sent;
  const answer = await http.follow(home);
  isReading = false;
  if (answer.ok && sent !== before) isStale = true;
  else if (answer.ok) show(answer.text);
  else if (http.isPassing(answer)) readSoon(READ_AGAIN);
  if (isStale) readSoon();
}

/** The list as it is now; what had the focus keeps it, or whatever took its place gets it. */
function show(html) {
  const here = lineAt();
  if (root.querySelector(".acts [popover]:popover-open")) { // somebody chooses there
    readSoon(READ_AGAIN);
    return;
  }
  const at = here ? lines().indexOf(here) : -1;
  root.querySelector("[data-inbox-list]").outerHTML = html;
  const form = root.querySelector("[data-all-form]");
  if (form) form.hidden = lines().length === 0;
  mark(panel.key);
  if (!here) return;
  const again = document.getElementById(here.id) ?? lines()[Math.min(at, lines().length - 1)];
  (again ? linkOf(again) : main).focus({ preventScroll: true });
}

// The issue beside the list

const panel = new Panel({ element: document.getElementById("panel"), org, home: () => home });

function mark(key) {
  for (const line of lines()) line.classList.toggle("open", line.dataset.issueKey === key);
}

let socket = null;
panel.onOpen = (key) => {
  mark(key);
  socket?.close();
  socket = null;
  const issue = document.querySelector("#panel [data-issue]");
  if (!key || !issue) return;
  socket = connect({
    org,
    streams: { [issue.dataset.stream]: Number(issue.dataset.seq) },
    onEvent: (event) => panel.apply(event),
    onReset: () => panel.refresh(),
  });
};
panel.onEditing = (id, what) => socket?.editing(id, what);
addEventListener("pagehide", () => socket?.close());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

function open(line) {
  panel.open(line.dataset.issueKey, { opener: linkOf(line).id, hash: linkOf(line).hash });
  if ("unread" in line.dataset) act(line, "read", { isQuiet: true });
}

root.addEventListener("click", (event) => {
  const link = event.target.closest("[data-entry] a.cover");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open(link.closest("[data-entry]"));
});

// What is done with an entry

const LEAVES = { done: "done", undone: "undone", snooze: "snooze", wake: "wake" };

async function send(address, values) {
  const op = http.newOp();
  ours.add(op);
  sent += 1;
  sending += 1;
  const answer = await http.post(address, { ...values, op });
  sending -= 1;
  if (isStale) readSoon();
  if (!answer.ok) {
    ours.delete(op);
    toast({ error: true, text: http.reason(answer, t("That was not saved.")) });
    return null;
  }
  const said = answer.json();
  showUnread(said.unread);
  return said;
}

async function act(line, what, { isQuiet = false, ...more } = {}) {
  const { address } = line.dataset;
  if (what in LEAVES) step(line);
  const said = await send(address, { do: what, ...more });
  if (said && !isQuiet) toast({ text: said.text, action: said.undo ? { label: t("Undo"), isUndo: true, run: () => takeBack(address, said.undo) } : null });
  read();
}

async function takeBack(address, what) {
  if (await send(address, { do: what })) read();
}

/** The entry leaves the list: the next one has the focus, and is opened where one was open. */
function step(line) {
  const next = line.nextElementSibling ?? line.previousElementSibling;
  const wasOpen = line.classList.contains("open");
  const hadFocus = line.contains(document.activeElement) || document.activeElement === document.body;
  line.remove();
  if (wasOpen && !next) panel.leave();
  else if (wasOpen && matchMedia("(min-width: 1100px)").matches) open(next);
  else if (hadFocus) (next ? linkOf(next) : main).focus({ preventScroll: true });
}

root.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.matches("[data-all-form]")) {
    event.preventDefault();
    finishAll();
  } else if (form.matches("[data-inbox-form]")) {
    event.preventDefault();
    act(form.closest("[data-entry]"), submitter.value);
  }
});

async function finishAll() {
  const said = await send(all, { view: root.dataset.view });
  if (!said) return;
  toast({ text: said.text, action: said.at ? { label: t("Undo"), isUndo: true, run: async () => { if (await send(all, { at: said.at })) read(); } } : null });
  main.focus({ preventScroll: true });
  read();
}

// Putting off

let putting = null;

function askUntil(line) {
  putting = line.id;
  dialog.showModal();
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-snooze]");
  if (!button) return;
  const line = button.closest("[data-entry]");
  button.closest("[popover]").hidePopover();
  askUntil(line);
});

dialog.addEventListener("submit", (event) => {
  event.preventDefault();
  const until = event.submitter.value;
  const day = dialog.querySelector("[name=day]");
  if (until === "date" && !day.value) {
    day.focus();
    return;
  }
  dialog.close();
  const line = document.getElementById(putting);
  if (line) act(line, "snooze", { until, day: day.value });
});

// Keys

const hasLines = () => lines().length > 0;
function key(name, does, run) {
  shortcut({
    group: "change",
    does,
    keys: [name],
    isListed: hasLines,
    run() {
      const line = aim();
      if (!line) return false;
      run(line);
    },
  });
}
key("e", t("Done, or not"), (line) => act(line, "done" in line.dataset ? "undone" : "done"));
key("u", t("Unread, or read"), (line) => act(line, "unread" in line.dataset ? "read" : "unread"));
key("s", t("Save, or not"), (line) => act(line, "saved" in line.dataset ? "unsave" : "save"));
key("h", t("Snooze"), (line) => ("snoozed" in line.dataset ? act(line, "wake") : askUntil(line)));

shortcut({
  group: "walk",
  does: t("Row to row"),
  keys: ["j", "k", "ArrowDown", "ArrowUp"],
  isListed: hasLines,
  run(event) {
    const every = lines();
    const isArrow = event.key.startsWith("Arrow");
    const here = every.indexOf(isArrow ? lineAt() : aim());
    if (isArrow && here < 0) return false; // without a row they scroll
    const ahead = event.key.toLowerCase() === "j" || event.key === "ArrowDown" ? 1 : -1;
    const next = here < 0 ? every[0] : every[here + ahead];
    if (next) linkOf(next).focus();
  },
});
shortcut({
  group: "walk",
  does: t("Open the issue"),
  keys: ["Enter", "o"],
  isListed: hasLines,
  run(event) {
    const link = document.activeElement.closest("[data-entry] a.cover");
    if (!link || (event.key === "Enter" && event.target !== link)) return false;
    open(link.closest("[data-entry]"));
  },
});

document.addEventListener(PERSONAL, ({ detail }) => {
  if (detail.t === "reset" || (detail.k.startsWith("inbox.") && !ours.delete(detail.op))) readSoon();
});
root.dataset.ready = "true";
