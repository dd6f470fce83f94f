/** The board element: its columns, what they count, and how one card on it is put in, changed and taken away. */
import { isPressed } from "../pressed.js";
import * as http from "../requests.js";
import { cardOf, cardsIn, idOf, isBeyond, isColumnOpen, laneOf, listOf, neighbour, parse, place, sentinelOf, versionOf, within } from "./place.js";

const TOTALS_PAUSE = 300;
const READ_AGAIN = 2_000; // after what failed

export class Board {
  constructor(root) {
    this.root = root;
    this.org = root.dataset.org;
    this.url = root.dataset.url;
    this.canEdit = root.dataset.canEdit === "true";
    /** What is shown, as a query; the filter form keeps it. */
    this.filters = new URLSearchParams();
    /** id -> why its content must stay as it is for now: it is being dragged, renamed … */
    this.busy = new Set();
    /** id -> newest version heard of, also of cards that are not shown: older HTML is stale. */
    this.heard = new Map();
    /** Called with each card that enters or leaves: `(card) => void`. */
    this.onEnter = () => {};
    this.onLeave = () => {};
    /** Called when somebody else's fact gave a shown card another place. */
    this.onFact = () => {};
    /** Called around drawing all columns anew: what the first returns is handed to the second. */
    this.beforeReplace = () => null;
    this.afterReplace = () => {};
    /** Whether a move of ours is shown that the server has not confirmed. */
    this.isMoving = () => false;
    /** Called when a card is in a lane that is not on the page yet. */
    this.onNewLane = () => {};
    /** Called when the board was laid in other lanes. */
    this.onLanes = () => {};
    /** Called after all columns were read again. */
    this.onRead = () => {};
    /** Where a card really is while a move of ours shows it elsewhere. */
    this.truthOf = () => undefined;
    this.totalsTimer = 0;
    this.totalsAsked = 0;
    this.totalsShown = 0; // which of them the headers show: answers may overtake each other
  }

  get lists() {
    return [...this.root.querySelectorAll("[data-column]")];
  }

  /** The list of a column; where there are lanes, in this one. */
  list(columnId, laneKey) {
    return this.root.querySelector(`[data-column="${Number(columnId)}"]${within(laneKey)}`);
  }

  /** Whether the lists are cells: columns that lanes lie across. */
  get isLaned() {
    return Boolean(this.root.dataset.lanes);
  }

  get lanes() {
    return [...this.root.querySelectorAll("[data-lane-key]")];
  }

  lane(key) {
    return this.root.querySelector(`[data-lane-key="${CSS.escape(key)}"]`);
  }

  /** What has one tab stop: each list that scrolls by itself, or each lane. */
  get groups() {
    return this.isLaned ? this.lanes : this.lists;
  }

  groupOf(card) {
    return this.isLaned ? laneOf(card) : listOf(card);
  }

  /** The lists beside this one, itself included. */
  rowOf(list) {
    return this.isLaned ? this.lists.filter((other) => other.dataset.lane === list.dataset.lane) : this.lists;
  }

  /** The lists above and below this one that can be seen, itself included. */
  stackOf(list) {
    if (this.isStacked) return this.lists;
    if (!this.isLaned) return [list];
    return this.lists.filter((other) => other.dataset.column === list.dataset.column && (laneOf(other).open || other === list));
  }

  /** Whether a card may be brought into a list: the workflow lets it, and so does the lane. */
  isOpenTo(list, card) {
    return isColumnOpen(list, card) && this.isLaneOpenTo(list, card);
  }

  /** Its own lane is open to a card, and so are those that take issues of its level. */
  isLaneOpenTo(list, card) {
    const { lane } = this.truthOf(idOf(card)) ?? card.dataset;
    return !this.isLaned || list.dataset.lane === lane || this.takes(laneOf(list), card);
  }

  /** Whether a lane takes a card that comes from another one. */
  takes(lane, card) {
    return lane.dataset.takes.split(" ").includes(card.dataset.level);
  }

