// G, then a letter, goes to a place: every link that has `data-go` says which letter is its own.

import { shortcut } from "./keys.js";

for (const link of document.querySelectorAll("a[data-go]")) {
  shortcut({
    group: "go",
    does: link.textContent.trim(),
    keys: [`g ${link.dataset.go}`],
    run: () => location.assign(link.href),
  });
}
