// Moments in the words and the clock of the reader: "3 hours ago", the full date on pointing at it.

const language = document.documentElement.lang || "en";
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const near = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const far = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
const UNITS = [["minute", 60], ["hour", 3600], ["day", 86400]];
const WEEK = 7 * 86400;

/** Words for a moment, seen from now. */
export function inWords(moment, now = new Date()) {
  const seconds = (moment - now) / 1000;
  if (Math.abs(seconds) >= WEEK) return (moment.getFullYear() === now.getFullYear() ? near : far).format(moment);
  if (Math.abs(seconds) < 45) return relative.format(0, "second");
  const [unit, size] = UNITS.findLast(([, least]) => Math.abs(seconds) >= least * 0.95) ?? UNITS[0];
  return relative.format(Math.round(seconds / size), unit);
}

function write(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  time.textContent = inWords(moment);
  time.title = full.format(moment);
}

/** Write every moment below an element. */
export function writeTimes(root = document) {
  root.querySelectorAll("time[data-relative]").forEach(write);
}

writeTimes();
setInterval(() => writeTimes(), 60_000);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (node.matches("time[data-relative]")) write(node);
      else writeTimes(node);
    }
  }
}).observe(document.body, { childList: true, subtree: true });
