/** What one can do with a card besides dragging it: its menu, the "Move to…" dialog, and the keys for the same. */
import { copyOf } from "../issue/names.js";
import { openMenu } from "../menus.js";
import * as http from "../requests.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";
import { cardOf, cardsIn, goneOf, idOf, isColumnOpen, laneOf, listOf } from "./place.js";

const CHANGES = ["rename", "move", "mine", "archive", "delete"].map((name) => `[data-do=${name}]`).join();

const isControl = (element) => element.closest("button, input, textarea, select, a:not(.title)") !== null;

export class Actions {
  constructor({ board, live, moves, together, openPanel }) {
    Object.assign(this, { board, live, moves, together, openPanel });
    this.menu = document.getElementById("card-menu");
    this.dialog = document.getElementById("move-dialog");
    this.rename = () => {};
    board.root.addEventListener("click", (event) => this.click(event));
    for (const name of ["mousedown", "auxclick"]) board.root.addEventListener(name, (event) => this.middle(event));
    this.menu.addEventListener("click", (event) => this.choose(event));
    this.menu.addEventListener("toggle", (event) => { if (event.newState === "closed") this.closed(); });
    this.dialog?.querySelector("form").addEventListener("submit", (event) => this.moveTo(event));
    for (const name of ["column", "lane"]) this.dialog?.querySelector(`[name=${name}]`)?.addEventListener("change", () => this.offerPlaces());
  }

  click(event) {
    const button = event.target.closest("[data-card-menu]");
    const card = event.target.closest(".card");
    if (button) {
      this.openMenu(card, button);
      return;
    }
    if (!card || isControl(event.target) || event.detail > 1) return;
    if (event.ctrlKey || event.metaKey) this.openTab(event, card);
    else if (!event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.open(card);
    }
  }

  /** The whole card is a link, not its title alone: the middle button opens a tab wherever it is pressed. */
  middle(event) {
    const card = event.target.closest(".card");
    if (!card || event.button !== 1 || isControl(event.target)) return;
    if (event.type === "mousedown") event.preventDefault(); // else the column would begin to scroll by itself
    else this.openTab(event, card);
  }

  openTab(event, card) {
    if (event.target.closest("a")) return; // the browser does it
    window.open(this.board.issueUrl(card.dataset.issueKey), "_blank", "noopener");
  }

  open(card) {
    this.openPanel(card.dataset.issueKey, card);
    return true;
  }

  openMenu(card, button = card.querySelector("[data-card-menu]")) {
    if (this.menu.matches(":popover-open")) {
      this.menu.hidePopover();
      return true;
    }
    this.card = card;
    this.button = button;
    this.menu.querySelector("[data-do=open]").href = this.board.issueUrl(card.dataset.issueKey);
    const isFixed = this.board.canEdit && !this.board.mayChange(card);
    for (const item of this.menu.querySelectorAll(CHANGES)) item.hidden = isFixed;
    openMenu(this.menu, button);
    return true;
  }

  /** The button gets the focus back from the menu; the board's tab stop is the card around it. */
  closed() {
    if (document.activeElement === this.button) this.button.closest(".card")?.focus({ preventScroll: true });
  }

  choose(event) {
    const item = event.target.closest("[data-do]");
    if (!item) return;
    const { card } = this;
    event.preventDefault();
    if (!card.isConnected) {
      toast({ text: t("{key} is no longer here.", { key: card.dataset.issueKey }) });
      return;
    }
    const name = item.dataset.do;
    if (name === "open") this.open(card);
    else if (name === "rename") this.rename(card);
    else if (name === "move") this.askWhere(card);
    else if (name === "mine") this.assignToMe(card);
    else if (name === "copy") this.copy(card, item.dataset.what);
    else if (name === "archive" || name === "delete") this.putAway(card, name);
  }

  copy(card, what) {
    const key = card.dataset.issueKey;
    copyOf(what, { key, title: card.querySelector(".title").textContent.trim(), address: this.board.issueUrl(key) });
  }

  async assignToMe(card) {
    if (!this.board.mayChange(card)) return false;
    const key = card.dataset.issueKey;
    const answer = await http.post(this.board.issueUrl(key, "edit/"), {
      field: "assignee", value: this.board.root.dataset.user, version: card.dataset.v, op: http.newOp(),
    });
    this.live.read(idOf(card));
    if (answer.ok) announce(t("{key} is yours.", { key }));
    else toast({ error: true, text: http.reason(answer, t("{key} could not be assigned.", { key })) });
    return true;
  }

