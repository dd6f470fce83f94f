/**
 * The board by keyboard: one tab stop a column, arrows (or H J K L) between cards and columns; Space lifts a card,
 * arrows carry it, Space or Enter drops it, Escape puts it back. Every step is said in the live region.
 */
import { holdKeys, shortcut } from "../keys.js";
import { announce, t } from "../text.js";
import { sayWhereItMayGo } from "./actions.js";
import { cardsIn, compare, idOf, listOf, neighbour, sentinelOf } from "./place.js";

const STEPS = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
  k: [0, -1], j: [0, 1], h: [-1, 0], l: [1, 0],
};
const ARROWS = ["ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight"];
const LETTERS = ["h", "j", "k", "l"];

const stepOf = (event) => STEPS[event.key.length === 1 ? event.key.toLowerCase() : event.key];

export class Keyboard {
  constructor({ board, live, moves, actions, together }) {
    Object.assign(this, { board, live, moves, actions, together });
    this.lifted = null;
    this.register();
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
    for (const inner of card.querySelectorAll("a, button, [data-tick]")) inner.tabIndex = -1;
  }

  leave(card, heir) {
    if (this.lifted === card) {
      this.lifted = null;
      announce(t("{key} is no longer here.", { key: card.dataset.issueKey }));
    }
    if (card === this.stop) this.enter(heir);
  }

  enter(card) {
    this.stop = card ?? null;
    if (card) {
      for (const other of this.board.groupOf(card).querySelectorAll('.card[tabindex="0"]')) other.tabIndex = -1;
      card.tabIndex = 0;
    }
    this.ensureStop();
  }

  /** Every column, or lane, that has cards has a tab stop: a list that scrolls must be reachable. */
  ensureStop() {
    for (const group of this.board.groups) {
      const first = group.querySelector(".card");
      if (first && !group.querySelector('.card[tabindex="0"]')) first.tabIndex = 0;
    }
    if (!this.stop?.isConnected) this.stop = this.board.root.querySelector('.card[tabindex="0"]');
  }

