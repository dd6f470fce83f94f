/** A board over several projects: what it does differently, and its page. */
import { Board } from "./board.js";
import { startBoard } from "./page.js";

/** `12:7 15:0`: streams and how far each had come, or projects and where their cards land. */
const pairs = (text) => text.split(" ").filter(Boolean).map((pair) => pair.split(":"));

/** What the server drew, where that differs from what is there. */
function drawAnew(place, html) {
  if (place.innerHTML.trim() !== html) place.innerHTML = html;
}

class Across extends Board {
  /** The reader may be somebody who moves cards in one project and only looks on in another. */
  mayChange(card) {
    return this.canEdit && card.dataset.fixed === undefined;
  }

  get isAcross() {
    return true;
  }

  get streams() {
    return Object.fromEntries(pairs(this.root.dataset.streams));
  }

  get cardData() {
    return ["closed", "fixed"];
  }

  get bulkUrl() {
    return `${this.url}bulk/`;
  }

  projectFor(form) {
    const { project } = form.elements;
    return `/${this.org}/${(project.selectedOptions?.[0] ?? project).dataset.key}/`;
  }

  waysUrl(key) {
    return `${this.url}ways/${key}/`;
  }

  /** A card that comes into a column gets its own project's status there; which of several, the server says. */
  placeAt(list, card) {
    const { status, project } = card.dataset;
    const lane = this.isLaned ? { lane: list.dataset.lane } : {};
    if (list.dataset.statuses.split(" ").includes(status)) return { status, ...lane };
    const [, landing] = pairs(list.dataset.landings).find(([id]) => id === project) ?? [];
    return { status: landing ?? status, ...lane };
  }

  /** Somebody gets issues of the projects that they work in. */
  takes(lane, card) {
    return super.takes(lane, card) && (lane.dataset.within === undefined || lane.dataset.within.split(" ").includes(card.dataset.project));
  }

  /** There is no sprint whose progress could be shown: there may be one for each project. */
  showTotals(answer) {
    const totals = answer.json();
    this.showLanes(totals);
    for (const lane of this.lanes) drawAnew(lane.querySelector("[data-limits]"), totals.lanes[lane.dataset.laneKey]?.limits ?? "");
    drawAnew(document.querySelector("[data-reached]"), totals.reached.trim());
    for (const [column, { count, points, limits }] of Object.entries(totals.columns)) {
      const list = this.list(column);
      if (!list) continue;
      const head = this.headOf(list);
      this.showTotal(head, { count, points });
      drawAnew(head.querySelector("[data-limits]"), limits);
    }
  }

  onFresh(fresh) {
    this.recount(); // who is at a limit stands beside the filters
    const known = Object.keys(this.streams);
    const read = pairs(fresh.dataset.streams).map(([stream]) => stream);
    if (known.length === read.length && known.every((stream) => read.includes(stream))) return;
    this.root.dataset.streams = fresh.dataset.streams;
    this.onStreams();
  }
}

startBoard(new Across(document.querySelector("[data-board]")), { place: "" });
