/**
 * What helps while a text is written, in every field of `components/writing.html`: a bar that formats, suggestions after
 * “@”, “#” and “/” (and behind an action what it can be given), keys, and lists that go on with Enter. The bar and the list of suggestions are GitHub's elements.
 */
import "../../vendor/markdown-toolbar.js";
import "../../vendor/text-expander.js";

import * as http from "../requests.js";

const PAUSE = 120; // between the last letter and the question
const EDGE = 8;
const KINDS = { "@": "people", "#": "issues", "/": "actions" };
const KEYS = { b: "bold", i: "italic", e: "code" };
const ITEM = /^(\s*(?:>\s*)*)([-*+]|(\d{1,9})([.)]))(\s+)(\[[ xX]\]\s+)?(.*)$/;

let asked = 0;

/** Ask the server what the letters could mean, once no more of them come. */
async function suggestionsFor(expander, key, text) {
  const mine = ++asked;
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  if (mine !== asked) return { matched: false };
  const words = new URLSearchParams({ of: KINDS[key], q: text });
  const answer = await http.follow(`${expander.dataset.suggestions}?${words}`);
  if (mine !== asked || !answer.ok || answer.status === 204) return { matched: false };
  const shelf = document.createElement("template");
  shelf.innerHTML = answer.text;
  return { matched: true, fragment: shelf.content.querySelector("[role=listbox]") };
}

/** A quick action is one at the beginning of a line alone; elsewhere a stroke is a stroke. */
function canBegin(expander, key, text) {
  if (key !== "/") return true;
  const field = expander.querySelector("textarea");
  const at = field.selectionEnd - text.length - key.length;
  return at === 0 || field.value[at - 1] === "\n";
}

/** The element puts its list below the caret; where it does not fit there, it goes above the line. */
function settle(list, field) {
  const at = list.getBoundingClientRect();
  const line = parseFloat(getComputedStyle(field).lineHeight) || 20;
  if (at.bottom > innerHeight - EDGE) list.style.top = `${Math.max(EDGE, at.top - line - at.height)}px`;
  if (at.right > innerWidth - EDGE) list.style.left = `${Math.max(EDGE, innerWidth - EDGE - at.width)}px`;
}

/** Go on with the list that the caret stands in, or leave it from an item without words; false where there is none. */
function continueList(field) {
  const { selectionStart: at, selectionEnd, value } = field;
  if (at !== selectionEnd) return false;
  const from = value.lastIndexOf("\n", at - 1) + 1;
  const item = value.slice(from, at).match(ITEM);
  if (!item) return false;
  const [, indent, mark, number, after, gap, box, words] = item;
  if (!words.trim()) {
    field.setSelectionRange(from, at);
    document.execCommand("insertText", false, indent); // the one way that the browser's own undo knows of
    return true;
  }
  const next = number ? `${Number(number) + 1}${after}` : mark;
  document.execCommand("insertText", false, `\n${indent}${next}${gap}${box ? "[ ] " : ""}`);
  return true;
}

// None of these events bubbles; each is met on its way down.
document.addEventListener("text-expander-change", (event) => {
  const { key, text, provide } = event.detail;
  provide(canBegin(event.target, key, text) ? suggestionsFor(event.target, key, text) : Promise.resolve({ matched: false }));
}, true);
document.addEventListener("text-expander-activate", ({ target: expander }) => {
  const list = expander.querySelector("[role=listbox]");
  const field = expander.querySelector("textarea");
  list.showPopover();
  requestAnimationFrame(() => {
    settle(list, field);
    // A field of several lines is no combobox in HTML's eyes; that it completes from a list it may say.
    field.removeAttribute("role");
    field.removeAttribute("aria-expanded");
  });
}, true);
document.addEventListener("text-expander-value", ({ detail }) => {
  const { value, goesOn } = detail.item.dataset;
  detail.continue = goesOn !== undefined; // what can stand behind it is offered next
  detail.value = detail.continue ? `${value} ` : value;
}, true);
document.addEventListener("text-expander-committed", ({ detail }) => {
  detail.input.dispatchEvent(new Event("input", { bubbles: true }));
}, true);

document.addEventListener("keydown", (event) => {
  const writer = event.target.closest?.(".writer");
  if (!writer || event.target.tagName !== "TEXTAREA" || event.defaultPrevented || event.isComposing) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.shiftKey && !event.altKey && KEYS[event.key]) {
    event.preventDefault();
    writer.querySelector(`[data-md-button="${KEYS[event.key]}"]`).click();
  } else if (event.key === "Enter" && !command && !event.shiftKey && !event.altKey && continueList(event.target)) {
    event.preventDefault();
  }
});
