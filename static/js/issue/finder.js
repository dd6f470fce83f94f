/**
 * A picker whose choices are found by words: a field (`[data-find]`) above a list (`[data-found]`, the address that answers
 * with the list). Arrows and Enter lead from the field into the list, where a press chooses.
 */
import * as http from "../requests.js";
import { t } from "../text.js";

const PAUSE = 150; // between the last key and the question

export class Finder {
  /**
   * @param {HTMLElement} root what the pickers are in
   * @param {AbortSignal} signal ends it
   */
  constructor(root, signal) {
    this.signal = signal;
    this.asked = 0;
    this.timer = 0;
    root.addEventListener("input", (event) => {
      if (event.target.matches("[data-find]")) this.askSoon(event.target.closest("[data-popup]"));
    }, { signal });
    root.addEventListener("keydown", (event) => this.keydown(event), { signal, capture: true });
    // Before it has the focus: what is typed as it opens stays.
    root.addEventListener("beforetoggle", (event) => {
      const field = event.newState === "open" && event.target.matches("[data-popup]") && event.target.querySelector("[data-find]");
      if (field) field.value = "";
    }, { signal, capture: true });
  }

  /** A popup was opened: if it is such a picker, read what it offers. */
  opened(popup) {
    if (popup.querySelector("[data-find]")) this.ask(popup);
  }

  askSoon(popup) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(popup), PAUSE);
  }

  async ask(popup) {
    const list = popup.querySelector("[data-found]");
    const mine = ++this.asked;
    const words = new URLSearchParams({ q: popup.querySelector("[data-find]").value });
    const answer = await http.get(`${list.dataset.found}?${words}`, { signal: this.signal });
    if (mine !== this.asked || !list.isConnected) return; // more was typed meanwhile
    if (answer.ok) list.innerHTML = answer.text;
    else list.textContent = http.reason(answer, t("The choices could not be read."));
  }

  keydown(event) {
    const popup = event.target.closest?.("[data-popup]");
    if (!popup?.querySelector("[data-find]") || event.isComposing) return;
    const field = popup.querySelector("[data-find]");
    const stops = [field, ...popup.querySelectorAll("[data-found] button")];
    const at = stops.indexOf(document.activeElement);
    if (event.key === "Enter" && at === 0) this.go(event, stops[1]);
    else if (event.key === "ArrowDown" && at >= 0) this.go(event, stops[at + 1]);
    else if (event.key === "ArrowUp" && at > 0) this.go(event, stops[at - 1]);
  }

  go(event, stop) {
    event.preventDefault();
    event.stopPropagation();
    stop?.focus();
  }
}