  /** Whether the reader may change a card's issue. */
  mayChange() {
    return this.canEdit;
  }

  /** Whether several cards can be selected, and changed together. */
  get canSelect() {
    return this.canEdit;
  }

  /** The streams of the log that the page follows, each with how far it had come. */
  get streams() {
    return { [Number(this.root.dataset.stream)]: Number(this.root.dataset.seq) };
  }

  /** Whether what is shown is of several projects: without one of them the rest goes on. */
  get isAcross() {
    return false;
  }

  /** Called with all columns as they were read anew, when the page is equal to them. */
  onFresh() {}

  /** Called when the page has other streams to follow than before. */
  onStreams() {}

  /** Where it is said to which columns an issue may go, and why not to the others. */
  waysUrl(key) {
    return this.issueUrl(key, "ways/");
  }

  /** What of a card's data says that it is drawn alike, beside its place and its text. */
  get cardData() {
    return ["closed"];
  }

  /** What of a card's data says in which list it belongs; its rank says where. */
  get by() {
    return "status";
  }

  /** The list for whatever says where it belongs: a card's data, a fact or an answer. */
  listFor({ status, lane }) {
    const shows = (list) => list.dataset.statuses.split(" ").includes(String(status));
    return this.lists.find((list) => shows(list) && (!this.isLaned || list.dataset.lane === lane)) ?? null;
  }

  /** A card's place as its data, a fact or an answer says it; what that leaves out is left out. */
  placeIn(said) {
    const names = ["rank", this.by, ...(this.isLaned ? ["lane"] : [])].filter((name) => said[name] !== undefined);
    return Object.fromEntries(names.map((name) => [name, String(said[name])]));
  }

  /** What a card's data become in a list, its rank apart. */
  placeAt(list, card) {
    const statuses = list.dataset.statuses.split(" ");
    const status = statuses.includes(card.dataset.status) ? card.dataset.status : statuses[0];
    return this.isLaned ? { status, lane: list.dataset.lane } : { status };
  }

  /** Whether a card that moved is drawn anew: in a narrowed workflow only the server knows which columns are open to it. */
  get readsMoved() {
    return this.root.hasAttribute("data-narrowed");
  }

  /** Whether a fact about an issue that did not move can change what is counted: in heads, by filters, or by limits. */
  isCounted(event) {
    const counted = ["points", "assignee", "priority", "parent"];
    return this.isLaned || event.k !== "issue.edited" || [...this.filters.keys()].length > 0 || counted.some((name) => event.f?.includes(name));
  }

  /** Whether the lists stand one below the other, in one page that scrolls. */
  get isStacked() {
    return false;
  }

  /** What scrolls where the lists do not scroll themselves. */
  get scroller() {
    return this.root;
  }

  /** Called when the page is put together, with its parts. */
  onStart() {}

  /** Where selected cards are changed. */
  get bulkUrl() {
    return `${this.project}issues/bulk/`;
  }

  /** Address of the project that a form creates issues in. */
  projectFor() {
    return this.project;
  }

  /** Address of the project. */
  get project() {
    return `${this.url.split("/").slice(0, 3).join("/")}/`;
  }

  section(list) {
    return list.closest(".column");
  }

  nameOf(list) {
    return this.section(list).dataset.name;
  }

  /** Where the figures of a list's column are. */
  headOf(list) {
    return this.isLaned ? this.root.querySelector(`[data-head="${Number(list.dataset.column)}"]`) : this.section(list);
  }

  /** The name of a list's column alone. */
  columnOf(list) {
    return this.headOf(list).querySelector("h2").textContent;
  }

  issueUrl(key, rest = "") {
    return `/${this.org}/issue/${key}/${rest}`;
  }

  /** Address of a part of the board, with the filters that are on. */
  part(path, extra = {}) {
    const query = new URLSearchParams(this.filters);
    for (const [name, value] of Object.entries(extra)) query.set(name, value);
    const text = query.toString();
    return `${this.url}${path}${text ? `?${text}` : ""}`;
  }

