/**
 * The board by keyboard: one tab stop a column, arrows (or H J K L) between cards and columns; Space lifts a card,
 * arrows carry it, Space or Enter drops it, Escape puts it back. Every step is said in the live region.
 */
import { announce, t } from "../text.js";
import { cardsIn, idOf, listOf, neighbour, sentinelOf } from "./place.js";

const STEPS = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
  k: [0, -1], j: [0, 1], h: [-1, 0], l: [1, 0],
};

export class Keyboard {
  constructor({ board, live, moves, actions }) {
    Object.assign(this, { board, live, moves, actions });
    this.lifted = null;
    board.root.addEventListener("keydown", (event) => this.key(event));
    board.root.addEventListener("focusin", (event) => {
      const card = event.target.closest(".card");
      if (card) this.enter(card);
    });
    board.root.addEventListener("focusout", () => setTimeout(() => this.dropWhenGone()));
    // Cards come and go between columns; what counts is where Tab leads when it is pressed.
    document.addEventListener("keydown", (event) => { if (event.key === "Tab") this.ensureStop(); }, true);
    for (const card of board.root.querySelectorAll(".card")) this.tame(card);
    this.ensureStop();
  }

  /** The card the keyboard is at, if it still is on the board. */
  get current() {
    return this.stop?.isConnected ? this.stop : this.board.root.querySelector('.card[tabindex="0"]');
  }

  /** The card that has the focus, or the one under the pointer when nothing has it. */
  get aim() {
    const focused = document.activeElement.closest?.(".card");
    if (focused && this.board.root.contains(focused)) return focused;
    return document.activeElement === document.body ? this.board.root.querySelector(".card:hover") : null;
  }

  /** A new card is no tab stop of its own, and neither is what it holds. */
  tame(card) {
    if (card !== this.stop) card.tabIndex = -1;
    for (const inner of card.querySelectorAll("a, button")) inner.tabIndex = -1;
  }

  leave(card, heir) {
    if (this.lifted === card) {
      this.lifted = null;
      announce(t("{key} is no longer on this board.", { key: card.dataset.issueKey }));
    }
    if (card === this.stop) this.enter(heir);
  }

  enter(card) {
    this.stop = card ?? null;
    if (card) {
      for (const other of listOf(card).querySelectorAll('.card[tabindex="0"]')) other.tabIndex = -1;
      card.tabIndex = 0;
    }
    this.ensureStop();
  }

  /** Every column that has cards has a tab stop: a list that scrolls must be reachable. */
  ensureStop() {
    for (const list of this.board.lists) {
      const first = list.querySelector(".card");
      if (first && !list.querySelector('.card[tabindex="0"]')) first.tabIndex = 0;
    }
    if (!this.stop?.isConnected) this.stop = this.board.root.querySelector('.card[tabindex="0"]');
  }

