/**
 * Who writes in an issue at this moment, and what: shown to the others who may see it, for as long as it is said again.
 * The text itself never leaves the browser before it is sent.
 */
import { PRESENCE, peopleIn } from "../socket.js";
import { announce, t } from "../text.js";

const AGAIN = 3_000; // so often it is said that somebody still writes
const QUIET = 6_000; // after the last key of a comment nobody waits for it any more
const STEADY = 60_000; // a description or title is thought about for longer
const SPOKEN = 60_000; // a screen reader hears of the same person no more often

export class Typing {
  /**
   * @param {HTMLElement} root of the issue
   * @param {object} options
   * @param {number} options.id of the issue
   * @param {() => void} options.tell says what is written here now (`writing`)
   * @param {AbortSignal} options.signal ends it
   */
  constructor(root, { id, tell, signal }) {
    Object.assign(this, { root, id, tell });
    this.stream = Number(root.dataset.stream);
    /** What is written here: "comment", "description", "title" or nothing. */
    this.writing = null;
    this.saidAt = 0;
    this.touchedAt = 0;
    this.timer = 0;
    this.spoken = new Map();
    root.addEventListener("input", (event) => this.touched(event.target), { signal });
    root.addEventListener("focusin", (event) => {
      const what = whatIn(event.target);
      if (what && what !== "comment") this.touched(event.target);
    }, { signal });
    root.addEventListener("focusout", (event) => {
      if (this.writing && this.writing !== "comment" && whatIn(event.target)) this.stop();
    }, { signal });
    document.addEventListener(PRESENCE, ({ detail }) => {
      if (detail.s === this.stream) this.show(detail.people);
    }, { signal });
    signal.addEventListener("abort", () => clearTimeout(this.timer));
    this.show(peopleIn(this.stream));
  }

  /** Somebody wrote in a field. A comment without words is none. */
  touched(field) {
    const what = whatIn(field);
    if (!what) return;
    if (what === "comment" && !field.value.trim()) {
      this.stop();
      return;
    }
    this.touchedAt = Date.now();
    if (this.writing !== what || this.touchedAt - this.saidAt >= AGAIN) this.say(what);
    if (!this.timer) this.wait();
  }

  say(what) {
    this.writing = what;
    this.saidAt = Date.now();
    this.tell();
  }

  wait() {
    this.timer = setTimeout(() => {
      this.timer = 0;
      if (!this.writing) return;
      const rests = Date.now() - this.touchedAt;
      const isOver = rests >= (this.writing === "comment" ? QUIET : STEADY) || document.visibilityState === "hidden";
      if (isOver) {
        this.stop();
        return;
      }
      if (this.writing !== "comment") this.say(this.writing);
      this.wait();
    }, AGAIN);
  }

  /** Nothing is written here any more. */
  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.writing) return;
    this.writing = null;
    this.tell();
  }

  show(people) {
    const mine = document.body.dataset.user;
    const writers = people.filter((person) => person.editing === this.id && person.writing && String(person.id) !== mine);
    const said = ["comment", "description", "title"].map((what) => sentence(what, writers.filter((person) => person.writing === what))).filter(Boolean);
    const line = this.root.querySelector("[data-typing]");
    const text = said.join(" ");
    if (line.textContent === text) return;
    line.textContent = text;
    this.speak(writers, text);
  }

  /** Tell it to those who cannot see it, once for each person and minute: they come and go with every pause. */
  speak(writers, text) {
    const now = Date.now();
    const isNews = writers.some((person) => now - (this.spoken.get(`${person.id} ${person.writing}`) ?? 0) > SPOKEN);
    if (!isNews) return;
    for (const person of writers) this.spoken.set(`${person.id} ${person.writing}`, now);
    announce(text);
  }
}

function whatIn(field) {
  return (field.matches?.("textarea") && field.closest("[data-writes]")?.dataset.writes) || null;
}

function sentence(what, people) {
  if (!people.length) return "";
  const names = new Intl.ListFormat(document.documentElement.lang || "en").format(people.map((person) => person.name));
  if (people.length === 1) {
    return { comment: t("{name} is writing a comment…", { name: names }), description: t("{name} is editing the description…", { name: names }), title: t("{name} is editing the title…", { name: names }) }[what];
  }
  return { comment: t("{names} are writing comments…", { names }), description: t("{names} are editing the description…", { names }), title: t("{names} are editing the title…", { names }) }[what];
}
