/**
 * The pages about sprints, epics and releases, kept true: when the log says that something changed, the page is read again, and those of its
 * parts (`[data-part]`) that differ take the place of the old ones. A part in which somebody is writing waits.
 */
import { showPeople, showState } from "../connection.js";
import { isPressed, RELEASED } from "../pressed.js";
import * as http from "../requests.js";
import { connect } from "../socket.js";

const BURST = 300;
const READ_AGAIN = 2_000;

const root = document.querySelector("[data-sprint-page]");
let timer = 0;
let isReading = false;
let isStale = false;

function readSoon(pause = BURST) {
  if (isReading) isStale = true;
  else timer ||= setTimeout(read, pause);
}

async function read() {
  timer = 0;
  isReading = true;
  isStale = false;
  const answer = await http.follow(location.pathname + location.search);
  isReading = false;
  if (answer.ok) {
    const shelf = document.createElement("template");
    shelf.innerHTML = answer.text;
    for (const part of root.querySelectorAll("[data-part]")) renew(part, shelf.content.querySelector(`[data-part="${part.dataset.part}"]`));
  } else if (http.isPassing(answer)) readSoon(READ_AGAIN);
  if (isStale) readSoon();
}

/** What a reader sees of a part: tokens of forms are new each time. */
const seen = (part) => {
  const copy = part.cloneNode(true);
  for (const field of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) field.remove();
  for (const details of copy.querySelectorAll("details")) details.removeAttribute("open");
  return copy.innerHTML;
};

const isWrittenIn = (part) => [...part.querySelectorAll("input:not([type=hidden]), textarea, select")]
  .some((field) => field === document.activeElement || (field.type !== "radio" && field.value !== field.defaultValue && field.defaultValue !== undefined));

function renew(part, fresh) {
  if (!fresh || seen(part) === seen(fresh)) return;
  if (isPressed(part)) {
    document.addEventListener(RELEASED, () => readSoon(), { once: true });
    return;
  }
  if (isWrittenIn(part)) {
    part.addEventListener("focusout", () => readSoon(), { once: true });
    return;
  }
  const open = [...part.querySelectorAll("details")].map((details) => details.open);
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...fresh.childNodes);
  [...part.querySelectorAll("details")].forEach((details, index) => { details.open = open[index] ?? details.open; });
  if (focused) (likeIt(part, focused) ?? document.getElementById("main")).focus({ preventScroll: true });
}

/** The link or button of the new part that is what the old one was. */
function likeIt(part, old) {
  const nameOf = (element) => element.getAttribute("href") ?? element.getAttribute("aria-label") ?? element.textContent.trim();
  return [...part.querySelectorAll("a, button, summary, [tabindex]")].find((each) => each.tagName === old.tagName && nameOf(each) === nameOf(old));
}

const { org, stream, seq } = root.dataset;
const isAboutUs = (kind) => kind.startsWith("issue.") || kind.startsWith("issues.") || kind.startsWith("project.");
const socket = connect({
  org,
  streams: { [stream]: Number(seq) },
  onEvent(event) {
    if (event.k && isAboutUs(event.k)) readSoon();
  },
  onReset: () => readSoon(),
  onPresence: (frame) => showPeople(frame.people),
  onState: showState(),
});
addEventListener("pagehide", () => socket.close());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
