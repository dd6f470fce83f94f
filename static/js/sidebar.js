// The sidebar folds away with its button or `[`, and stays so on the next page.

import { shortcut } from "./keys.js";
import { t } from "./text.js";

const WIDE = matchMedia("(min-width: 720px)");
const YEAR = 60 * 60 * 24 * 365;

function isCollapsed() {
  return document.documentElement.dataset.sidebar === "collapsed";
}

function setCollapsed(collapsed) {
  if (collapsed) document.documentElement.dataset.sidebar = "collapsed";
  else delete document.documentElement.dataset.sidebar;
  document.cookie = `sidebar=${collapsed ? "collapsed" : "open"}; path=/; max-age=${YEAR}; samesite=lax`;
  show();
}

function show() {
  for (const button of document.querySelectorAll("[data-sidebar-toggle]")) {
    button.setAttribute("aria-expanded", String(!isCollapsed()));
  }
}

document.addEventListener("click", (event) => {
  if (WIDE.matches && event.target.closest?.("[data-sidebar-toggle]")) {
    event.preventDefault();
    setCollapsed(!isCollapsed());
  }
});

// On a phone it is a drawer: once the focus has left it, it would lie over what has the focus.
document.addEventListener("focusin", (event) => {
  const drawer = document.getElementById("sidebar");
  if (!drawer?.matches(":popover-open") || WIDE.matches) return;
  if (!drawer.contains(event.target) && !event.target.closest('[popovertarget="sidebar"]')) drawer.hidePopover();
});

shortcut({
  group: "page",
  does: t("Sidebar"),
  keys: ["["],
  run() {
    if (WIDE.matches) setCollapsed(!isCollapsed());
    else document.getElementById("sidebar")?.togglePopover();
  },
});
show();