  hear(id, version) {
    if (version && version > (this.heard.get(id) ?? 0)) this.heard.set(id, version);
  }

  isStale(card) {
    return versionOf(card) < (this.heard.get(idOf(card)) ?? 0);
  }

  /**
   * Show a card as the server rendered it: put in, or changed in place so that focus and scroll stay.
   * Returns false when the content had to wait because the card is being worked on.
   */
  show(fresh, { keep = false } = {}) {
    const id = idOf(fresh);
    const shown = cardOf(id);
    const list = this.listFor(fresh.dataset);
    this.hear(id, versionOf(fresh));
    if (!list) {
      if (this.isLaned && !this.lane(fresh.dataset.lane) && !this.root.hasAttribute("data-lanes-left")) this.onNewLane();
      if (shown) this.remove(shown);
      return true;
    }
    if (shown && versionOf(shown) > versionOf(fresh)) return true;
    if (shown) return this.renew(shown, fresh, { keep });
    if (isBeyond(list, fresh.dataset.rank) && !keep) return true;
    this.onEnter(fresh);
    place(list, fresh);
    return true;
  }

  renew(shown, fresh, { keep }) {
    const isBusy = this.busy.has(idOf(fresh)) || isPressed(shown);
    const truth = this.truthOf(idOf(fresh));
    const said = this.placeIn(fresh.dataset);
    const isAway = truth && Object.keys(said).every((name) => truth[name] === said[name]); // our own move still shows it elsewhere
    const goal = isAway ? this.placeIn(shown.dataset) : said;
    if (!isBusy) this.patch(shown, fresh);
    Object.assign(shown.dataset, goal);
    if (isAway) return !isBusy;
    this.onFact(shown);
    this.settle(shown, { keep });
    return !isBusy;
  }

  /** Give a shown card new content, keeping the element itself. */
  patch(shown, fresh) {
    const hadFocus = shown.contains(document.activeElement);
    const kept = ["tabindex"];
    const state = ["pending", "lifted", "source"].filter((name) => shown.classList.contains(name));
    for (const name of shown.getAttributeNames()) if (!kept.includes(name) && !fresh.hasAttribute(name)) shown.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (!kept.includes(name)) shown.setAttribute(name, value);
    shown.classList.add(...state);
    shown.replaceChildren(...fresh.childNodes);
    this.onEnter(shown);
    if (hadFocus && !shown.contains(document.activeElement)) shown.focus({ preventScroll: true });
  }

  /** Bring a card to the column and place that its data name; behind the loaded part it is only counted. */
  settle(card, { keep = false } = {}) {
    const list = this.listFor(card.dataset);
    if (!list) {
      this.remove(card);
      return;
    }
    if (isBeyond(list, card.dataset.rank) && !keep && !this.busy.has(idOf(card))) {
      this.remove(card);
      return;
    }
    place(list, card);
  }

  /** Take a card away; if it had the focus, its neighbour gets it. */
  remove(card) {
    const heir = neighbour(card, 1) ?? neighbour(card, -1);
    const hadFocus = card.contains(document.activeElement);
    this.onLeave(card, heir);
    card.remove();
    if (hadFocus) (heir ?? this.root).focus({ preventScroll: true });
  }

  /** Change a column's header by what just moved; the server's own figures follow. */
  count(list, step) {
    if (this.isLaned) {
      list.dataset.total = this.total(list) + step;
      const total = laneOf(list).querySelector("[data-total]");
      showFigure(total, Number(total.dataset.total) + step);
    }
    const head = this.headOf(list);
    const wip = head.querySelector("[data-wip-limit]");
    // A limit in points waits for the server's figures: a card does not say its estimate in a way to count with.
    const inside = wip && Number(wip.querySelector("[data-wip-count]").textContent) + (wip.dataset.wipUnit === "points" ? 0 : step);
    const count = Number(head.querySelector("[data-total]").dataset.total) + step;
    this.showTotal(head, { count, inside: inside ?? 0 });
  }

  total(list) {
    return Number((this.isLaned ? list : this.section(list).querySelector("[data-total]")).dataset.total);
  }

