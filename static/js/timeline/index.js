/** The timeline page: bars that are moved, lines that stay true, the panel beside them. */
import { showPeople, showState } from "../connection.js";
import { post as sendLast } from "../http.js";
import { Panel } from "../issue/panel.js";
import { shortcut } from "../keys.js";
import * as http from "../requests.js";
import { connect } from "../socket.js";
import { announce, t } from "../text.js";
import { dateOf } from "../times.js";
import { toast } from "../toasts.js";
import { Chart, datesOf } from "./chart.js";
import { isSame, moved, numberOf } from "./days.js";
import { enableDialog } from "./dialog.js";
import { enableDrag } from "./drag.js";

const BURST = 120;
const READ_AGAIN = 2_000;
const MOST_IDS = 100;
const PAUSE = 700; // after the last key, before what it moved is stored
const STAY = 10_000;

const root = document.querySelector("[data-timeline]");
const main = document.getElementById("main");
const { org, url, query, stream, seq } = root.dataset;
const home = location.pathname + location.search;
const canEdit = root.dataset.canEdit !== undefined;
const chart = new Chart(root);

function parse(html) {
  const shelf = document.createElement("template");
  shelf.innerHTML = html;
  return shelf.content;
}

const sourceOf = (id) => chart.row(id) ?? root.querySelector(`[data-undated] [data-issue-id="${id}"]`);

// What the server says

/** What had the focus in a row, to be given back to the same in the one that takes its place. */
function focusIn(row) {
  const element = document.activeElement;
  if (!row?.contains(element)) return null;
  const selector = ["[data-bar]", "[data-fold]", "[data-dates]", ".title"].find((each) => element.matches(each)) ?? ".title";
  return (fresh) => (fresh.querySelector(selector) ?? fresh.querySelector(".title")).focus({ preventScroll: true });
}

function put(fresh) {
  const old = chart.row(fresh.dataset.issueId);
  if (old && old.dataset.path === fresh.dataset.path) {
    const refocus = focusIn(old);
    old.replaceWith(fresh);
    refocus?.(fresh);
    return;
  }
  const refocus = focusIn(old);
  old?.remove();
  const next = chart.lines.find((row) => row.dataset.path > fresh.dataset.path);
  const end = root.querySelector("[data-more]");
  if (next) next.before(fresh);
  else if (!end) document.getElementById("timeline-lines").append(fresh);
  if (fresh.isConnected) refocus?.(fresh);
  else if (refocus) main.focus({ preventScroll: true });
}

/** Show an answer about some issues (templates/timeline/_changed.html). */
function apply(text, ids) {
  const answer = parse(text);
  const lines = [...answer.querySelectorAll(".line")];
  const isEmpty = !document.getElementById("timeline-lines");
  if (isEmpty && lines.length) {
    readAll();
    return;
  }
  const named = new Set(lines.map((row) => row.dataset.issueId));
  for (const id of ids) {
    const row = chart.row(id);
    if (!row || named.has(String(id)) || drag.isOf(row)) continue;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const hadFocus = row.contains(document.activeElement);
    row.remove();
    if (hadFocus) (next?.querySelector(".title") ?? main).focus({ preventScroll: true });
  }
  for (const row of lines) {
    const shown = chart.row(row.dataset.issueId);
    if (!(shown && drag.isOf(shown)) && !wanted.has(row.dataset.issueId)) put(row);
  }
  for (const name of ["[data-totals]", "[data-undated-total]"]) root.querySelector(name)?.replaceWith(answer.querySelector(name));
  renewUndated(answer.querySelector("[data-undated]"));
  if (!isEmpty && !chart.lines.length) readAll();
  chart.refold();
  panel.onOpen(panel.key);
}

function renewUndated(fresh) {
  const old = root.querySelector("[data-undated]");
  const focused = old.contains(document.activeElement) ? document.activeElement.closest("[data-issue-id]") : null;
  old.replaceWith(fresh);
  if (!focused) return;
  const same = sourceOf(focused.dataset.issueId);
  (same?.querySelector("[data-dates], [data-bar]") ?? fresh.querySelector("[data-dates], a") ?? main).focus({ preventScroll: true });
}