  /** Archive or delete: done at once, undone by the toast instead of a question before. */
  async putAway(card, name) {
    const key = card.dataset.issueKey;
    const op = http.newOp();
    this.live.expect(op, () => true);
    const step = this.moves.begin();
    const answer = await http.post(this.board.issueUrl(key, `${name}/`), { op });
    if (!answer.ok) {
      this.live.forget(op);
      step.drop();
      toast({ error: true, text: http.reason(answer, t("{key} could not be changed.", { key })) });
      return;
    }
    const shown = cardOf(idOf(card));
    if (shown) {
      this.board.count(listOf(shown), -1);
      this.board.remove(shown);
    }
    this.board.recount();
    const undo = step.keep(() => this.bringBack(key, idOf(card)));
    toast({
      text: name === "archive" ? t("{key} archived", { key }) : goneOf(answer) ?? t("{key} deleted", { key }),
      action: { label: t("Undo"), run: undo },
    });
  }

  async bringBack(key, id) {
    const answer = await http.post(this.board.issueUrl(key, "restore/"), { op: http.newOp() });
    if (answer.ok) {
      this.live.read(id);
      this.board.recount();
    } else toast({ error: true, text: http.reason(answer, t("{key} could not be brought back.", { key })) });
  }

  /** Moving without dragging: a column and a place, chosen from lists. */
  askWhere(card) {
    if (!this.board.mayChange(card)) return false;
    this.card = card;
    const { dialog } = this;
    const cards = this.together.with(card);
    dialog.querySelector("[data-key]").textContent = cards.length > 1 ? t("{count} selected", { count: cards.length }) : card.dataset.issueKey;
    const column = dialog.querySelector("[name=column]");
    const here = listOf(card);
    column.replaceChildren(...this.board.rowOf(here).map((list) => new Option(this.board.columnOf(list), list.dataset.column)));
    for (const option of column.options) option.disabled = cards.some((each) => !isColumnOpen(this.board.list(option.value), each));
    column.value = here.dataset.column;
    if (this.dialog.querySelector("[name=lane]")) this.offerLanes(cards, here);
    const why = dialog.querySelector("[data-why]");
    why.hidden = !card.dataset.closed;
    why.href = this.board.waysUrl(card.dataset.issueKey);
    this.offerPlaces();
    dialog.showModal();
    return true;
  }

  offerLanes(cards, here) {
    const lane = this.dialog.querySelector("[name=lane]");
    lane.closest("[data-lane-field]").hidden = !this.board.isLaned;
    lane.replaceChildren(...this.board.lanes.map((each) => new Option(each.dataset.name, each.dataset.laneKey)));
    const closed = [...lane.options].filter((option) => {
      const list = this.board.list(here.dataset.column, option.value);
      option.disabled = cards.some((card) => !this.board.isLaneOpenTo(list, card));
      return option.disabled;
    });
    const rules = new Set(closed.map((option) => this.board.lane(option.value).dataset.rule));
    this.dialog.querySelector("[data-lane-rule]").textContent = [...rules].join(" ");
    if (this.board.isLaned) lane.value = here.dataset.lane;
  }

  /** The list that the dialog says. */
  get wanted() {
    const { column, lane } = this.dialog.querySelector("form").elements;
    return this.board.list(column.value, this.board.isLaned ? lane.value : undefined);
  }

  offerPlaces() {
    const list = this.wanted;
    const after = this.dialog.querySelector("[data-after]");
    const moving = this.together.with(this.card);
    const others = (list ? cardsIn(list) : []).filter((card) => !moving.includes(card)); // a column may have gone meanwhile
    after.replaceChildren(...others.map((card) => {
      const title = card.querySelector(".title").textContent.trim();
      return new Option(`${card.dataset.issueKey} ${title}`, idOf(card));
    }));
    after.hidden = others.length === 0;
  }

  moveTo(event) {
    event.preventDefault();
    const form = event.target;
    this.dialog.close();
    const card = cardOf(idOf(this.card));
    const list = this.wanted;
    if (!card || !list) { // gone while somebody chose
      toast({ error: true, text: t("{key} could not be moved.", { key: this.card.dataset.issueKey }) });
      return;
    }
    const place = form.elements.place.value;
    const cards = this.together.with(card);
    const others = cardsIn(list).filter((other) => !cards.includes(other));
    let next = null;
    if (place === "top") next = others[0] ?? null;
    else if (place !== "bottom") {
      const previous = cardOf(Number(place));
      next = previous && listOf(previous) === list ? others[others.indexOf(previous) + 1] ?? null : null;
    }
    if (this.board.isLaned) laneOf(list).open = true; // the card is where the eye follows it
    this.together.bring(cards, list, next);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/** Dropped where the workflow, or the lane, does not let it in: it stays, and the toast says the rule or leads to it. */
export function sayWhereItMayGo(board, card, list) {
  const key = card.dataset.issueKey;
  const text = t("{key} cannot go to {column} from here.", { key, column: board.nameOf(list) });
  if (!board.isLaneOpenTo(list, card)) {
    toast({ error: true, text: `${text} ${laneOf(list).dataset.rule}` });
    return;
  }
  toast({ error: true, text, action: { label: t("Why?"), run: () => { location.href = board.waysUrl(key); } } });
}
