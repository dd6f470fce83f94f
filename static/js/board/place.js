/**
 * Where cards belong. The DOM is the only model: a column is an `<ol data-column>`, a card an
 * `<li class="card">` with its rank, version and status in `data-*`, and order is (rank, id).
 */

/** Compare two places the way the database does: rank as plain code units, then id as a number. */
export function compare(rankA, idA, rankB, idB) {
  if (rankA !== rankB) return rankA < rankB ? -1 : 1;
  return idA - idB;
}

export const idOf = (card) => Number(card.dataset.issueId);
export const versionOf = (card) => Number(card.dataset.v);
export const cardOf = (id) => document.getElementById(`card-${id}`);
export const listOf = (card) => card.closest("[data-column]");
export const laneOf = (element) => element.closest("[data-lane-key]");
/** How a list of a lane is selected; without lanes, by nothing more. */
export const within = (laneKey) => (laneKey === undefined ? "" : `[data-lane="${CSS.escape(laneKey)}"]`);
export const cardsIn = (list) => [...list.querySelectorAll(":scope > .card")];

/** Whether the workflow lets a card into a list's column; the server says which are closed to it. */
export const isColumnOpen = (list, card) => !card.dataset.closed?.split(" ").includes(list.dataset.column);

/** The next or previous card of the same column, `null` at its ends. */
export function neighbour(card, step) {
  const sibling = step > 0 ? card.nextElementSibling : card.previousElementSibling;
  return sibling?.classList.contains("card") ? sibling : null;
}

/** The element at a column's end that stands for what is not loaded yet, if there is more. */
export function sentinelOf(list) {
  const last = list.lastElementChild;
  return last?.hasAttribute("data-more") ? last : null;
}

/** Whether a rank lies behind what this column has loaded, so that its card is counted but not shown. */
export function isBeyond(list, rank) {
  const sentinel = sentinelOf(list);
  return sentinel !== null && rank > sentinel.dataset.after;
}

function isSettled(card) {
  const [rank, id] = [card.dataset.rank, idOf(card)];
  const [before, after] = [neighbour(card, -1), neighbour(card, 1)];
  return (!before || compare(before.dataset.rank, idOf(before), rank, id) < 0)
    && (!after || compare(rank, id, after.dataset.rank, idOf(after)) < 0);
}

/** The card before which (rank, id) belongs, and the one after which it does. */
export function gap(list, rank, id) {
  // What is read on goes to the end: no need to look at all that is there.
  const last = sentinelOf(list)?.previousElementSibling ?? list.lastElementChild;
  if (last?.classList.contains("card") && idOf(last) !== id && compare(last.dataset.rank, idOf(last), rank, id) < 0) return { previous: last, next: null };
  const cards = cardsIn(list).filter((card) => idOf(card) !== id);
  let [low, high] = [0, cards.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(cards[middle].dataset.rank, idOf(cards[middle]), rank, id) < 0) low = middle + 1;
    else high = middle;
  }
  return { previous: cards[low - 1] ?? null, next: cards[low] ?? null };
}

/** Move an element without losing what lives in it: focus, selection, a running animation. */
export function insert(list, card, next) {
  const reference = next ?? sentinelOf(list);
  if (card.parentNode === list && (card.nextElementSibling === reference || card === reference)) return;
  if (list.moveBefore && card.isConnected) {
    // Chromium forgets what a class that was just taken away asks of the card's content when it moves: settle it first.
    void getComputedStyle(card).color;
    list.moveBefore(card, reference);
    return;
  }
  const focused = card.contains(document.activeElement) ? document.activeElement : null;
  const selection = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  list.insertBefore(card, reference);
  focused?.focus({ preventScroll: true });
  if (selection && selection[0] !== null) focused.setSelectionRange(...selection);
}

/** Put a card where its own rank says. */
export function place(list, card) {
  if (card.parentNode === list && isSettled(card)) return;
  insert(list, card, gap(list, card.dataset.rank, idOf(card)).next);
}

/**
 * A rank between two cards, good until the server says the real one: behind the first and before whatever follows it,
 * since no real rank holds a control character.
 */
export function provisionalRank(previous) {
  return `${previous?.dataset.rank ?? ""}\u0001`;
}

const shelf = document.createElement("template");

/** The elements of an HTML fragment. */
export function parse(html) {
  shelf.innerHTML = html;
  const elements = [...shelf.content.children].map((element) => document.adoptNode(element));
  shelf.replaceChildren();
  return elements;
}

/** What the answer to a deletion says of what the issue held; null where it held nothing. */
export function goneOf(answer) {
  return parse(answer.text).find((element) => element.dataset.gone !== undefined)?.textContent ?? null;
}
