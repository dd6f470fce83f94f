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
import "./partials.js";

// A picture that cannot be loaded gives way to the initials beneath it.
document.addEventListener("error", (event) => {
  if (event.target.matches?.("img[data-avatar]")) event.target.remove();
}, true);
for (const picture of document.querySelectorAll("img[data-avatar]")) {
  if (picture.complete && picture.naturalWidth === 0) picture.remove();
}
