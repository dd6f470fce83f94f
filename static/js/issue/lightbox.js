/** The pictures of an issue, large: those among its files, or one in a text. Arrows lead from one to the next. */
import { t } from "../text.js";

export class Lightbox {
  /**
   * @param {HTMLElement} root of the issue
   * @param {AbortSignal} signal ends it
   */
  constructor(root, signal) {
    this.root = root;
    this.dialog = root.querySelector("[data-lightbox]");
    this.picture = this.dialog.querySelector("[data-picture]");
    this.all = [];
    this.at = 0;
    root.addEventListener("click", (event) => this.click(event), { signal });
    this.dialog.addEventListener("keydown", (event) => this.keydown(event), { signal });
    this.picture.addEventListener("error", () => this.tell(true), { signal });
    this.picture.addEventListener("load", () => this.tell(false), { signal });
  }

  click(event) {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a[data-look]");
    const inText = event.target.closest(".prose img");
    if (link) {
      event.preventDefault();
      const links = [...this.root.querySelectorAll("a[data-look]")];
      this.open(links.map((each) => ({ name: each.dataset.name, url: each.href })), links.indexOf(link));
    } else if (inText && !inText.closest("a")) this.open([{ name: inText.alt, url: inText.src }], 0);
    else if (event.target.closest("[data-close]") || event.target === this.dialog) this.dialog.close();
    else if (event.target.closest("[data-step]")) this.step(Number(event.target.closest("[data-step]").dataset.step));
  }

  keydown(event) {
    event.stopPropagation(); // neither the panel nor the board behind it is meant
    if (event.key === "ArrowRight") this.step(1);
    else if (event.key === "ArrowLeft") this.step(-1);
  }

  open(pictures, at) {
    this.all = pictures;
    this.at = at;
    for (const step of this.dialog.querySelectorAll("[data-step]")) step.hidden = pictures.length < 2;
    this.show();
    this.dialog.showModal();
  }

  step(by) {
    if (this.all.length < 2) return;
    this.at = (this.at + by + this.all.length) % this.all.length;
    this.show();
  }

  show() {
    const { name, url } = this.all[this.at];
    this.picture.src = url;
    this.picture.alt = name;
    this.dialog.querySelector("[data-name]").textContent = name;
    this.dialog.querySelector("[data-open]").href = url;
    this.dialog.querySelector("[data-count]").textContent = this.all.length < 2 ? "" : t("{number} of {total}", { number: this.at + 1, total: this.all.length });
  }

  tell(isRefused) {
    this.dialog.querySelector("[data-refused]").hidden = !isRefused;
    this.picture.hidden = isRefused;
  }
}
