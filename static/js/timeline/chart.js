/** The picture: where bars stand before the server has drawn them anew, arrows between them, and what is folded. */
import { ends } from "./days.js";

const SVG = "http://www.w3.org/2000/svg";
const NARROWEST = 8; // as apps/sprints/scale.py
const BEND = 8;

export const datesOf = (row) => ({ start: row.dataset.start, due: row.dataset.due });

export class Chart {
  constructor(root) {
    this.root = root;
    this.dayWidth = Number(root.dataset.day);
    this.first = Date.parse(`${root.dataset.first}T00:00Z`) / 86_400_000;
    this.place = `flowboard:folded:${root.dataset.url}`;
    this.folded = new Set(JSON.parse(sessionStorage.getItem(this.place) ?? "[]"));
    this.frame = 0;
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-fold]");
      if (button) this.fold(button.closest(".line"), button.getAttribute("aria-expanded") === "true");
    });
    new ResizeObserver(() => this.drawSoon()).observe(root);
  }

  get lines() {
    return [...this.root.querySelectorAll(".line")];
  }

  get nameWidth() {
    return this.root.querySelector("thead .name")?.offsetWidth ?? 0;
  }

  row(id) {
    return document.getElementById(`line-${id}`);
  }

  /** Show a bar where it would stand. */
  show(row, dates) {
    const bar = row.querySelector("[data-bar]");
    if (!bar) return;
    const [first, last] = ends(dates);
    const x = (first - this.first) * this.dayWidth;
    const width = Math.max((last - first + 1) * this.dayWidth, NARROWEST);
    const put = (selector, attributes) => {
      for (const element of bar.querySelectorAll(selector)) for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    };
    put(".fill", { x, width });
    put(".hit", { x: x - 9, width: width + 18 });
    put("[data-grip=start]", { x: x - 9 });
    put("[data-grip=due]", { x: x + width - 1 });
    put(".inside", { x, width: Math.max(width - 4, 0) });
    row.querySelector(".said")?.setAttribute("x", x + width + 14);
    this.drawSoon();
  }

  fold(row, isFolded) {
    const id = row.dataset.issueId;
    if (isFolded) this.folded.add(id);
    else this.folded.delete(id);
    sessionStorage.setItem(this.place, JSON.stringify([...this.folded]));
    this.refold();
  }

  /** Hide what is in a folded line, whatever came since. */
  refold() {
    const hidden = new Set();
    for (const row of this.lines) { // parents come before their children
      const { issueId, parent } = row.dataset;
      row.hidden = parent !== "" && (this.folded.has(parent) || hidden.has(parent));
      if (row.hidden) hidden.add(issueId);
      row.querySelector("[data-fold]")?.setAttribute("aria-expanded", String(!this.folded.has(issueId)));
    }
    this.drawSoon();
  }

  drawSoon() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** Arrows from the end of what blocks to the start of what is blocked, where both are in sight. */
  draw() {
    const canvas = this.root.querySelector(".arrows");
    if (!canvas || getComputedStyle(canvas).display === "none") return;
    const top = canvas.getBoundingClientRect().top;
    const spots = new Map();
    const spot = (row) => {
      const fill = row && !row.hidden ? row.querySelector("[data-bar] .fill") : null;
      if (!fill) return null;
      if (!spots.has(row)) {
        const box = row.getBoundingClientRect();
        const x = Number(fill.getAttribute("x"));
        spots.set(row, { left: x, right: x + Number(fill.getAttribute("width")), y: box.top - top + box.height / 2, half: box.height / 2 });
      }
      return spots.get(row);
    };
    const paths = [];
    for (const row of this.root.querySelectorAll('.line:not([data-blockers=""])')) {
      const to = spot(row);
      const early = row.dataset.early.split(",");
      for (const id of to ? row.dataset.blockers.split(",") : []) {
        const from = spot(this.row(id));
        if (from) paths.push(arrow(from, to, early.includes(id)));
      }
    }
    for (const old of canvas.querySelectorAll(":scope > path")) old.remove();
    canvas.append(...paths);
  }
}

function arrow(from, to, isEarly) {
  const path = document.createElementNS(SVG, "path");
  const way = to.left - from.right >= 2 * BEND
    ? `H${from.right + BEND} V${to.y}`
    : `h${BEND} V${to.y > from.y ? to.y - to.half : to.y + to.half} H${to.left - BEND} V${to.y}`;
  path.setAttribute("d", `M${from.right} ${from.y} ${way} H${to.left - 1}`);
  path.setAttribute("marker-end", isEarly ? "url(#arrow-early)" : "url(#arrow)");
  if (isEarly) path.setAttribute("class", "early");
  return path;
}
