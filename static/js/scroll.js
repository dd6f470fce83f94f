/**
 * Where somebody was on a page, kept for this tab: Back, a reload and what follows an issue's own page come to the
 * same cards and rows again. Our pages scroll in boxes of their own, which browsers do not remember; and since cards
 * out of sight have no true height, a place is a card or row at the top of its box and not a number of pixels.
 */
const PREFIX = "flowboard:place:";
const MOST_PAGES = 40; // read on to come back so far down, and no farther
const PAUSE = 100;
const SETTLE = 5; // times that heights are asked for anew as what comes into sight gets its true one

const pause = (time) => new Promise((done) => setTimeout(done, time));

function isComingBack() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.type === "back_forward" || navigation?.type === "reload";
}

const topOf = (element, box) => element.getBoundingClientRect().top - box.getBoundingClientRect().top;

/** What stands at the top of a box, and how far below its edge. */
function anchorOf(box) {
  if (box.scrollTop === 0) return null;
  const edge = box.getBoundingClientRect().top;
  const item = [...box.querySelectorAll("[data-issue-id]")].find((each) => each.getBoundingClientRect().bottom > edge);
  return item ? { id: item.id, top: topOf(item, box) } : null;
}

/**
 * Keep the place, and come back to it.
 *
 * @param {object} options
 * @param {() => string} options.address of the page, filters and all
 * @param {() => Map<string, HTMLElement>} options.boxes what scrolls, by name
 * @param {(box: HTMLElement) => Promise<boolean>} options.grow read on in a box; false where there is no more
 * @param {() => string|null} options.focus id of the element that shall have the focus again
 */
export async function keepPlace({ address, boxes, grow, focus }) {
  addEventListener("pagehide", () => {
    const at = [...boxes()].map(([name, box]) => ({ name, left: box.scrollLeft, anchor: anchorOf(box) }));
    sessionStorage.setItem(PREFIX + address(), JSON.stringify({ at, focus: focus() }));
  });
  if (!isComingBack()) return;
  const kept = sessionStorage.getItem(PREFIX + address());
  if (!kept) return;
  const place = JSON.parse(kept);
  const shown = boxes();
  for (const { name, left, anchor } of place.at) {
    const box = shown.get(name);
    if (!box) continue;
    box.scrollTo({ left, behavior: "instant" });
    if (anchor) await comeTo(box, anchor, grow);
  }
  const focused = place.focus && document.getElementById(place.focus);
  if (!focused || document.activeElement !== document.body) return;
  focused.focus({ preventScroll: true });
  focused.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
}

async function comeTo(box, { id, top }, grow) {
  let item = document.getElementById(id);
  for (let pages = 0; !item && pages < MOST_PAGES && (await grow(box)); pages += 1) {
    item = document.getElementById(id);
    if (!item) await pause(PAUSE); // somebody else may be reading on there, too
  }
  for (let times = 0; item?.isConnected && times < SETTLE; times += 1) {
    const off = topOf(item, box) - top;
    if (Math.abs(off) < 1) break;
    box.scrollBy({ top: off, behavior: "instant" });
    await pause(20);
  }
}