  focus(card) {
    this.enter(card);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  key(event) {
    const card = event.target;
    if (!card.classList?.contains("card") || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    if (this.run(card, event)) event.preventDefault();
  }

  run(card, event) {
    const step = STEPS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (this.lifted) {
      if (step) return this.carry(...step);
      if (event.key === " " || event.key === "Enter") return this.drop();
      if (event.key === "Escape") return this.putBack();
      return event.key !== "Tab";
    }
    if (event.altKey && event.shiftKey && step) return this.nudge(card, ...step);
    if (event.altKey || event.shiftKey) return event.shiftKey && event.key === "F10" ? this.actions.openMenu(card) : false;
    if (step) return this.go(card, ...step);
    switch (event.key) {
      case "Home": return this.goTo(cardsIn(listOf(card)).at(0));
      case "End": return this.goTo(cardsIn(listOf(card)).at(-1));
      case " ": return this.lift(card);
      case "Enter":
      case "o": return this.actions.open(card);
      case "ContextMenu": return this.actions.openMenu(card);
      default: return false;
    }
  }

  goTo(card) {
    if (card) this.focus(card);
    return true;
  }

  go(card, across, down) {
    if (down) return this.goDown(card, down);
    const target = this.beside(card, across);
    return this.goTo(target && this.level(target, card));
  }

  goDown(card, step) {
    const next = neighbour(card, step);
    if (!next && step > 0 && sentinelOf(listOf(card))) {
      this.board.more(listOf(card)).then(() => { if (document.activeElement === card) this.goTo(neighbour(card, 1)); });
      return true;
    }
    return this.goTo(next);
  }

  /** The next column in a direction; when walking, one that has cards. */
  beside(card, step, { isCarrying = false } = {}) {
    const { lists } = this.board;
    let index = lists.indexOf(listOf(card)) + step;
    while (lists[index] && !isCarrying && cardsIn(lists[index]).length === 0) index += step;
    return lists[index] ?? null;
  }

  /** The card of a column that is about as high as this one. */
  level(list, card) {
    const y = card.getBoundingClientRect().top;
    return cardsIn(list).find((other) => other.getBoundingClientRect().bottom > y) ?? cardsIn(list).at(-1) ?? null;
  }

  lift(card) {
    if (!this.board.canEdit) {
      announce(t("You can look at this board but not change it."));
      return true;
    }
    this.lifted = card;
    this.moves.hold(card);
    this.board.busy.add(idOf(card));
    card.classList.add("lifted");
    announce(t("Lifted {key}. {place}. Arrows move it, Space drops it, Escape puts it back.", {
      key: card.dataset.issueKey, place: this.moves.sentence(card),
    }));
    return true;
  }

  carry(across, down) {
    const card = this.lifted;
    if (down) this.carryDown(card, down);
    else {
      const list = this.beside(card, across, { isCarrying: true });
      if (list) this.moves.shift(card, list, this.level(list, card));
    }
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
    announce(this.moves.sentence(card));
    return true;
  }

  carryDown(card, step) {
    const list = listOf(card);
    const next = neighbour(card, step);
    if (next) this.moves.shift(card, list, step > 0 ? neighbour(next, 1) : next);
    else if (step > 0 && sentinelOf(list)) this.board.more(list);
  }

  drop() {
    const card = this.lifted;
    const truth = this.moves.truthOf(idOf(card));
    this.release(card);
    const list = listOf(card);
    const isHome = this.board.listOfStatus(truth.status) === list && this.isAt(card, list, truth.rank);
    if (isHome) {
      this.moves.restore(card);
      announce(t("{key} stays where it was.", { key: card.dataset.issueKey }));
    } else this.moves.commit(card);
    return true;
  }

  isAt(card, list, rank) {
    const after = neighbour(card, 1);
    const before = neighbour(card, -1);
    return (!before || before.dataset.rank < rank) && (!after || rank < after.dataset.rank);
  }

  putBack() {
    const card = this.lifted;
    this.release(card);
    this.moves.restore(card);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
    announce(t("{key} is back. {place}", { key: card.dataset.issueKey, place: this.moves.sentence(card) }));
    return true;
  }

  release(card) {
    this.lifted = null;
    card.classList.remove("lifted");
    this.live.release(idOf(card));
  }

  /** Alt+Shift+arrow: one step, at once. */
  nudge(card, across, down) {
    if (!this.board.canEdit) return true;
    const list = down ? listOf(card) : this.beside(card, across, { isCarrying: true });
    const next = down ? neighbour(card, down) : list && this.level(list, card);
    if (!list || (down && !next)) return true;
    this.moves.move(card, list, down > 0 ? neighbour(next, 1) : next);
    this.focus(card);
    return true;
  }

  /** The focus went elsewhere with a card still lifted: nothing was decided, so it goes back. */
  dropWhenGone() {
    if (this.lifted && this.lifted.isConnected && !this.lifted.contains(document.activeElement) && document.hasFocus()) {
      const card = this.lifted;
      this.release(card);
      this.moves.restore(card);
    }
  }
}

