// G, then a letter, goes to a place: every link that has `data-go` says which letter is its own.

import { isTyping, shortcut } from "./keys.js";

const PATIENCE = 1_500;
let until = 0;

shortcut("g", () => { until = Date.now() + PATIENCE; });

// While it is captured: the letter belongs to no other shortcut of the page.
document.addEventListener("keydown", (event) => {
  if (Date.now() > until || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  until = 0;
  const letter = event.key.toLowerCase();
  const link = /^[a-z]$/.test(letter) && document.querySelector(`a[data-go="${letter}"]`);
  if (!link) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  location.assign(link.href);
}, true);
