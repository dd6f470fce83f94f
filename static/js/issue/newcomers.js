/** Issues that others create while a list is open: counted above it, and in it once the reader asks for them. */
import * as http from "../requests.js";
import { t } from "../text.js";

const BURST = 60;
const NEWEST_FIRST = ["-updated", "-key"];

export class Newcomers {
  /**
   * @param {object} options
   * @param {HTMLElement} options.line where they are counted
   * @param {string} options.rows address that gives rows by id
   * @param {string} options.home address of the list, with its filters
   * @param {(id: number) => boolean} options.isShown
   * @param {() => void} options.onShow reads the list again
   */
  constructor({ line, rows, home, isShown, onShow }) {
    Object.assign(this, { line, rows, isShown, onShow });
    this.query = new URL(home, location.origin).searchParams;
    this.ids = new Set(); // what the filters let through and no row shows
    this.asked = new Set();
    this.timer = 0;
    line.addEventListener("click", (event) => this.show(event));
  }

  add(id) {
    this.asked.add(id);
    this.timer ||= setTimeout(() => this.ask(), BURST);
  }

  async ask() {
    this.timer = 0;
    const query = new URLSearchParams(this.query);
    query.set("ids", [...this.asked].slice(-200).join(","));
    this.asked.clear();
    const answer = await http.follow(`${this.rows}?${query}`);
    if (!answer.ok) return;
    for (const [, id] of answer.text.matchAll(/id="row-(\d+)"/g)) if (!this.isShown(Number(id))) this.ids.add(Number(id));
    this.tell();
  }

  tell() {
    this.line.replaceChildren();
    if (!this.ids.size) return;
    const query = new URLSearchParams(this.query);
    query.delete("after");
    query.set("sort", "-key");
    const link = document.createElement("a");
    link.className = "button small";
    link.href = `?${query}`;
    link.textContent = this.ids.size === 1 ? t("Show 1 new issue") : t("Show {count} new issues", { count: this.ids.size });
    this.line.append(link);
  }

  /** Without leaving the page where they come first anyway; else the link leads to where they do. */
  show(event) {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (this.query.has("after") || !NEWEST_FIRST.includes(this.query.get("sort") || NEWEST_FIRST[0])) return;
    event.preventDefault();
    this.onShow();
  }

  clear() {
    this.ids.clear();
    this.tell();
  }
}
