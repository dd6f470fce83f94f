// Moments in the words and the clock of the reader: "3 hours ago", the full date on pointing at it.

const language = document.documentElement.lang || "en";
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const { dateFormat = "day_month", timeZone } = document.body.dataset;
const parts = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone });
const digits = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "2-digit", year: "numeric", timeZone });
const wholeDay = { // a day is the same day wherever it is read
  parts: new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
  digits: new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" }),
};
const weekday = new Intl.DateTimeFormat(language, { weekday: "long", timeZone });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
const UNITS = [["minute", 60], ["hour", 3600], ["day", 86400]];
const WEEK = 7 * 86400;

function read(format, moment) {
  return Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
}

/** A day as the reader writes it (apps/accounts/reading.py does the same on the server). */
export function dayOf(moment, { isYearPlain = false } = {}) {
  return written(moment, { parts, digits }, isYearPlain);
}

/** A date that is no moment (`2026-11-27`), as the reader writes it. */
export function dateOf(iso) {
  return written(new Date(`${iso}T00:00Z`), wholeDay, false);
}

function written(moment, formats, isYearPlain) {
  const { day, month, year } = read(formats.parts, moment);
  const { day: dd, month: mm } = read(formats.digits, moment);
  const [whole, short] = {
    day_month: [`${day} ${month} ${year}`, `${day} ${month}`],
    month_day: [`${month} ${day}, ${year}`, `${month} ${day}`],
    dots: [`${dd}.${mm}.${year}`, `${dd}.${mm}.`],
    slashes_day: [`${dd}/${mm}/${year}`, `${dd}/${mm}`],
    slashes_month: [`${mm}/${dd}/${year}`, `${mm}/${dd}`],
    iso: [`${year}-${mm}-${dd}`, `${year}-${mm}-${dd}`],
  }[dateFormat];
  return isYearPlain ? short : whole;
}

/** Words for a moment, seen from now. */
export function inWords(moment, now = new Date()) {
  const seconds = (moment - now) / 1000;
  if (Math.abs(seconds) >= WEEK) return dayOf(moment, { isYearPlain: read(digits, moment).year === read(digits, now).year });
  if (Math.abs(seconds) < 45) return relative.format(0, "second");
  const [unit, size] = UNITS.findLast(([, least]) => Math.abs(seconds) >= least * 0.95) ?? UNITS[0];
  return relative.format(Math.round(seconds / size), unit);
}

function write(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  time.textContent = inWords(moment);
  time.title = `${weekday.format(moment)}, ${dayOf(moment)}, ${clock.format(moment)}`;
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
