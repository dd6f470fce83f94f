// The behaviours that every page has. A page's own modules are named in its `scripts` block.

import "./theme.js";
import "./menus.js";
import "./dialogs.js";
import "./forms.js";
import "./drafts.js";
import "./go.js";
import "./keyhelp.js";
import "./stars.js";
import "./times.js";
import "./zone.js";
import "./sidebar.js";
import "./tour.js";
import "./session.js";
import "./inbox/counter.js";
import "./partials.js";

// A live region speaks what changes inside it, so what came with the page is put there once more.
addEventListener("load", () => {
  for (const said of document.querySelectorAll("main .banner[role=status]")) {
    const words = [...said.childNodes];
    said.style.setProperty("min-height", `${said.offsetHeight}px`); // nothing jumps meanwhile
    said.replaceChildren();
    requestAnimationFrame(() => {
      said.replaceChildren(...words);
      said.style.removeProperty("min-height");
    });
  }
});

// A picture that cannot be loaded gives way to the initials beneath it.
document.addEventListener("error", (event) => {
  if (event.target.matches?.("img[data-avatar]")) event.target.remove();
}, true);
for (const picture of document.querySelectorAll("img[data-avatar]")) {
  if (picture.complete && picture.naturalWidth === 0) picture.remove();
}