const asked = new Set();
let timer = 0;
let isAllAsked = false;

function readSoon(ids, pause = BURST) {
  for (const id of ids) {
    asked.add(String(id));
    const { parent } = chart.row(id)?.dataset ?? {};
    if (parent) asked.add(parent); // it may be shown for this one's sake alone
  }
  timer ||= setTimeout(readAsked, pause);
}

function readAll() {
  isAllAsked = true;
  readSoon([]);
}

async function readAsked() {
  timer = 0;
  if (drag.isOn()) {
    readSoon([], READ_AGAIN);
    return;
  }
  const ids = [...asked];
  asked.clear();
  if (isAllAsked || ids.length > MOST_IDS) {
    isAllAsked = false;
    const answer = await http.follow(url + query);
    if (answer.ok) showAll(answer.text);
    else if (http.isPassing(answer)) again([], true);
    return;
  }
  if (!ids.length) return;
  const answer = await http.follow(`${url}lines/${query}&ids=${ids.join(",")}`);
  if (answer.ok) apply(answer.text, ids);
  else if (http.isPassing(answer)) again(ids, false);
}

function again(ids, isAll) {
  isAllAsked ||= isAll;
  readSoon(ids, READ_AGAIN);
}

function showAll(text) {
  const fresh = parse(text).querySelector("[data-whole]");
  const old = root.querySelector("[data-whole]");
  const box = old.querySelector(".timeline-scroll");
  const focused = old.contains(document.activeElement) ? document.activeElement.id : null;
  const [left, top] = [box?.scrollLeft ?? 0, box?.scrollTop ?? 0];
  old.replaceWith(fresh);
  const now = fresh.querySelector(".timeline-scroll");
  if (now) [now.scrollLeft, now.scrollTop] = [left, top];
  if (focused !== null) (document.getElementById(focused) ?? main).focus({ preventScroll: true });
  chart.refold();
  watchEnd();
}

// Lines that are not loaded yet

const sight = new IntersectionObserver((entries) => { for (const entry of entries) if (entry.isIntersecting) readOn(entry.target); }, { rootMargin: "400px" });
const watchEnd = () => { for (const end of root.querySelectorAll("[data-more]")) sight.observe(end); };

async function readOn(end) {
  sight.unobserve(end);
  const answer = await http.follow(end.querySelector("a").href);
  if (!end.isConnected) return;
  if (!answer.ok) {
    if (http.isPassing(answer)) setTimeout(() => sight.observe(end), READ_AGAIN);
    return;
  }
  const hadFocus = end.contains(document.activeElement);
  const lines = [...parse(answer.text).querySelectorAll("tr")].filter((row) => !row.id || !document.getElementById(row.id));
  end.replaceWith(...lines);
  if (hadFocus) lines[0]?.querySelector(".title")?.focus({ preventScroll: true });
  chart.refold();
  watchEnd();
}

// What is done here

const ours = new Set();
const wanted = new Map(); // by issue: dates that are not stored yet
const sending = new Set();
const timers = new Map();

const inWords = ({ start, due }) => {
  if (!start && !due) return t("no dates");
  if (!due) return t("from {start}", { start: dateOf(start) });
  if (!start) return t("due {due}", { due: dateOf(due) });
  return t("{start} to {due}, {days} days", { start: dateOf(start), due: dateOf(due), days: numberOf(due) - numberOf(start) + 1 });
};

