// Menus are popovers: the browser opens, closes and layers them. This puts them beside their button and
// gives them the keys of a menu.

const GAP = 4;
const EDGE = 8;
const openers = new WeakMap();

/** Open a menu beside an element that is not its own popovertarget button (a card's ⋯, a right click). */
export function openMenu(menu, anchor) {
  openers.set(menu, anchor);
  if (!menu.matches(":popover-open")) menu.showPopover();
}

/** Put a floating element below its anchor, or above when there is more room; inside the window in any case. */
export function place(floating, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = floating;
  const below = at.bottom + GAP;
  const fitsBelow = below + height <= innerHeight - EDGE;
  const top = fitsBelow ? below : Math.max(EDGE, Math.min(at.top - GAP - height, innerHeight - EDGE - height));
  const wantsLeft = at.left + width <= innerWidth - EDGE ? at.left : at.right - width;
  const left = Math.max(EDGE, Math.min(wantsLeft, innerWidth - EDGE - width));
  floating.style.setProperty("top", `${Math.round(top)}px`);
  floating.style.setProperty("left", `${Math.round(left)}px`);
}

function items(menu) {
  return [...menu.querySelectorAll(".menu-item:not(:disabled, [hidden])")];
}

/** The browser focuses what is marked as it opens a popover; `toggle` comes later, and the keys typed meanwhile would go astray. */
function onBeforeToggle(event) {
  const popover = event.target;
  if (event.newState !== "open" || !popover.matches?.("[data-menu], [data-popup]")) return;
  const first = popover.matches("[data-menu]")
    ? popover.querySelector("[aria-checked='true'], [aria-current='true']") ?? items(popover)[0]
    : popover.querySelector("input:not([type=hidden]), button");
  // Arrows walk a menu, so Tab leaves it; without script, Tab is what walks it.
  if (popover.matches("[data-menu]")) for (const item of popover.querySelectorAll(".menu-item")) item.tabIndex = -1;
  for (const marked of popover.querySelectorAll("[autofocus]")) marked.autofocus = false;
  if (first) first.autofocus = true;
}

function onToggle(event) {
  const menu = event.target;
  if (!menu.matches?.("[data-menu]")) return;
  const opener = openers.get(menu) ?? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  const open = event.newState === "open";
  opener?.setAttribute("aria-expanded", String(open));
  if (open) {
    if (opener) place(menu, opener);
  } else if (menu.contains(document.activeElement) || document.activeElement === document.body) {
    opener?.focus();
  }
}

function onKey(event) {
  const menu = event.target.closest?.("[data-menu]");
  if (!menu) return;
  const list = items(menu);
  const here = list.indexOf(document.activeElement);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: list.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    list[(to + list.length) % list.length]?.focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
  } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const next = [...list.slice(here + 1), ...list.slice(0, here + 1)];
    next.find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  } else {
    return;
  }
  // Single letters choose within the menu; they must not reach the shortcuts of the page.
  event.stopPropagation();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[popovertarget]");
  const menu = opener && document.getElementById(opener.getAttribute("popovertarget"));
  if (menu) openers.set(menu, opener);
  const item = event.target.closest?.(".menu-item");
  if (item && !item.hasAttribute("data-keep-open")) item.closest("[data-menu]")?.hidePopover?.();
}, true);
document.addEventListener("beforetoggle", onBeforeToggle, true);
document.addEventListener("toggle", onToggle, true);
document.addEventListener("keydown", onKey, true);
addEventListener("resize", () => document.querySelectorAll("[data-menu]:popover-open").forEach((menu) => menu.hidePopover()));
