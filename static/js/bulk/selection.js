/** Which issues of a page are selected: by their boxes, with Shift or Ctrl and the mouse, and by keyboard. */
import { shortcut } from "../keys.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";

const idOf = (element) => Number(element.dataset.issueId);
const keyOf = (element) => element.dataset.issueKey;

export class Selection {
  /**
   * @param {object} options
   * @param {HTMLElement} options.root what holds the elements; it stays, they come and go
   * @param {string} options.of selector of an issue's element, which has `data-issue-id` and a box `[data-tick]`
   * @param {(element: HTMLElement) => HTMLElement[]} options.among the elements in order that one may span a range with
   * @param {() => HTMLElement|null} options.aim the element that keys are about
   * @param {(element: HTMLElement) => void} options.focus
   * @param {(element: HTMLElement) => boolean} [options.mayChange] whether the reader may change an issue, and so select it
   */
  constructor({ root, of, among, aim, focus, mayChange = () => true }) {
    Object.assign(this, { root, of, among, aim, focus, mayChange });
    this.chosen = new Set();
    this.anchor = null;
    /** Called when it changed. */
    this.onChange = () => {};
    root.addEventListener("click", (event) => this.click(event));
    // A range of issues, not of their text.
    root.addEventListener("mousedown", (event) => {
      if (event.shiftKey && event.target.closest(of) && !event.target.closest("input, textarea")) event.preventDefault();
    });
    root.addEventListener("change", (event) => {
      const element = event.target.matches("[data-tick]") && event.target.closest(of);
      if (element) this.set(element, event.target.checked);
    });
    const isListed = () => this.root.querySelector(of) !== null;
    const onAim = (run) => () => {
      const element = this.aim();
      return element ? run(element) : false;
    };
    shortcut({ group: "select", does: t("Select, or not"), keys: ["x"], run: onAim((element) => this.toggle(element)), isListed });
    shortcut({
      group: "select",
      does: t("Select, with the next one"),
      keys: ["shift+ArrowDown", "shift+ArrowUp"],
      run: (event) => onAim((element) => this.extend(element, event.key === "ArrowDown" ? 1 : -1))(),
      isListed,
    });
    shortcut({ group: "select", does: t("Select all that are shown here"), keys: ["mod+a"], run: onAim((element) => this.all(element)), isListed });
    shortcut({ group: "select", does: t("Clear the selection"), keys: ["Escape"], run: () => this.size > 0 && this.leave(), isListed });
  }

  get size() {
    return this.chosen.size;
  }

  get ids() {
    return [...this.chosen];
  }

  /** The selected elements, in the order of the page. */
  get elements() {
    return [...this.root.querySelectorAll(this.of)].filter((element) => this.has(element));
  }

  has(element) {
    return this.chosen.has(idOf(element));
  }

  click(event) {
    const element = event.target.closest(this.of);
    if (!element) return;
    const box = event.target.closest("[data-tick]");
    const isOther = !box && event.target.closest("button, input, textarea, select") !== null;
    if (isOther || event.altKey || event.button !== 0) return;
    const isRange = event.shiftKey;
    // With Ctrl a link opens a tab, here as everywhere.
    const isToggle = !box && (event.ctrlKey || event.metaKey) && !event.target.closest("a");
    if (!isRange && !isToggle) return;
    event.stopImmediatePropagation();
    if (box) { // checked by the browser already; its `change` follows
      if (this.anchor && !this.has(element)) this.spread(element, { isSaid: false });
      return;
    }
    event.preventDefault();
    if (isRange) this.spread(element);
    else this.toggle(element);
  }

  toggle(element) {
    if (!this.mayChange(element)) {
      toast({ text: t("You can look at {key} but not change it.", { key: keyOf(element) }) });
      return true;
    }
    this.set(element, !this.has(element));
    return true;
  }

  set(element, isOn) {
    if (isOn) this.chosen.add(idOf(element));
    else this.chosen.delete(idOf(element));
    this.anchor = idOf(element);
    this.paint(element);
    this.changed(isOn ? t("{key} selected.", { key: keyOf(element) }) : t("{key} not selected.", { key: keyOf(element) }));
  }

  /** Select everything from what was chosen last up to here. */
  spread(element, { isSaid = true } = {}) {
    const all = this.among(element);
    const start = all.findIndex((each) => idOf(each) === this.anchor);
    const end = all.indexOf(element);
    const [from, to] = start < 0 ? [end, end] : [Math.min(start, end), Math.max(start, end)];
    this.add(all.slice(from, to + 1));
    this.anchor = idOf(element);
    this.changed(isSaid ? t("{key} selected.", { key: keyOf(element) }) : "");
    return true;
  }

  /** Select an element and its neighbour, and go there. */
  extend(element, step) {
    const all = this.among(element);
    const next = all[all.indexOf(element) + step] ?? element;
    this.add([element, next]);
    this.anchor = idOf(next);
    this.focus(next);
    this.changed(t("{key} selected.", { key: keyOf(next) }));
    return true;
  }

  all(element) {
    this.add(this.among(element));
    this.changed();
    return true;
  }

  add(elements) {
    for (const element of elements.filter((each) => this.mayChange(each))) {
      this.chosen.add(idOf(element));
      this.paint(element);
    }
  }

  clear() {
    const before = this.elements;
    this.chosen.clear();
    this.anchor = null;
    for (const element of before) this.paint(element);
    this.changed();
  }

  /** Clear it, with the focus on what was selected: the bar that may have it goes. */
  leave() {
    const [first] = this.elements;
    const isLost = !this.root.contains(document.activeElement);
    this.clear();
    if (isLost && first) this.focus(first);
    announce(t("Nothing is selected."));
    return true;
  }

  /** Show on an element that came, or was drawn anew, whether it is selected. */
  paint(element) {
    element.classList.toggle("selected", this.has(element));
    const box = element.querySelector("[data-tick]");
    if (box) box.checked = this.has(element);
  }

  /** All elements were drawn anew: those that are still there stay selected. */
  keep() {
    const shown = [...this.root.querySelectorAll(this.of)];
    this.chosen = new Set(shown.filter((element) => this.has(element)).map(idOf));
    for (const element of shown) this.paint(element);
    this.changed();
  }

  /** An element is gone: what nobody sees is not changed. */
  drop(element) {
    if (this.chosen.delete(idOf(element))) this.changed();
  }

  changed(said = "") {
    if (said) announce(`${said} ${this.size ? t("{count} selected", { count: this.size }) : ""}`.trim());
    this.onChange();
  }
}