/** Store dates; the answer draws what that changed. Resolves with null, or with why not. */
async function send(id, dates, { isUndo = false } = {}) {
  const source = sourceOf(id);
  if (!source) return t("{key} is no longer here.", { key: id });
  const key = source.dataset.issueKey;
  const was = datesOf(source);
  const op = http.newOp();
  ours.add(op);
  sending.add(id);
  source.classList.add("pending");
  const answer = await http.post(`${url}dates/${query}`, { issue: id, ...dates, version: source.dataset.v, op });
  sending.delete(id);
  sourceOf(id)?.classList.remove("pending");
  if (!answer.ok) {
    ours.delete(op);
    wanted.delete(id);
    const shown = chart.row(id);
    if (shown) chart.show(shown, datesOf(shown));
    readSoon([id]);
    return http.reason(answer, t("{key} could not be changed.", { key }));
  }
  if (wanted.has(id) && isSame(wanted.get(id), dates)) wanted.delete(id);
  apply(answer.text, [id]);
  if (wanted.has(id)) { // moved on meanwhile
    const shown = chart.row(id);
    if (shown) shown.dataset.v = versionIn(answer.text, id) ?? shown.dataset.v;
    sendSoon(id);
    return null;
  }
  const warning = chart.row(id)?.querySelector(".said-at-length .warning")?.textContent.trim() ?? "";
  const text = `${key}: ${inWords(dates)}${warning ? `. ${warning}` : ""}`;
  announce(text);
  toast({
    text: isUndo ? t("Taken back.") : text,
    stay: STAY,
    action: isUndo ? null : { label: t("Undo"), isUndo: true, run: () => store(id, was, { isUndo: true }) },
  });
  return null;
}

const versionIn = (text, id) => parse(text).querySelector(`#line-${CSS.escape(id)}`)?.dataset.v;

async function store(id, dates, options = {}) {
  const refused = await send(id, dates, options);
  if (refused) toast({ error: true, text: refused });
}

function sendSoon(id, pause = 0) {
  clearTimeout(timers.get(id));
  timers.set(id, setTimeout(() => flush(id), pause));
}

function flush(id) {
  clearTimeout(timers.get(id));
  timers.delete(id);
  if (!wanted.has(id) || sending.has(id)) return;
  store(id, wanted.get(id));
}

const drag = canEdit
  ? enableDrag(chart, {
    onDrop: (row, dates) => {
      wanted.set(row.dataset.issueId, dates);
      sendSoon(row.dataset.issueId);
    },
    onEnd: (row) => { if (!wanted.has(row.dataset.issueId)) readSoon([row.dataset.issueId]); },
  })
  : { isOf: () => false, isOn: () => false };

const writeDates = canEdit ? enableDialog({ send, sourceOf }) : null;

// The panel

const panel = new Panel({ element: document.getElementById("panel"), org, home: () => home });
panel.onOpen = (key) => {
  for (const row of root.querySelectorAll(".line.open")) row.classList.remove("open");
  if (key) root.querySelector(`.line[data-issue-key="${CSS.escape(key)}"]`)?.classList.add("open");
};

root.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const dates = event.target.closest("[data-dates], [data-dates-of]");
  if (dates && writeDates) {
    event.preventDefault();
    writeDates(dates.dataset.datesOf ?? dates.closest("[data-issue-id]").dataset.issueId);
    return;
  }
  const more = event.target.closest("[data-more-undated]");
  if (more) {
    event.preventDefault();
    moreUndated(more);
    return;
  }
  const link = event.target.closest("[data-issue-id] .title, .bar");
  if (!link) return;
  event.preventDefault();
  const source = link.closest("[data-issue-id]");
  panel.open(source.dataset.issueKey, { opener: link.id });
});

async function moreUndated(link) {
  const answer = await http.get(link.href);
  if (!answer.ok || !link.isConnected) return;
  const rows = [...parse(answer.text).querySelectorAll("li")];
  link.closest("li").replaceWith(...rows);
  rows[0]?.querySelector("a")?.focus({ preventScroll: true });
}

// Keys

const barAt = () => document.activeElement.closest?.("[data-bar]") ?? null;
const placeAt = () => document.activeElement.closest?.(".line") ?? null;

/** Keys move what has the focus; the last of several is what is stored. */
function moveBy(event, what) {
  const row = barAt()?.closest(".line");
  if (!row || !canEdit) return false;
  const id = row.dataset.issueId;
  const by = (event.key === "ArrowRight" ? 1 : -1) * (event.ctrlKey || event.metaKey ? 7 : 1);
  const dates = moved(wanted.get(id) ?? datesOf(row), what, by);
  wanted.set(id, dates);
  chart.show(row, dates);
  announce(`${row.dataset.issueKey}: ${inWords(dates)}`);
  sendSoon(id, PAUSE);
  return true;
}