  focus(card) {
    this.enter(card);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  register() {
    /** What happens to the card that has the focus itself: what is in it has keys of its own. */
    const onCard = (run) => (event) => {
      const card = event.target;
      if (!card.classList?.contains("card") || !this.board.root.contains(card)) return false;
      return run(card, event);
    };
    const go = onCard((card, event) => this.go(card, ...stepOf(event)));
    const isListed = () => this.board.canEdit;
    const carry = (event) => this.carry(...stepOf(event));
    shortcut({ group: "walk", does: this.board.isStacked ? t("Row to row") : t("Card to card, column to column"), keys: ARROWS, run: go });
    shortcut({ group: "walk", does: t("The same"), keys: LETTERS, run: go });
    shortcut({
      group: "walk",
      does: t("First and last card of the column"),
      keys: ["Home", "End"],
      run: onCard((card, event) => this.goTo(cardsIn(listOf(card)).at(event.key === "Home" ? 0 : -1))),
    });
    const open = onCard((card) => this.actions.open(card));
    shortcut({
      group: "walk",
      does: t("Open the card"),
      keys: ["Enter", "o"],
      run: (event) => (event.key === "Enter" ? open(event) : this.aim !== null && this.actions.open(this.aim)),
    });
    shortcut({ group: "move", does: t("Lift the card"), keys: [" "], run: onCard((card) => this.lift(card)), isListed });
    shortcut({ group: "move", does: t("Carry the lifted card"), keys: [...ARROWS, ...LETTERS], isHeld: true, run: carry, isListed });
    shortcut({ group: "move", does: t("Drop it"), keys: [" ", "Enter"], isHeld: true, run: () => this.drop(), isListed });
    shortcut({ group: "move", does: t("Put it back"), keys: ["Escape"], isHeld: true, run: () => this.putBack(), isListed });
    shortcut({
      group: "move",
      does: t("Move one step"),
      keys: ARROWS.map((arrow) => `alt+shift+${arrow}`),
      run: onCard((card, event) => this.nudge(card, ...stepOf(event))),
      isListed,
    });
    holdKeys(() => this.lifted !== null);
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
    return this.goTo(next ?? this.adjoining(card, step));
  }

  /** Where lists stand one below the other, the row beyond the end of one is the first, or last, of the next. */
  adjoining(card, step) {
    const list = this.below(card, step);
    return list ? cardsIn(list).at(step > 0 ? 0 : -1) : null;
  }

  /** The next list of a stack of them, see `beside`; null where none stand one below the other. */
  below(card, step, options = {}) {
    return this.next(this.board.stackOf(listOf(card)), card, step, options);
  }

  /** The next column in a direction: when walking, one that has cards; when carrying, one that is open to the card. */
  beside(card, step, options = {}) {
    return this.next(this.board.rowOf(listOf(card)), card, step, options);
  }

  next(lists, card, step, { isCarrying = false }) {
    let index = lists.indexOf(listOf(card)) + step;
    const isPassed = (list) => (isCarrying ? !this.board.isOpenTo(list, card) : cardsIn(list).length === 0);
    while (lists[index] && isPassed(lists[index])) index += step;
    return lists[index] ?? null;
  }

  /** The card of a column that is about as high as this one. */
  level(list, card) {
    if (this.board.isStacked) return cardsIn(list)[0] ?? null;
    const y = card.getBoundingClientRect().top;
    return cardsIn(list).find((other) => other.getBoundingClientRect().bottom > y) ?? cardsIn(list).at(-1) ?? null;
  }

  lift(card) {
    if (!this.board.mayChange(card)) {
      announce(t("You can look at this but not change it."));
      return true;
    }
    this.lifted = card;
    this.moves.hold(card, { isInHand: true });
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
    else {
      const beyond = this.below(card, step, { isCarrying: true });
      if (beyond) this.moves.shift(card, beyond, step > 0 ? cardsIn(beyond)[0] ?? null : null);
    }
  }

  drop() {
    const card = this.lifted;
    const truth = this.moves.truthOf(idOf(card));
    this.release(card);
    const list = listOf(card);
    const cards = this.together.with(card);
    if (cards.length > 1 || truth.lane !== card.dataset.lane) {
      this.dropMany(card, cards, list);
      return true;
    }
    const isHome = !this.moves.isSending(card) && this.board.listFor(truth) === list && this.isAt(card, list, truth.rank);
    if (isHome) {
      this.moves.restore(card);
      announce(t("{key} stays where it was.", { key: card.dataset.issueKey }));
    } else this.moves.commit(card);
    return true;
  }

  /** The others that are selected go where the lifted one was carried. */
  dropMany(card, cards, list) {
    let next = neighbour(card, 1);
    while (next && cards.includes(next)) next = neighbour(next, 1);
    const refused = this.together.refused(cards, list);
    if (refused) {
      this.moves.restore(card);
      sayWhereItMayGo(this.board, refused, list);
    } else this.together.move(cards, list, next);
    card.focus({ preventScroll: true });
  }

  isAt(card, list, rank) {
    const after = neighbour(card, 1);
    const before = neighbour(card, -1);
    const id = idOf(card); // cards of two projects may have the same rank
    return (!before || compare(before.dataset.rank, idOf(before), rank, id) < 0) && (!after || compare(rank, id, after.dataset.rank, idOf(after)) < 0);
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
    if (!this.board.mayChange(card)) return true;
    const crosses = this.board.isStacked || this.board.isLaned;
    const step = down && !neighbour(card, down) && crosses ? 0 : down;
    const aside = () => (down ? this.below(card, down, { isCarrying: true }) : this.beside(card, across, { isCarrying: true }));
    const list = step ? listOf(card) : aside();
    const next = step ? neighbour(card, step) : list && this.level(list, card);
    if (!list || (step && !next)) return true;
    this.together.bring([card], list, step > 0 ? neighbour(next, 1) : down < 0 && !step ? null : next);
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

