/** Facts of the log, applied to the board. Moves need no HTML; everything else is read in one partial per burst. */
import { RELEASED } from "../pressed.js";
import * as http from "../requests.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";
import { cardOf, cardsIn, idOf, listOf, parse, sentinelOf, versionOf } from "./place.js";
import { reconcile } from "./reconcile.js";

const BURST = 15;
const MOST_IDS = 100;
const PAUSE = 2_000; // before what failed is read again

export class Live {
  constructor(board) {
    this.board = board;
    this.wanted = new Set();
    this.waiting = new Set(); // changed while busy
    this.timer = 0;
    this.isReading = false;
    this.held = null; // facts that arrive while the whole board is being read
    this.reading = null; // done when the whole board is as it was asked for last
    this.ops = new Map(); // op -> what to do when the log confirms it
    this.configuration = 0;
    document.addEventListener(RELEASED, () => { for (const id of this.waiting) if (!board.busy.has(id)) this.release(id); });
  }

  /** Wait for the log to confirm an operation of ours. */
  expect(op, confirm) {
    this.ops.set(op, confirm);
  }

  forget(op) {
    this.ops.delete(op);
  }

  apply(event) {
    if (this.held) {
      this.held.push(event);
      return;
    }
    if (event.k === "issue.moved" && this.board.readsMoved) this.read(event.id);
    for (const id of event.ids ?? [event.id]) if (id) this.readBlocked(id);
    if (this.board.isLaned) this.followLanes(event);
    const confirm = event.op && this.ops.get(event.op);
    if (confirm) {
      this.ops.delete(event.op);
      this.board.hear(event.id, event.v);
      this.board.recount();
      if (confirm(event)) return;
    }
    const [area, what] = event.k.split(".");
    if (event.k === "project.key_changed") sayThatTheKeyChanged();
    if (area === "project" || area === "board") this.reconfigure();
    else if (area === "issues") this.changedMany(event);
    else if (area === "issue" && what === "moved") this.moved(event);
    else if ((area === "issue" && what !== "watched") || area === "comment") this.changed(event);
  }

  /** What this issue blocks may be free now, or blocked again. */
  readBlocked(id) {
    for (const card of this.board.root.querySelectorAll(`.card[data-blockers~="${Number(id)}"]`)) this.read(idOf(card));
  }

  /** An issue that a lane stands for looks different, or went elsewhere and takes its sub-tasks along. */
  followLanes(event) {
    const { board } = this;
    for (const id of event.ids ?? [event.id]) {
      if (["epic", "parent"].some((by) => board.lane(`${by}-${id}`))) this.reconfigure();
      if (event.f?.includes("parent")) for (const card of board.root.querySelectorAll(`.card[data-parent="${Number(id)}"]`)) this.read(idOf(card));
    }
  }

  moved(event) {
    const { board } = this;
    const card = cardOf(event.id);
    board.recount();
    if (card) {
      if (event.v <= versionOf(card)) return;
      board.hear(event.id, event.v);
      const from = listOf(card);
      card.dataset.v = event.v;
      Object.assign(card.dataset, board.placeIn(event));
      board.onFact(card, event);
      board.settle(card);
      const to = board.listFor(card.dataset);
      if (to !== from) {
        board.count(from, -1);
        if (to) board.count(to, 1);
        card.querySelector(".age")?.remove(); // it has only just come here
      }
      return;
    }
    if (event.v && event.v <= (board.heard.get(event.id) ?? 0)) return;
    board.hear(event.id, event.v);
    if (event.status === undefined || event.rank === undefined || board.isLaned) {
      this.read(event.id); // a fact says nothing of lanes
      return;
    }
    const list = board.listFor(event);
    const sentinel = list && sentinelOf(list);
    if (list && !(sentinel && event.rank > sentinel.dataset.after)) this.read(event.id);
  }

  changed(event) {
    const { board } = this;
    const card = cardOf(event.id);
    if (event.k === "issue.deleted" || event.k === "issue.archived") {
      board.hear(event.id, event.v);
      if (card) {
        board.count(listOf(card), -1);
        board.remove(card);
      }
      board.recount();
      return;
    }
    const isKnown = card && event.v && event.k === "issue.edited" && event.v <= versionOf(card);
    if (isKnown) return;
    if (event.id === undefined) return;
    board.hear(event.id, event.v);
    if (board.isCounted(event)) board.recount();
    if (event.k.startsWith("comment.") && !card) return;
    this.read(event.issue ?? event.id);
  }

