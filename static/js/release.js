/**
 * A page of one release and the server of another. The page goes on working, for its files are kept; it offers to be
 * loaded anew and never does so by itself.
 *
 * Whoever hears the server name its release hands it to `heard`: sockets and polls by their greeting, and every page
 * when it asks about its session. While processes are replaced one by one, the last word counts.
 */
import { bringBack, takeAlong } from "./along.js";

const own = document.querySelector('meta[name="release"]').content;
const banner = document.getElementById("banner-release");
const words = banner?.querySelector("[data-words]");

/** The server says which release it is. */
export function heard(release) {
  if (!banner || banner.hidden === (release === own)) return;
  banner.hidden = release === own;
  // A live region speaks what changes inside it, so the words come after the element.
  requestAnimationFrame(() => { words.textContent = banner.hidden ? "" : banner.dataset.says; });
}

banner?.querySelector("[data-reload]").addEventListener("click", () => {
  const left = takeAlong();
  if (!left) {
    location.reload();
    return;
  }
  words.textContent = banner.dataset.unsaved;
  left.focus();
});

// After the page's other scripts, which may build what was written in.
if (document.readyState === "complete") bringBack();
else addEventListener("load", bringBack, { once: true });
