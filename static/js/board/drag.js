/**
 * Drag and drop with pointer events. The card itself stays where it is, dimmed, so that whatever happens to it and
 * around it happens to real elements; a clone follows the hand and a line shows where it would land. Nothing is
 * cached between frames: cards may come, go and move while one is in the air.
 */
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";
import { cardsIn, idOf, listOf } from "./place.js";
import { sayWhereItMayGo } from "./actions.js";

const MOUSE_THRESHOLD = 4;
const LONG_PRESS = 220;
const SWIPE = 8;
const EDGE = 56;
const UNFOLD = 600;
const SPEED = 1100; // px a second at the very edge
const IGNORED = "button, input, textarea, select, summary, [popover]";

/** `aside` is what takes drops beside the lists: `at(x, y)`, `show(target)`, `drop(cards, target)`. */
export function enableDrag({ board, live, moves, together, aside = null }) {
  let press = null; // a pointer is down on a card, nothing lifted yet
  let drag = null;

  const line = document.createElement("div");
  line.className = "drop-line";
  line.setAttribute("aria-hidden", "true");
  line.hidden = true;

  board.root.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".card");
    if (drag) return cancel();
    if (!card || !board.mayChange(card) || !event.isPrimary || event.button !== 0) return;
    if (event.target.closest(IGNORED) || card.querySelector(".card-input")) return;
    press = { card, id: event.pointerId, x: event.clientX, y: event.clientY, isTouch: event.pointerType === "touch" };
    if (press.isTouch) press.timer = setTimeout(lift, LONG_PRESS);
    listen(true);
  });
  // Links and images have a drag of their own; it would end ours.
  board.root.addEventListener("dragstart", (event) => event.preventDefault());
  // Only a lifted card stops the page from scrolling: a swipe over cards still scrolls.
  board.root.addEventListener("touchmove", (event) => { if (drag && event.cancelable) event.preventDefault(); }, { passive: false });
  board.root.addEventListener("contextmenu", (event) => { if (press?.isTouch || drag) event.preventDefault(); });

  function listen(on) {
    const change = on ? addEventListener : removeEventListener;
    change("pointermove", moved);
    change("pointerup", up);
    change("pointercancel", cancel);
    change("keydown", key, true);
    change("blur", cancel);
  }

  function moved(event) {
    if (drag) {
      if (event.pointerId === drag.id) [drag.x, drag.y] = [event.clientX, event.clientY];
      return;
    }
    if (event.pointerId !== press.id) return;
    const distance = Math.hypot(event.clientX - press.x, event.clientY - press.y);
    if (press.isTouch) {
      if (distance > SWIPE) forget();
    } else if (distance > MOUSE_THRESHOLD) {
      lift();
      [drag.x, drag.y] = [event.clientX, event.clientY];
    }
  }

  function forget() {
    clearTimeout(press?.timer);
    press = null;
    listen(false);
  }

  function lift() {
    const { card, id, x, y, isTouch } = press;
    clearTimeout(press.timer);
    press = null;
    const box = card.getBoundingClientRect();
    const cards = together.with(card);
    const clone = copyOf(card, cards.length);
    clone.style.width = `${box.width}px`;
    document.body.append(clone, line);
    drag = { card, cards, id, x, y, clone, dx: x - box.left, dy: y - box.top, time: performance.now(), target: null };
    for (const each of cards) {
      board.busy.add(idOf(each));
      each.classList.add("source");
    }
    board.root.classList.add("is-dragging");
    for (const list of board.lists) board.section(list).toggleAttribute("data-closed-to-it", together.refused(cards, list) !== undefined);
    if (isTouch) navigator.vibrate?.(10);
    announce(t("Lifted {key}. {place}.", { key: card.dataset.issueKey, place: moves.sentence(card) }));
    frame(drag.time);
  }

  function frame(time) {
    if (!drag) return;
    if (!drag.card.isConnected) {
      toast({ text: t("{key} is no longer here.", { key: drag.card.dataset.issueKey }) });
      return cancel();
    }
    const { clone, x, y, dx, dy } = drag;
    clone.style.transform = `translate3d(${x - dx}px, ${y - dy}px, 0)${board.isStacked ? "" : " rotate(1.2deg)"}`;
    const beside = aside?.at(x, y) ?? null;
    aside?.show(beside);
    const list = beside ? null : listAt(x, y);
    if (list) scroll(list, x, y, Math.min(50, time - drag.time) / 1000);
    drag.time = time;
    drag.target = list && !together.refused(drag.cards, list) ? targetIn(list, y) : null;
    showLine();
    drag.frame = requestAnimationFrame(frame);
  }

  /** The list under, or nearest to, a position: columns stand side by side, sections one below the other, cells both. */
  function listAt(x, y) {
    if (board.isLaned && unfoldAt(y)) return null;
    let [best, nearest] = [null, Infinity];
    for (const list of board.lists) {
      const box = board.section(list).getBoundingClientRect();
      if (!box.height) continue; // in a folded lane
      const down = beyond(y, box.top, box.bottom);
      const across = beyond(x, box.left, box.right);
      const distance = board.isStacked ? down : board.isLaned ? down * innerWidth + across : across;
      if (distance < nearest) [best, nearest] = [list, distance];
    }
    return best;
  }

  /** How far a position lies outside of a stretch. */
  function beyond(at, start, end) {
    return at < start ? start - at : Math.max(0, at - end);
  }

  /** Whether the card is held over a folded lane, which unfolds after a while. Nobody asked to have that remembered. */
  function unfoldAt(y) {
    const over = board.lanes.find((lane) => !lane.open && !beyond(y, lane.getBoundingClientRect().top, lane.getBoundingClientRect().bottom));
    if (drag.over?.lane !== over) drag.over = over && { lane: over, since: performance.now() };
    if (over && performance.now() - drag.over.since > UNFOLD) over.open = true;
    return over;
  }

  /** The card before which one dropped at this height would land: rectangles in order, so a binary search. */
  function targetIn(list, y) {
    const cards = cardsIn(list);
    let [low, high] = [0, cards.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const box = cards[middle].getBoundingClientRect();
      if (box.top + box.height / 2 < y) low = middle + 1;
      else high = middle;
    }
    const isSource = (card) => drag.cards.includes(card);
    const next = cards.slice(low).find((card) => !isSource(card));
    const previous = cards.slice(0, low).findLast((card) => !isSource(card));
    const isStill = drag.cards.length === 1 && listOf(drag.card) === list && (isSource(cards[low]) || isSource(cards[low - 1]));
    return { list, next: next ?? null, previous: previous ?? null, isStill };
  }

  function showLine() {
    const { target } = drag;
    line.hidden = !target || target.isStill;
    if (line.hidden) return;
    const box = target.list.getBoundingClientRect();
    const gap = 5;
    let y = box.top + gap;
    if (target.next) y = target.next.getBoundingClientRect().top - gap;
    else if (target.previous) y = target.previous.getBoundingClientRect().bottom + gap - 2;
    line.style.width = `${box.width - 10}px`;
    line.style.transform = `translate(${box.left + 5}px, ${Math.min(Math.max(y, box.top), box.bottom - 2)}px)`;
  }

  function scroll(list, x, y, seconds) {
    const scroller = board.isStacked || board.isLaned ? board.scroller : list;
    const column = scroller.getBoundingClientRect();
    const frameBox = board.root.getBoundingClientRect();
    const down = push(y, column.top, column.bottom);
    if (down) scroller.scrollTop += down * SPEED * seconds;
    if (board.isStacked) return;
    const sideways = push(x, Math.max(0, frameBox.left), Math.min(innerWidth, frameBox.right));
    if (sideways) board.root.scrollLeft += sideways * SPEED * seconds;
  }

  /** -1 … 1: how hard a position close to an edge pushes. */
  function push(at, start, end) {
    const edge = Math.min(EDGE, (end - start) / 4);
    if (at < start + edge) return -Math.min(1, (start + edge - at) / edge);
    if (at > end - edge) return Math.min(1, (at - end + edge) / edge);
    return 0;
  }

  function up(event) {
    if (!drag) return forget();
    if (event.pointerId !== drag.id) return;
    [drag.x, drag.y] = [event.clientX, event.clientY];
    const beside = aside?.at(drag.x, drag.y) ?? null;
    const list = beside ? null : listAt(drag.x, drag.y);
    const target = list && drag.card.isConnected ? targetIn(list, drag.y) : null;
    const cards = drag.cards.filter((each) => each.isConnected);
    end();
    if (beside) {
      aside.drop(cards, beside);
      return;
    }
    const refused = target && together.refused(cards, list);
    if (refused) sayWhereItMayGo(board, refused, list);
    else if (target && !target.isStill) together.bring(cards, target.list, target.next);
  }

  function key(event) {
    if (!drag || event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    cancel();
  }

  function cancel() {
    if (!drag) return forget();
    announce(t("{key} stays where it was.", { key: drag.card.dataset.issueKey }));
    end();
  }

  function end() {
    const { cards, clone, frame: handle } = drag;
    drag = null;
    cancelAnimationFrame(handle);
    clone.remove();
    line.remove();
    aside?.show(null);
    listen(false);
    for (const card of cards) card.classList.remove("source");
    board.root.classList.remove("is-dragging");
    for (const list of board.lists) board.section(list).removeAttribute("data-closed-to-it");
    for (const card of cards) live.release(idOf(card));
    // The click that follows a drop is not a click on the card.
    const swallow = (event) => { event.preventDefault(); event.stopPropagation(); };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
  }
}

/** A picture of the card: no hooks, no ids, nothing that can be focused or read out. */
function copyOf(card, count) {
  const clone = card.cloneNode(true);
  for (const element of [clone, ...clone.querySelectorAll("*")]) {
    for (const name of element.getAttributeNames()) {
      if (name === "id" || name === "tabindex" || name.startsWith("data-") || name === "style") element.removeAttribute(name);
    }
  }
  const shell = document.createElement("div");
  shell.className = card.className;
  shell.classList.add("lifted", "drag-clone");
  shell.append(...clone.childNodes);
  if (count > 1) shell.dataset.count = count;
  shell.inert = true;
  shell.setAttribute("aria-hidden", "true");
  return shell;
}
