/** Several selected cards moved at once: shown at once, sent as one move, taken back as one. */
import { takeBack } from "../bulk/bar.js";
import * as http from "../requests.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";
import { cardOf, cardsIn, idOf, place } from "./place.js";

const STAY = 10_000;

export class Together {
  constructor({ board, live, moves, selection, onDone }) {
    Object.assign(this, { board, live, moves, selection, onDone });
  }

  /** The cards that go along when this one is moved, in the order of the board. */
  with(card) {
    return this.selection?.has(card) && this.selection.size > 1 ? this.selection.elements : [card];
  }

  /** The first of these cards that the workflow, or the lane, does not let into a list. */
  refused(cards, list) {
    return cards.find((card) => !this.board.isOpenTo(list, card));
  }

  /** Whether a card that goes there gets another lane, and with it more than a status. */
  changesLane(card, list) {
    return (this.moves.truthOf(idOf(card)) ?? card.dataset).lane !== list.dataset.lane;
  }

  /** Move one card or several: what changes more than one card's status is one edit of them all. */
  bring(cards, list, next) {
    if (cards.length > 1 || this.changesLane(cards[0], list)) this.move(cards, list, next);
    else this.moves.move(cards[0], list, next);
  }

  /** Move cards before another one (null: to the end of what is loaded). */
  move(cards, list, next) {
    const others = cardsIn(list).filter((card) => !cards.includes(card));
    const previous = others[(next ? others.indexOf(next) : others.length) - 1] ?? null;
    for (const card of cards) {
      this.moves.hold(card);
      this.moves.shift(card, list, next);
      card.classList.add("pending");
    }
    const data = new FormData();
    data.set("issue", cards.map(idOf).join(","));
    data.set("column", list.dataset.column);
    if (this.board.isLaned) data.set("lane", list.dataset.lane);
    if (previous) data.set("after", idOf(previous));
    if (next) data.set("before", idOf(next));
    const op = http.newOp();
    data.set("op", op);
    this.live.expect(op, () => true); // shown from the answer
    announce(this.said(cards, list));
    const step = this.moves.begin();
    this.moves.inTurn(() => this.post({ cards, list, data, op, step }));
  }

  said(cards, list) {
    const column = this.board.nameOf(list);
    if (cards.length > 1) return t("{count} issues moved to {column}", { count: cards.length, column });
    return t("{key} moved to {column}", { key: cards[0].dataset.issueKey, column });
  }

  async post({ cards, list, data, op, step }) {
    const answer = await http.post(this.board.part("move-many/"), data);
    if (!answer.ok) {
      this.live.forget(op);
      step.drop();
      for (const card of cards) {
        card.classList.remove("pending");
        if (card.isConnected && !this.moves.isInHand(idOf(card))) this.moves.restore(card);
        this.live.read(idOf(card)); // or was it stored, and only the answer lost?
      }
      toast({ error: true, text: http.reason(answer, t("The selected issues could not be changed.")) });
      return;
    }
    const { ids, cards: said } = answer.json();
    for (const truth of said) this.settle(truth);
    this.onDone(ids);
    if (!ids.length) {
      step.drop();
      return;
    }
    const undo = step.keep(() => takeBack({ url: this.board.bulkUrl, op, ids, onDone: this.onDone }));
    toast({
      text: this.said(cards, list),
      action: { label: t("Undo"), run: undo },
      stay: STAY,
    });
  }

  /** Where the server put a card. */
  settle(truth) {
    const isInHand = this.moves.answered(truth.id, this.board.placeIn(truth));
    this.board.hear(truth.id, truth.v);
    const card = cardOf(truth.id);
    if (!card) return;
    card.classList.remove("pending");
    if (isInHand) return;
    Object.assign(card.dataset, this.board.placeIn(truth));
    const list = this.board.listFor(card.dataset);
    if (list) place(list, card);
    else this.board.remove(card);
  }
}
