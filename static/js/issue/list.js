/** The list of a project's issues: the panel beside it, its keys, new issues without leaving it, rows that stay true. */
import { enableBar } from "../bulk/bar.js";
import { Selection } from "../bulk/selection.js";
import { showPeople, showState } from "../connection.js";
import { canCreate, enableNewIssue } from "../creating/dialog.js";
import { shortcut } from "../keys.js";
import { isPressed, RELEASED } from "../pressed.js";
import * as http from "../requests.js";
import { keepPlace } from "../scroll.js";
import { connect } from "../socket.js";
import { t } from "../text.js";
import { Newcomers } from "./newcomers.js";
import { Panel } from "./panel.js";

const BURST = 60;
const MOST_ROWS = 200; // in one request
const PAUSE = 2_000; // before what failed is read again
const root = document.querySelector(".issue-list");
const main = document.getElementById("main");
const { org, url, stream, seq } = root.dataset;
const home = location.pathname + location.search;

const body = () => document.getElementById("issue-rows");
const rowOf = (id) => document.getElementById(`row-${id}`);
const links = () => [...root.querySelectorAll("a.cover")];
const linkOf = (row) => row.querySelector("a.cover");

function parse(html) {
  const shelf = document.createElement("template");
  shelf.innerHTML = html;
  return shelf.content;
}

let asked = 0;
let shown = 0; // which reading: answers may overtake each other

/** Read the rows again as the address has them, so that what was created here stands where it belongs. */
async function refresh() {
  const mine = ++asked;
  const answer = await http.get(home);
  if (!answer.ok || mine < shown) return;
  shown = mine;
  const fresh = parse(answer.text).querySelector(".issue-list");
  if (!fresh) return;
  const focused = root.contains(document.activeElement) ? document.activeElement.id : null;
  root.replaceChildren(...fresh.childNodes);
  newcomers.clear();
  window.htmx.process(root);
  if (focused !== null) (document.getElementById(focused) ?? main).focus({ preventScroll: true });
  mark(panel.key);
  selection?.keep();
}

// What the log says. Rows change where they stand: nothing moves under somebody's eyes.

const wanted = new Set();
let timer = 0;
let isReading = false;

function readSoon(id) {
  if (!rowOf(id)) return;
  wanted.add(id);
  if (!isReading) timer ||= setTimeout(readWanted, BURST);
}

/** One reading after the other: an older answer must not come last. */
async function readWanted() {
  timer = 0;
  const ids = [...wanted].slice(0, MOST_ROWS);
  for (const id of ids) wanted.delete(id);
  isReading = true;
  const answer = await http.follow(`${url}rows/?ids=${ids.join(",")}`);
  isReading = false;
  if (answer.ok) {
    const fresh = parse(answer.text);
    for (const id of ids) renew(id, fresh.getElementById(`row-${id}`));
  } else if (http.isPassing(answer)) for (const id of ids) wanted.add(id);
  if (wanted.size) timer = setTimeout(readWanted, answer.ok ? BURST : PAUSE);
}

function renew(id, fresh) {
  const row = rowOf(id);
  if (!row) return;
  if (isPressed(row)) {
    document.addEventListener(RELEASED, () => readSoon(id), { once: true });
    return;
  }
  const hadFocus = row.contains(document.activeElement);
  const wasAtBox = document.activeElement.matches("[data-tick]");
  if (fresh) {
    row.replaceWith(fresh);
    selection?.paint(fresh);
  } else {
    selection?.drop(row);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    if (hadFocus) (next?.querySelector("a") ?? main).focus({ preventScroll: true });
    return;
  }
  mark(panel.key);
  if (hadFocus) (wasAtBox ? fresh.querySelector("[data-tick]") : linkOf(fresh)).focus({ preventScroll: true });
}

/** Issues that the bar changed: what came back from the bin is not in the list yet. */
function readMany(ids) {
  if (ids.some((id) => !rowOf(id))) refresh();
  else for (const id of ids) readSoon(id);
}

function readAll() {
  for (const row of root.querySelectorAll("[data-issue-id]")) readSoon(Number(row.dataset.issueId));
}

const newcomers = new Newcomers({
  line: document.querySelector("[data-newcomers]"),
  rows: `${url}rows/`,
  home,
  isShown: (id) => rowOf(id) !== null,
  async onShow() {
    await refresh();
    links()[0]?.focus();
  },
});

