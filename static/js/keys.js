/**
 * The keys of a page. One registry runs them and tells the help (keyhelp.js) which there are, so that what is listed
 * works and what works is listed. What belongs to a single control (the arrows of a menu, Escape in an editor) is the
 * control's own and not here.
 *
 * Single keys are off while somebody types, while a dialog or a menu is open, and for readers who switched them off:
 * voice input types letters that were never meant as keys.
 */
const PATIENCE = 1_500; // between the two keys of `g b`
const entries = [];
let holder = null;
let prefix = "";
let until = 0;

/** Whether keys typed into this element are text. A field of a dialog that was just closed has the focus until the next frame. */
function isTyping(element) {
  return element instanceof HTMLElement && element.checkVisibility() && (element.isContentEditable || element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file]), textarea, select"));
}

/** Whether a dialog or a menu lies over the page. */
export function isCovered() {
  return document.querySelector("dialog[open], [popover]:popover-open:not([popover=manual])") !== null;
}

/** Whether a key is typed without Ctrl or Alt and writes a sign: what a reader can switch off. */
export function isSingle(key) {
  return [...key.split(" ")[0]].length === 1 && key !== " ";
}

export const areSinglesOn = () => document.body.dataset.singleKeys !== "off";

/**
 * Let keys do something.
 *
 * @param {object} entry
 * @param {string} entry.does what, for the help, in the reader's language
 * @param {"walk"|"move"|"select"|"change"|"page"|"go"} entry.group where the help lists it
 * @param {string[]} entry.keys as in `KeyboardEvent.key`, letters small; `mod+z` means Ctrl, or Command on a Mac;
 *   `alt+shift+ArrowUp`; `g b` are two keys, one after the other
 * @param {(event: KeyboardEvent) => boolean|void} entry.run returns false to let the key pass
 * @param {() => boolean} [entry.isListed] whether it can do something on this page
 * @param {boolean} [entry.inFields] also while somebody types, and in dialogs
 * @param {boolean} [entry.isHeld] only while `holdKeys` says so
 */
export function shortcut(entry) {
  entries.push({ isListed: () => true, inFields: false, isHeld: false, ...entry });
}

/** While `isHeld()`, keys do what the entries that are made for it do, and nothing else. */
export function holdKeys(isHeld) {
  holder = isHeld;
}

/** What the help lists. */
export function listKeys() {
  return entries.filter((entry) => entry.isListed());
}

function nameOf(event) {
  if (event.key === undefined) return ""; // the browser fills in a form
  const isSign = [...event.key].length === 1;
  const held = [];
  const isWritten = isSign && event.getModifierState("AltGraph"); // `[` on many keyboards
  if ((event.ctrlKey || event.metaKey) && !isWritten) held.push("mod");
  if (event.altKey && !isWritten) held.push("alt");
  if (event.shiftKey && !(isSign && event.key !== " ")) held.push("shift");
  return [...held, isSign ? event.key.toLowerCase() : event.key].join("+");
}

function run(name, event, { isHeld = false } = {}) {
  if (isSingle(name) && !areSinglesOn()) return false;
  const isClosed = isTyping(event.target) || isCovered();
  return entries.some((entry) => entry.isHeld === isHeld && entry.keys.includes(name) && (entry.inFields || !isClosed) && entry.run(event) !== false);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  if (holder?.()) {
    if (run(name, event, { isHeld: true }) || event.key !== "Tab") event.preventDefault();
    return;
  }
  const first = Date.now() < until ? prefix : "";
  prefix = "";
  if ((first && run(`${first} ${name}`, event)) || run(name, event)) {
    event.preventDefault();
  } else if (!isTyping(event.target) && entries.some((entry) => entry.keys.some((key) => key.startsWith(`${name} `)))) {
    prefix = name;
    until = Date.now() + PATIENCE;
  }
});
