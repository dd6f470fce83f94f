/** The issue beside the board or the list: opened without leaving it, with the issue's own address in the bar. */
import { isCovered, shortcut } from "../keys.js";
import * as http from "../requests.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";
import { Issue } from "./issue.js";
import { tabTitle } from "./names.js";

const PATIENCE = 300; // nothing is said to be loading before that

export class Panel {
  /**
   * @param {object} options
   * @param {HTMLElement} options.element the panel
   * @param {string} options.org slug of the organization
   * @param {() => string} options.home address of the page when no issue is open
   */
  constructor({ element, org, home }) {
    Object.assign(this, { element, org, home });
    this.issue = null;
    this.key = null;
    this.opener = null;
    this.isLeaving = false;
    this.next = null; // what was asked for on the way out
    this.onOpen = () => {};
    this.onEditing = () => {};
    this.remember = (undo) => undo;
    element.addEventListener("click", (event) => {
      if (!event.target.closest("[data-panel-close]")) return;
      event.preventDefault();
      this.leave();
    });
    shortcut({
      group: "walk",
      does: t("Close the issue"),
      keys: ["Escape"],
      inFields: true,
      run: (event) => {
        if (!this.key || isCovered()) return false;
        if (event.target.closest?.("[data-board]") && event.target.matches("textarea, input")) return false;
        this.leave();
      },
    });
    addEventListener("popstate", (event) => {
      const { next } = this;
      this.isLeaving = false;
      this.next = null;
      const { issue, opener } = event.state ?? {};
      if (issue) this.open(issue, { opener, isBack: true });
      // The address of a comment was typed: the browser made a step of it, within the issue that is shown.
      else if (this.issue && location.pathname === this.issue.url()) history.replaceState({ issue: this.key, opener: this.opener }, "");
      else this.close();
      if (next) this.open(...next);
    });
  }

  /**
   * Show an issue, and in it the comment that `hash` or the address names. `opener` is the id of the element that gets the
   * focus back.
   */
  async open(key, options = {}) {
    if (this.isLeaving) {
      this.next = [key, options];
      return;
    }
    const { opener = null, isBack = false, hash = "" } = options;
    if (this.key === key && this.issue) {
      this.element.focus({ preventScroll: true });
      if (hash) {
        history.replaceState(history.state, "", hash);
        this.issue.permalinks.arrive();
      }
      return;
    }
    const isFirst = this.key === null;
    this.key = key;
    this.opener = opener ?? this.opener;
    this.stop();
    const url = `/${this.org}/issue/${key}/`;
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const patience = setTimeout(() => { this.element.ariaBusy = "true"; this.element.hidden = false; }, PATIENCE);
    if (!isBack) {
      const state = { issue: key, opener: this.opener };
      if (isFirst) history.pushState(state, "", url + hash);
      else history.replaceState(state, "", url + hash);
    }
    const answer = await http.get(url, { signal });
    clearTimeout(patience);
    if (signal.aborted) return;
    this.element.ariaBusy = "false";
    if (!answer.ok) {
      toast({ error: true, text: http.reason(answer, t("{key} could not be opened.", { key })) });
      this.leave();
      return;
    }
    this.element.innerHTML = answer.text;
    this.element.hidden = false;
    this.title ??= document.title;
    const root = this.element.querySelector("[data-issue]");
    document.title = tabTitle(key, root.dataset.title);
    this.issue = new Issue(root, {
      onEditing: (id, what) => this.onEditing(id, what),
      onGone: () => this.leave(),
      remember: (undo) => this.remember(undo),
    });
    this.onOpen(key);
    this.element.focus({ preventScroll: true });
    this.issue.permalinks.arrive();
  }

  /**
   * Close by going back to where the panel was opened, so that Back does not open it again. The browser goes back a
   * moment later: until then a second Escape would go back further, and out of the page.
   */
  leave() {
    this.next = null;
    if (this.isLeaving) return;
    if (!history.state?.issue) {
      this.close();
      return;
    }
    this.isLeaving = true;
    history.back();
  }

  stop() {
    this.issue?.close();
    this.issue = null;
  }

  close() {
    if (this.key === null) return;
    this.abort?.abort();
    this.stop();
    const hadFocus = this.element.contains(document.activeElement) || document.activeElement === document.body;
    this.key = null;
    this.element.hidden = true;
    this.element.replaceChildren();
    if (this.title) document.title = this.title;
    this.title = null;
    const address = this.home();
    if (location.pathname + location.search !== address) history.replaceState(null, "", address);
    this.onOpen(null);
    const opener = this.opener && document.getElementById(this.opener);
    if (hadFocus && opener) opener.focus({ preventScroll: true });
    this.opener = null;
  }

  apply(event) {
    this.issue?.apply(event);
  }

  refresh() {
    this.issue?.refresh();
  }
}