// The panel

const panel = new Panel({ element: document.getElementById("panel"), org, home: () => home });

function mark(key) {
  for (const row of root.querySelectorAll("tr.open")) row.classList.remove("open");
  if (key) root.querySelector(`tr[data-issue-key="${CSS.escape(key)}"]`)?.classList.add("open");
}

panel.onOpen = mark;
const rowAt = () => document.activeElement.closest?.("tr[data-issue-id]") ?? null;
const selection = document.querySelector("[data-bulk-at]") ? new Selection({
  root,
  of: "tr[data-issue-id]",
  among: () => [...root.querySelectorAll("tr[data-issue-id]")],
  aim: () => rowAt() ?? (document.activeElement === document.body ? root.querySelector("tr[data-issue-id]:hover") : null),
  focus: (row) => linkOf(row).focus(),
}) : null;
if (selection) enableBar({ selection, onDone: readMany });
root.addEventListener("click", (event) => {
  const link = event.target.closest("a.cover");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open(link);
});

function open(link) {
  panel.open(link.closest("tr").dataset.issueKey, { opener: link.id });
}

const socket = connect({
  org,
  streams: { [stream]: Number(seq) },
  onEvent(event) {
    if (event.k === "issue.created" && String(event.by) !== document.body.dataset.user) newcomers.add(event.id);
    readSoon(event.k.startsWith("comment.") ? event.issue ?? event.id : event.id);
    if (event.k.startsWith("project.") || (event.k.startsWith("issues.") && !event.ids?.length)) readAll();
    else if (event.k.startsWith("issues.")) for (const id of event.ids) readSoon(id);
    panel.apply(event);
  },
  onReset() {
    readAll();
    panel.refresh();
  },
  onPresence: (frame) => showPeople(frame.people),
  onState: showState(),
});
panel.onEditing = (id, what) => socket.editing(id, what);
addEventListener("pagehide", () => socket.close());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

/** Read on where the rows end; false where there are no more. */
async function readOn() {
  const more = body()?.querySelector(".load-more");
  const link = more?.querySelector("[hx-get]");
  if (!link) return false;
  const answer = await http.follow(link.href);
  if (!answer.ok || !more.isConnected) return false;
  more.replaceWith(...parse(answer.text).querySelectorAll("#issue-rows > tr"));
  window.htmx.process(body());
  return true;
}

// Whoever reads on by keyboard goes on at the first of the rows that came in the place of the link.
let next = null;
root.addEventListener("click", (event) => { if (event.target.closest(".load-more [hx-get]")) next = links().length; });
document.addEventListener("htmx:after:swap", () => {
  if (next !== null && document.activeElement === document.body) links()[next]?.focus({ preventScroll: true });
  next = null;
});

keepPlace({
  address: () => home,
  boxes: () => new Map([["rows", main]]),
  grow: readOn,
  focus: () => panel.opener ?? document.activeElement.closest?.("a.cover")?.id ?? null,
});

// Keys

const openNewIssue = enableNewIssue({
  place: "list",
  filters: () => new URLSearchParams(location.search),
  onCreated: refresh,
  onGone: refresh,
  open: (key) => panel.open(key),
});
shortcut({ group: "change", does: t("New issue"), keys: ["c"], run: openNewIssue, isListed: canCreate });

const hasRows = () => body() !== null;
shortcut({
  group: "walk",
  does: t("Row to row"),
  keys: ["j", "k", "ArrowDown", "ArrowUp"],
  isListed: hasRows,
  run(event) {
    const all = links();
    const here = all.indexOf(document.activeElement);
    if (event.key.startsWith("Arrow") && here < 0) return false; // without a row they scroll
    const step = event.key.toLowerCase() === "j" || event.key === "ArrowDown" ? 1 : -1;
    const next = here < 0 ? all[0] : all[here + step];
    next?.focus();
  },
});
shortcut({
  group: "walk",
  does: t("Open the issue"),
  keys: ["Enter", "o"],
  isListed: hasRows,
  run(event) {
    const link = document.activeElement.closest("a.cover");
    const isOnIt = event.key !== "Enter" || event.target === link;
    if (!link || !isOnIt) return false;
    open(link);
  },
});
const search = document.querySelector(".filters input[type=search]");
shortcut({ group: "page", does: t("Filter"), keys: ["/", "f"], run: () => search.focus() });
root.dataset.ready = "true";
