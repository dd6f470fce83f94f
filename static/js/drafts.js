/**
 * What was typed and not sent. It outlives the tab: kept in this browser under the person and the place, for a month,
 * until it is sent, discarded, or the person signs out. On a shared computer nobody finds another's words.
 */
import { icon } from "./icons.js";
import { t } from "./text.js";

const PREFIX = "flowboard:draft:";
const MONTH = 30 * 24 * 60 * 60 * 1000;
const mine = () => `${PREFIX}${document.body.dataset.user ?? ""}:`;

/** Storage can be full, or switched off by the browser: writing goes on without it. */
function attempt(run) {
  try {
    return run();
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function parse(stored) {
  try {
    const draft = JSON.parse(stored);
    return typeof draft?.at === "number" ? draft : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Keep a text, or anything that JSON can hold, under the name of its place. */
export function keepDraft(place, value) {
  attempt(() => localStorage.setItem(mine() + place, JSON.stringify({ at: Date.now(), value })));
}

/** What was kept for this place, or null. */
export function readDraft(place) {
  const draft = parse(attempt(() => localStorage.getItem(mine() + place)));
  return draft && Date.now() - draft.at < MONTH ? draft.value : null;
}

export function forgetDraft(place) {
  attempt(() => localStorage.removeItem(mine() + place));
}

function sweep(isOver) {
  attempt(() => {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(PREFIX) && isOver(name)) localStorage.removeItem(name);
    }
  });
}

/** "Draft restored", with a way to be rid of it. One for each form. */
export function draftNote(discard) {
  const note = document.createElement("p");
  note.className = "draft-note";
  note.setAttribute("role", "status");
  const words = document.createElement("span");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  button.textContent = t("Discard");
  button.addEventListener("click", () => {
    note.remove();
    discard();
  });
  note.append(icon("history", "small"), words, button);
  // A live region speaks what changes inside it, so the words come after the element.
  requestAnimationFrame(() => { words.textContent = t("Draft restored"); });
  return note;
}

sweep((name) => {
  const draft = parse(localStorage.getItem(name));
  return !draft || Date.now() - draft.at >= MONTH;
});
document.addEventListener("submit", (event) => {
  const user = event.target.dataset.signOut;
  if (user) sweep((name) => name.startsWith(`${PREFIX}${user}:`));
});
