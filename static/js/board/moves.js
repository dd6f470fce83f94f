/**
 * Moves by this viewer: shown at once, sent in order, confirmed by the log or rolled back to what the server says.
 * A move starts with `hold` (remember the truth), is shown by `shift` (as often as the hand changes its mind) and ends
 * with `commit` or `restore`.
 */
import * as http from "../requests.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";
import { cardOf, gap, idOf, insert, listOf, neighbour, place, provisionalRank, versionOf } from "./place.js";

const MOST_UNDO = 50;

export class Moves {
  constructor(board, live) {
    this.board = board;
    this.live = live;
    this.pending = new Map(); // id -> {truth, op, isInHand}
    this.undoable = [];
    this.line = Promise.resolve();
    this.undoing = Promise.resolve();
  }

  /** Send something after all that was sent before it. */
  inTurn(post) {
    this.line = this.line.then(post);
  }

  /**
   * Remember where a card really is, before showing it anywhere else. In the hand it may be while a move of before is on
   * its way: whatever becomes of that, it stays there.
   */
  hold(card, { isInHand = false } = {}) {
    const held = this.pending.get(idOf(card)) ?? { truth: this.board.placeIn(card.dataset), op: null };
    this.pending.set(idOf(card), { ...held, isInHand });
  }

  /** Whether a move of a card is on its way: what is remembered of it is not where the server will have it. */
  isSending(card) {
    return Boolean(this.pending.get(idOf(card))?.op);
  }

  isInHand(id) {
    return Boolean(this.pending.get(id)?.isInHand);
  }

  /** A move of a card is answered; true where it is in the hand again, and so to be left there. */
  answered(id, truth = {}) {
    const isInHand = this.isInHand(id);
    const held = this.pending.get(id);
    if (isInHand) this.pending.set(id, { ...held, op: null, truth: { ...held.truth, ...truth } });
    else this.pending.delete(id);
    return isInHand;
  }

  /** Show a card before another one (null: at the end of what is loaded). */
  shift(card, list, next) {
    const from = listOf(card);
    insert(list, card, next);
    card.dataset.rank = provisionalRank(neighbour(card, -1));
    if (from === list) return;
    Object.assign(card.dataset, this.board.placeAt(list, card));
    this.board.count(from, -1);
    this.board.count(list, 1);
  }

  /** Let go of a card without a move: it returns to the truth, which may have changed meanwhile. */
  restore(card) {
    const held = this.pending.get(idOf(card));
    if (!held) return;
    held.isInHand = false;
    if (held.op) return; // its answer puts the card where it belongs
    this.pending.delete(idOf(card));
    this.rollBack(card, held.truth);
  }

  rollBack(card, truth) {
    const from = listOf(card);
    Object.assign(card.dataset, truth);
    card.classList.remove("pending");
    const to = this.board.listFor(truth);
    this.board.settle(card);
    if (from !== to) {
      this.board.count(from, -1);
      if (to) this.board.count(to, 1);
    }
    this.board.recount();
  }

  /** Somebody else's fact about a card that is on its way: the new truth to return to. */
  onFact(card) {
    const held = this.pending.get(idOf(card));
    if (held) held.truth = this.board.placeIn(card.dataset);
  }

  /** Where a card that is shown somewhere else really is; undefined for all others. */
  truthOf(id) {
    return this.pending.get(id)?.truth;
  }

  /** Send where a card now stands. */
  commit(card, { isUndo = false } = {}) {
    const id = idOf(card);
    const held = this.pending.get(id);
    const list = listOf(card);
    const [previous, next] = [neighbour(card, -1), neighbour(card, 1)];
    this.send({
      card,
      origin: { ...held.truth },
      list,
      step: isUndo ? null : this.begin(),
      op: http.newOp(),
      after: previous ? idOf(previous) : "",
      before: next ? idOf(next) : "",
    });
  }

  send(move) {
    const { card, list, op } = move;
    const id = idOf(card);
    const held = this.pending.get(id) ?? { truth: move.origin };
    this.pending.set(id, { ...held, op, isInHand: false });
    card.classList.add("pending");
    this.live.expect(op, (event) => (event.v === undefined ? this.note(move) : this.confirm(move, event)));
    this.inTurn(() => this.post(move));
    announce(this.sentence(card, list));
  }

  async post(move) {
    const { card, op } = move;
    const answer = await http.post(this.board.part("move/"), {
      issue: idOf(card), column: move.list.dataset.column, before: move.before, after: move.after, op,
    });
    if (answer.ok && answer.isJson) this.confirm(move, answer.json());
    else if (move.isConfirmed) return; // the log said so although the answer never arrived
    else if (move.isNoted) this.learn(move);
    else this.refuse(move, answer);
  }

  /** The log says that it happened, but not where the card is now: the answer does. */
  note(move) {
    move.isNoted = true;
    return true;
  }

  /** The answer got lost of a move that the log has: the card is read. */
  learn(move) {
    const id = idOf(move.card);
    if (this.pending.get(id)?.op === move.op) this.answered(id);
    move.card.classList.remove("pending");
    this.live.read(id);
    this.board.recount();
    move.step?.keep(() => this.takeBack(move));
  }