root.addEventListener("focusout", (event) => {
  const row = event.target.closest?.(".line");
  if (row && wanted.has(row.dataset.issueId)) sendSoon(row.dataset.issueId);
});

const hasLines = () => chart.lines.length > 0;
const canMove = () => canEdit && hasLines();
shortcut({ group: "move", does: t("Move by a day, with Ctrl by a week"), keys: ["ArrowLeft", "ArrowRight", "mod+ArrowLeft", "mod+ArrowRight"], isListed: canMove, run: (event) => moveBy(event, "move") });
shortcut({ group: "move", does: t("Move the due date"), keys: ["shift+ArrowLeft", "shift+ArrowRight", "mod+shift+ArrowLeft", "mod+shift+ArrowRight"], isListed: canMove, run: (event) => moveBy(event, "due") });
shortcut({
  group: "change",
  does: t("Write the dates"),
  keys: ["d"],
  isListed: canMove,
  run() {
    const row = placeAt() ?? document.activeElement.closest?.("[data-undated] [data-issue-id]");
    if (!row || !writeDates) return false;
    writeDates(row.dataset.issueId);
    return true;
  },
});
shortcut({
  group: "walk",
  does: t("Row to row"),
  keys: ["j", "k", "ArrowDown", "ArrowUp"],
  isListed: hasLines,
  run(event) {
    const rows = chart.lines.filter((row) => !row.hidden);
    const here = rows.indexOf(placeAt());
    if (event.key.startsWith("Arrow") && here < 0) return false; // without a row they scroll
    const step = event.key.toLowerCase() === "j" || event.key === "ArrowDown" ? 1 : -1;
    const row = here < 0 ? rows[0] : rows[here + step];
    const bar = row?.querySelector(".bar");
    const target = bar?.checkVisibility() ? bar : row?.querySelector(".title");
    target?.focus({ preventScroll: true });
    (target?.querySelector(".fill") ?? target)?.scrollIntoView({ block: "nearest", inline: "nearest" }); // not how long its words are
    return true;
  },
});
shortcut({
  group: "walk",
  does: t("Open the issue"),
  keys: ["Enter", "o"],
  isListed: hasLines,
  run(event) {
    const row = placeAt();
    const link = event.target.closest?.(".bar, .title");
    if (!row || (event.key === "Enter" && !link)) return false;
    panel.open(row.dataset.issueKey, { opener: (link ?? row.querySelector(".title")).id });
    return true;
  },
});
shortcut({ group: "page", does: t("Filter"), keys: ["/", "f"], run: () => document.querySelector(".filters input[type=search]").focus() });

// The log

const socket = connect({
  org,
  streams: { [stream]: Number(seq) },
  onEvent(event) {
    panel.apply(event);
    if (event.op && ours.delete(event.op)) return; // shown from the answer
    if (event.k.startsWith("project.") || (event.k.startsWith("issues.") && !event.ids?.length)) readAll();
    else if (event.k.startsWith("issues.")) readSoon(event.ids);
    else if (event.k.startsWith("issue.") && event.k !== "issue.commented") readSoon([event.id]);
  },
  onReset() {
    readAll();
    panel.refresh();
  },
  onPresence: (frame) => showPeople(frame.people),
  onState: showState(),
});
panel.onEditing = (id, what) => socket.editing(id, what);
addEventListener("pagehide", () => {
  for (const [id, dates] of wanted) {
    if (!sending.has(id)) sendLast(`${url}dates/`, { issue: id, ...dates, version: sourceOf(id)?.dataset.v }, { keepalive: true });
  }
  socket.close();
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// Where there is little room, today would lie beyond the edge.
const box = root.querySelector(".timeline-scroll");
const today = (numberOf(root.dataset.today) - numberOf(root.dataset.first)) * chart.dayWidth;
if (box && today > (box.clientWidth - chart.nameWidth) * 0.8) box.scrollLeft = today - (box.clientWidth - chart.nameWidth) / 2;

chart.refold();
watchEnd();
root.dataset.ready = "true";