  /** `count` matches the filters; `inside`, which the limit is about, is everything in the column or lane. */
  showTotal(head, { count, inside, points }) {
    showFigure(head.querySelector("[data-total]"), count);
    const sum = head.querySelector("[data-points]");
    if (points !== undefined) {
      sum.hidden = !points;
      sum.querySelector("[data-points-value]").textContent = new Intl.NumberFormat(document.documentElement.lang).format(points);
    }
    const wip = head.querySelector("[data-wip-limit]");
    if (wip) {
      const limit = Number(wip.dataset.wipLimit);
      wip.querySelector("[data-wip-count]").textContent = inside;
      wip.dataset.state = inside > limit ? "over" : inside === limit ? "full" : "ok";
    }
  }

  /** Ask for the true totals soon; many changes at once ask once. What changes while an answer is on its way asks anew. */
  recount(pause = TOTALS_PAUSE) {
    if (this.totalsTimer) return;
    this.totalsTimer = setTimeout(async () => {
      this.totalsTimer = 0;
      if (this.isMoving()) { // the server does not know yet what the headers already show
        this.recount();
        return;
      }
      this.totalsAsked += 1;
      const asked = this.totalsAsked;
      const answer = await http.follow(this.part("totals/"));
      if (http.isPassing(answer)) this.recount(READ_AGAIN);
      if (!answer.ok || asked < this.totalsShown) return;
      if (this.isMoving()) {
        this.recount();
        return;
      }
      this.totalsShown = asked;
      this.showTotals(answer);
    }, pause);
  }

  showTotals(answer) {
    const totals = answer.json();
    for (const [column, total] of Object.entries(totals.columns)) {
      const list = this.list(column);
      if (list) this.showTotal(this.headOf(list), total);
    }
    const reached = document.querySelector("[data-reached]");
    if (reached && reached.innerHTML.trim() !== totals.reached.trim()) reached.innerHTML = totals.reached;
    this.showLanes(totals);
    showProgress(totals.progress);
  }

  /** The figures of lanes and cells. */
  showLanes({ lanes, cells }) {
    for (const lane of this.lanes) this.showTotal(lane, { count: 0, points: 0, inside: 0, ...lanes[lane.dataset.laneKey] });
    if (this.isLaned) for (const list of this.lists) list.dataset.total = cells[`${list.dataset.column} ${list.dataset.lane}`] ?? 0;
  }

  /** Load the next cards of a column; true when there were any. */
  async more(list) {
    const sentinel = sentinelOf(list);
    if (!sentinel || sentinel.hasAttribute("aria-busy")) return false;
    sentinel.setAttribute("aria-busy", "true");
    const answer = await http.follow(sentinel.dataset.more);
    if (!answer.ok || !sentinel.isConnected) {
      sentinel.removeAttribute("aria-busy");
      sentinel.dispatchEvent(new CustomEvent("more-failed", { bubbles: true }));
      return false;
    }
    const elements = parse(answer.text);
    const next = elements.find((element) => element.hasAttribute("data-more"));
    const cards = elements.filter((element) => element.classList.contains("card"));
    if (next) sentinel.replaceWith(next);
    else sentinel.remove();
    const stale = [];
    for (const card of cards) {
      if (this.isStale(card)) stale.push(idOf(card));
      else this.show(card);
    }
    this.onMore(list, stale);
    return cards.length > 0;
  }

  /** Called after a column grew, with the ids that changed while it was read. */
  onMore() {}
}

function showFigure(element, figure) {
  element.dataset.total = figure;
  element.textContent = new Intl.NumberFormat(document.documentElement.lang).format(figure);
}

/** How much of the sprint is done, as the server words it. */
function showProgress({ done, total, text }) {
  const place = document.querySelector("[data-progress]");
  if (!place) return;
  const bar = place.querySelector("progress");
  bar.max = total || 1;
  bar.value = done;
  bar.title = text;
  bar.ariaLabel = text;
  place.querySelector("[data-progress-text]").textContent = text;
}