  /** The server has it. Said by the answer or by the log, whichever comes first. */
  confirm(move, truth) {
    const { card } = move;
    const id = idOf(card);
    const isFirst = !move.isConfirmed;
    move.isConfirmed = true;
    this.board.hear(id, truth.v);
    if (this.pending.get(id)?.op === move.op) {
      this.answered(id, this.board.placeIn(truth));
      card.classList.remove("pending");
    }
    const shown = cardOf(id);
    if (shown && truth.v > versionOf(shown)) {
      shown.dataset.v = truth.v;
      const held = this.pending.get(id);
      if (held) {
        held.truth = this.board.placeIn(truth); // a later move of the same card is on its way, or being made
      } else {
        Object.assign(shown.dataset, this.board.placeIn(truth));
        const list = this.board.listFor(shown.dataset);
        if (list) this.correct(list, shown);
        else this.board.remove(shown);
      }
      if (truth.status !== undefined && String(truth.status) !== move.origin.status) shown.querySelector(".age")?.remove();
    }
    if (isFirst) {
      if (this.board.readsMoved) this.live.read(id);
      this.board.recount();
      if (move.step) this.offer(move);
    }
    return true;
  }

  /** Put a card where the server says; where that is not quite where it was dropped, say so. */
  correct(list, card) {
    const previous = neighbour(card, -1);
    place(list, card);
    if (neighbour(card, -1) !== previous) announce(this.sentence(card, list));
  }

  refuse(move, answer) {
    const { card, op } = move;
    const id = idOf(card);
    const held = this.pending.get(id);
    this.live.forget(op);
    move.step?.drop();
    if (held?.op === op) {
      const said = answer.isJson ? answer.json().card : null;
      if (said && said.v >= versionOf(card)) {
        card.dataset.v = said.v;
        Object.assign(held.truth, this.board.placeIn(said));
      }
      card.classList.remove("pending");
      if (!this.answered(id) && card.isConnected) this.rollBack(card, held.truth);
    }
    const key = card.dataset.issueKey;
    if (answer.status === 0 || answer.status === 401) {
      const text = answer.status ? t("{key} was not moved: you are signed out.", { key }) : t("{key} was not moved: no connection.", { key });
      toast({ error: true, text, action: { label: t("Try again"), run: () => this.retry(move) } });
      return;
    }
    if (http.isPassing(answer)) {
      const text = t("{key} was not moved. {why}", { key, why: http.reason(answer, t("Try again in a moment.")) });
      toast({ error: true, text, action: { label: t("Try again"), run: () => this.retry(move) } });
      return;
    }
    if (answer.status === 404) this.live.read(id);
    toast({ error: true, text: http.reason(answer, t("{key} could not be moved.", { key })) });
  }

  retry(move) {
    const shown = cardOf(idOf(move.card));
    if (!shown) return;
    const next = move.before && cardOf(move.before);
    const previous = move.after && cardOf(move.after);
    this.hold(shown);
    if (next && listOf(next) === move.list) this.shift(shown, move.list, next);
    else this.shift(shown, move.list, previous && listOf(previous) === move.list ? previous.nextElementSibling : null);
    this.send({ ...move, card: shown, isConfirmed: false, step: move.step && this.begin() });
  }

  /** Say that a card has another column, with the way back. */
  offer(move) {
    const undo = move.step.keep(() => this.takeBack(move));
    if (move.list === this.board.listFor(move.origin)) return;
    toast({
      text: t("{key} moved to {column}", { key: move.card.dataset.issueKey, column: this.board.nameOf(move.list) }),
      action: { label: t("Undo"), run: undo },
    });
  }

  /**
   * Something that Ctrl+Z takes back in its turn, from the moment it was done: `keep` says how once the server has it
   * (and returns what takes it back out of its turn, once), `drop` that it came to nothing.
   */
  begin() {
    const step = {};
    step.outcome = new Promise((resolve) => { step.settle = resolve; });
    this.undoable.push(step);
    if (this.undoable.length > MOST_UNDO) this.undoable.shift();
    return {
      keep: (takeBack) => {
        step.settle(takeBack);
        return () => { if (this.undoable.includes(step)) this.undo(step); };
      },
      drop: () => {
        this.undoable = this.undoable.filter((other) => other !== step);
        step.settle(null);
      },
    };
  }

  /** Something that the server has already. */
  remember(takeBack) {
    return this.begin().keep(takeBack);
  }

  /** Take a step back, after those asked for before and once the server has answered it. False when none is left. */
  undo(step = this.undoable.at(-1)) {
    if (!step) return false;
    this.undoable = this.undoable.filter((other) => other !== step);
    this.undoing = this.undoing.then(() => step.outcome).then((takeBack) => { takeBack?.(); });
    return true;
  }

  /** Take a move back: an ordinary move to where the card was. */
  takeBack(move) {
    const card = cardOf(idOf(move.card));
    const list = this.board.listFor(move.origin);
    if (!card || !list) {
      toast({ text: t("{key} is no longer here.", { key: move.card.dataset.issueKey }) });
      return;
    }
    this.hold(card);
    this.shift(card, list, gap(list, move.origin.rank, idOf(card)).next);
    this.commit(card, { isUndo: true });
    card.focus({ preventScroll: true });
  }

  /** Move in one step: before a card, or to the end. */
  move(card, list, next) {
    this.hold(card);
    this.shift(card, list, next);
    this.commit(card);
  }

  /** "To do, position 5 of 101" */
  sentence(card, list = listOf(card)) {
    const position = [...list.children].indexOf(card) + 1;
    return t("{column}, position {position} of {total}", { column: this.board.nameOf(list), position, total: this.board.total(list) });
  }
}
