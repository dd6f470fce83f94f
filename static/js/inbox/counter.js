/**
 * How much is unread, on every page: beside Inbox, in the title, in the tab's icon. It follows the reader's own stream, on
 * the page's socket where it has one; each tab asks for itself, so that all of them agree.
 */
import { follow } from "../requests.js";
import { connect, PERSONAL, isFollowed } from "../socket.js";
import { watchDesktop } from "./desktop.js";

const BURST = 200;
const SPREAD = 400; // many hear of the same thing at once
const NOW_AND_THEN = 5 * 60_000; // what was put off comes back without anything happening
const MOST = 99;

const { org, inboxStream, inboxNews } = document.body.dataset;
const title = document.querySelector("title");
const tabIcon = document.querySelector("link[rel=icon][data-unread]");
const plainIcon = tabIcon?.getAttribute("href");
let unread = Number(document.body.dataset.unread ?? 0);
let timer = 0;
let desktop = null;

const short = (count) => (count > MOST ? `${MOST}+` : String(count));

/** Show a count everywhere. A page that was just told it by the server says so here. */
export function showUnread(count) {
  unread = count;
  for (const badge of document.querySelectorAll("[data-unread-count]")) {
    badge.hidden = count === 0;
    badge.querySelector("[data-count]").textContent = short(count);
  }
  entitle();
  if (tabIcon) {
    const wanted = count ? tabIcon.dataset.unread : plainIcon;
    if (tabIcon.getAttribute("href") !== wanted) tabIcon.setAttribute("href", wanted);
  }
}

/** Other scripts give the page other titles; the count stays before them. */
function entitle() {
  const bare = document.title.replace(/^\(\d+\+?\) /, "");
  const wanted = unread ? `(${short(unread)}) ${bare}` : bare;
  if (document.title !== wanted) document.title = wanted;
}

async function read() {
  timer = 0;
  const answer = await follow(desktop?.address(inboxNews) ?? inboxNews);
  if (!answer.ok) return;
  const found = answer.json();
  showUnread(found.unread);
  desktop?.show(found);
}

function readSoon() {
  timer ||= setTimeout(read, BURST + Math.random() * SPREAD);
}

/** Pages that follow something follow the reader's stream along with it; any other gets a socket for it alone. */
function begin() {
  if (isFollowed()) return;
  const socket = connect({ org, streams: {}, onEvent() {}, onReset() {} });
  addEventListener("pagehide", () => socket.close(), { once: true });
}

if (inboxStream) {
  showUnread(unread);
  new MutationObserver(entitle).observe(title, { childList: true });
  document.addEventListener(PERSONAL, (event) => { if (event.detail.t === "reset" || event.detail.k.startsWith("inbox.")) readSoon(); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") readSoon(); });
  setInterval(() => { if (document.visibilityState === "visible") readSoon(); }, NOW_AND_THEN);
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    begin();
    readSoon();
  });
  desktop = watchDesktop(`${document.body.dataset.user}-${org}`, read);
}