  /** Many issues were changed at once: a few are read one by one, more of them with the whole board. */
  changedMany(event) {
    if (event.ids?.length) for (const id of event.ids) this.read(id);
    else this.reconfigure();
    this.board.recount();
  }

  /** Columns, names or people changed: everything may look different. One reading for a burst of such facts. */
  reconfigure() {
    clearTimeout(this.configuration);
    this.configuration = setTimeout(() => this.refetch(), 10 * BURST);
  }

  /** Read this card soon, together with the others of the same burst. */
  read(id) {
    this.wanted.add(id);
    if (!this.timer && !this.isReading) this.timer = setTimeout(() => this.readWanted(), BURST);
  }

  /** A card is free again: show what was kept back. */
  release(id) {
    this.board.busy.delete(id);
    if (this.waiting.delete(id)) this.read(id);
  }

  async readWanted() {
    this.timer = 0;
    const ids = [...this.wanted].slice(0, MOST_IDS);
    for (const id of ids) this.wanted.delete(id);
    this.isReading = true;
    const answer = await http.follow(this.board.part("cards/", { ids: ids.join(",") }));
    this.isReading = false;
    if (answer.ok) this.received(ids, parse(answer.text));
    else if (http.isPassing(answer)) for (const id of ids) this.wanted.add(id);
    if (this.wanted.size) this.timer = setTimeout(() => this.readWanted(), answer.ok ? BURST : PAUSE);
  }

  received(ids, cards) {
    const { board } = this;
    const missing = new Set(ids);
    for (const card of cards) {
      const id = idOf(card);
      missing.delete(id);
      if (board.isStale(card)) this.wanted.add(id);
      else if (!board.show(card)) this.waiting.add(id);
    }
    for (const id of missing) {
      const card = cardOf(id);
      if (card) board.remove(card);
    }
  }

  /**
   * Read the whole board again and make the page equal to it. Facts that arrive meanwhile are applied after it:
   * the answer may be older than they are. What is asked for meanwhile is read after it, and waited for by both. `read` is
   * `http.get` where the reader asked for it.
   */
  refetch(read = http.follow) {
    if (this.held) this.again = true;
    else this.reading = this.readAll(read);
    return this.reading;
  }

  async readAll(read) {
    this.held = [];
    const depth = new Map(this.board.lists.map((list) => [nameOf(list), this.board.isLaned ? cardsIn(list).length : depthOf(list)]));
    const answer = await read(this.board.part(""));
    if (answer.ok) {
      const [fresh] = parse(answer.text).filter((element) => element.matches("[data-columns]"));
      if (fresh) {
        await this.extend(fresh, depth);
        reconcile(this.board, fresh);
        this.board.onFresh(fresh);
      }
    }
    const facts = this.held;
    this.held = null;
    for (const event of facts) this.apply(event);
    this.board.onRead();
    if (answer.status === 404) toast({ error: true, text: t("This is gone: it was deleted, or is no longer shared with you.") });
    if (!answer.ok && http.isPassing(answer)) setTimeout(() => this.refetch(), PAUSE);
    if (this.again) {
      this.again = false;
      await this.refetch();
    }
  }

  /** Add pages to freshly read columns until they reach as deep as the reader has scrolled. */
  async extend(fresh, depth) {
    for (const list of fresh.querySelectorAll("[data-column]")) {
      let sentinel = sentinelOf(list);
      while (sentinel && list.querySelectorAll(".card").length < (depth.get(nameOf(list)) ?? 0)) {
        const answer = await http.follow(sentinel.dataset.more);
        if (!answer.ok) break;
        sentinel.remove();
        list.append(...parse(answer.text));
        sentinel = sentinelOf(list);
      }
    }
  }
}

/** The page goes on working, since the old key leads on; its own links are right again after a reload. */
function sayThatTheKeyChanged() {
  toast({ text: t("This project has another key now."), action: { label: t("Reload"), run: () => location.reload() }, stay: 60_000 });
}

const nameOf = ({ dataset }) => `${dataset.column} ${dataset.lane ?? ""}`;

/** How many cards of a column the reader has gone past, the ones in view included. */
function depthOf(list) {
  const bottom = Math.min(list.getBoundingClientRect().bottom, innerHeight);
  const cards = [...list.querySelectorAll(".card")];
  return cards.filter((card) => card.getBoundingClientRect().top < bottom).length;
}
