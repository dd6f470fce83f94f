// Short notices at the corner, with an action to take back what was just done.

import { icon } from "./icons.js";
import { shortcut } from "./keys.js";
import { t } from "./text.js";

const STAY = 6000;
const STAY_LONG = 12_000; // what went wrong takes longer to read than what went well
const MOST = 4;
let undo = null;

// By Tab hardly anybody gets to a notice in time. Boards and backlogs have a Ctrl+Z of their own, which takes back
// many things in their turn (board/moves.js).
shortcut({
  group: "change",
  does: t("Undo the last change"),
  keys: ["mod+z"],
  isListed: () => undo !== null,
  run: () => (undo ? undo() : false),
});

/** A notice must not lie over what has the focus: then all of them go to the other end of the page. */
function stepAside() {
  const region = document.getElementById("toasts");
  const element = document.activeElement;
  if (!region?.childElementCount || region.contains(element)) return;
  region.classList.remove("aside");
  if (!element.matches(":focus-visible")) return;
  const [at, over] = [element.getBoundingClientRect(), region.getBoundingClientRect()];
  region.classList.toggle("aside", at.left < over.right && at.right > over.left && at.top < over.bottom && at.bottom > over.top);
}
document.addEventListener("focusin", stepAside);

/**
 * Show a notice for a few seconds; pointing at it or focusing it keeps it.
 * @param {{text: string, error?: boolean, action?: {label: string, isUndo?: boolean, run: () => void}, link?: {label: string, href: string, run?: () => void}, stay?: number}} notice
 * @returns {{close: () => void}}
 */
export function toast({ text, error = false, action = null, link = null, stay = error ? STAY_LONG : STAY }) {
  const region = document.getElementById("toasts");
  const element = document.createElement("div");
  element.className = error ? "toast error" : "toast";
  element.setAttribute("role", "status");

  const words = document.createElement("span");
  words.className = "text";
  element.append(icon(error ? "circle-alert" : "circle-check"), words);
  if (link) element.append(anchor(link, () => close()));
  let isActed = false; // a leaving notice can still be pressed, and what is taken back twice would be refused
  const act = () => {
    if (isActed) return;
    isActed = true;
    close();
    if (undo === act) undo = null;
    action.run();
  };
  if (action) element.append(button(action.label, "run", act));
  if (action?.isUndo && !document.querySelector("[data-board], [data-backlog]")) undo = act;
  const dismiss = button("", "", () => close());
  dismiss.setAttribute("aria-label", region.dataset.dismiss);
  dismiss.append(icon("x", "small"));
  element.append(dismiss);

  let timer = null;
  let returnTo = null;
  const start = () => { clearTimeout(timer); timer = setTimeout(close, stay); };
  const hold = () => clearTimeout(timer);
  element.addEventListener("pointerenter", hold);
  element.addEventListener("pointerleave", start);
  element.addEventListener("focusin", (event) => { hold(); returnTo ??= event.relatedTarget; });
  element.addEventListener("focusout", start);
  element.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } });

  while (region.childElementCount >= MOST) region.firstElementChild.remove();
  region.append(element);
  // A live region speaks what changes inside it, so the words come after the element.
  requestAnimationFrame(() => {
    words.textContent = text;
    stepAside();
  });
  start();
  return { close };

  function close() {
    clearTimeout(timer);
    if (element.contains(document.activeElement) && returnTo?.isConnected) returnTo.focus();
    element.classList.add("leaving");
    setTimeout(() => element.remove(), 180);
  }
}

function button(label, cls, run) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = cls;
  element.textContent = label;
  element.addEventListener("click", run);
  return element;
}

/** A link that a script may follow in its own way; with Ctrl or another button it is what it looks like. */
function anchor({ label, href, run }, close) {
  const element = document.createElement("a");
  element.className = "run";
  element.href = href;
  element.textContent = label;
  if (run) {
    element.addEventListener("click", (event) => {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      close();
      run();
    });
  }
  return element;
}
