/**
 * Single-key shortcuts of a page. Off while somebody types, while a dialog or a menu is open, and for readers who
 * switched them off (voice input types letters that were never meant as keys).
 */
import { post } from "./http.js";

const bindings = new Map();

/** Whether keys typed into this element are text. */
export function isTyping(element) {
  return element instanceof HTMLElement && (element.isContentEditable || element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select"));
}

function isCovered() {
  return document.querySelector("dialog[open], [popover]:popover-open:not([popover=manual])") !== null;
}

/**
 * Run something when a key is pressed.
 *
 * @param {string} key as in `KeyboardEvent.key`, in lower case; `mod+z` means Ctrl, or Command on a Mac
 * @param {(event: KeyboardEvent) => boolean|void} run returns false to let the key pass
 */
export function shortcut(key, run) {
  bindings.set(key, run);
}

function nameOf(event) {
  const key = event.key.toLowerCase();
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing || isTyping(event.target) || isCovered()) return;
  if (!event.ctrlKey && !event.metaKey && document.body.dataset.singleKeys === "off") return;
  const run = bindings.get(nameOf(event));
  if (run && run(event) !== false) event.preventDefault();
});

shortcut("?", () => {
  const dialog = document.getElementById("keys");
  if (!dialog) return false;
  dialog.showModal();
});

const toggle = document.querySelector("[data-single-keys-url]");
if (toggle) {
  toggle.checked = document.body.dataset.singleKeys !== "off";
  toggle.addEventListener("change", async () => {
    document.body.dataset.singleKeys = toggle.checked ? "on" : "off";
    const answer = await post(toggle.dataset.singleKeysUrl, { on: toggle.checked ? "1" : "0" });
    if (answer.ok) return;
    toggle.checked = !toggle.checked; // not kept, so not so
    document.body.dataset.singleKeys = toggle.checked ? "on" : "off";
  });
}
