/**
 * One issue, in the panel or on its page. It is made of blocks (`[data-block]`) that the server draws; whatever
 * changes is read again and put in block by block, except where somebody is writing.
 */
import { goneOf, parse } from "../board/place.js";
import { takeBack } from "../bulk/bar.js";
import { readCreated, tellCreated } from "../creating/answer.js";
import { draftNote, forgetDraft, keepDraft, readDraft } from "../drafts.js";
import { place } from "../menus.js";
import { isPressed, RELEASED } from "../pressed.js";
import * as http from "../requests.js";
import { noteVisit } from "../seen.js";
import { markSent } from "../sending.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";
import { BOX, enableTasks, saveTasks } from "../writing/tasks.js";
import { leavePreview, preview } from "../writing/preview.js";
import "../writing/writing.js";
import { conflictDialog } from "./conflict.js";
import { Files } from "./files.js";
import { Finder } from "./finder.js";
import { enableFormer } from "./former.js";
import { copyOf, tabTitle } from "./names.js";
import { MARK, Permalinks } from "./permalinks.js";
import { mergeFeed, Replies, tellSettled } from "./talk.js";
import { Typing } from "./typing.js";

const BURST = 60;
const PAUSE = 2_000; // before what failed is read again

const TOKEN = /<input type="hidden" name="csrfmiddlewaretoken"[^>]*>/g;
const STATE = / (disabled|data-focus)="[^"]*"/g;
const UNFOLDED = /(<details [^>]*data-keep="[^"]*"[^>]*) open=""/g;

// Fields whose change can be taken back from its notice, and what that says.
const UNDOABLE = {
  assignee: (key) => t("{key} has another assignee", { key }),
  parent: (key) => t("{key} belongs elsewhere now", { key }),
};

/** What a block shows, without the token that differs in every answer, what scripts set on the boxes of tasks, and what is unfolded. */
const looks = (block) => block.outerHTML.replace(TOKEN, "").replace(MARK, "").replace(UNFOLDED, "$1").replace(BOX, (box) => box.replace(STATE, ""));

/** What a control and the things it stands in are called, the nearest first: where the focus goes when they are drawn anew. */
function namesAround(element) {
  const field = element?.closest(".writer")?.querySelector("textarea[data-focus]"); // its tools have no names of their own
  const names = field ? [field.dataset.focus] : [];
  for (let at = element?.closest("[data-focus]"); at; at = at.parentElement.closest("[data-focus]")) names.push(at.dataset.focus);
  return names;
}

export class Issue {
  /**
   * @param {HTMLElement} root the `[data-issue]` element
   * @param {object} callbacks
   * @param {(id: number|null, what: string|null) => void} callbacks.onEditing somebody began or stopped writing here
   * @param {(name: string) => void} callbacks.onGone it was archived, deleted or is no longer shared
   * @param {(undo: () => void) => (() => void)} callbacks.remember what Ctrl+Z takes back; returns what a notice offers
   */
  constructor(root, { onEditing = () => {}, onGone = () => {}, remember = (undo) => undo } = {}) {
    this.root = root;
    this.key = root.dataset.issueKey;
    this.id = Number(root.dataset.issueId);
    this.onEditing = onEditing;
    this.onGone = onGone;
    this.remember = remember;
    this.timer = 0;
    this.isDue = false;
    this.abort = new AbortController();
    const options = { signal: this.abort.signal };
    root.addEventListener("submit", (event) => this.submit(event), options);
    root.addEventListener("click", (event) => this.click(event), options);
    root.addEventListener("keydown", (event) => this.keydown(event), options);
    root.addEventListener("input", (event) => this.input(event), options);
    root.addEventListener("focusin", (event) => this.focusin(event), options);
    root.addEventListener("focusout", () => setTimeout(() => this.settle()), options);
    root.addEventListener("toggle", (event) => this.toggled(event), { ...options, capture: true });
    // The composer's tools go with the focus; what is pressed there and then would move away from under the pointer.
    root.addEventListener("pointerdown", () => root.toggleAttribute("data-composing", root.querySelector("[data-composer]:focus-within") !== null), options);
    document.addEventListener(RELEASED, () => this.released(), options);
    this.finder = new Finder(root, this.abort.signal);
    this.files = new Files(this, this.abort.signal);
    this.feed = this.feedBlock.dataset.feed;
    this.permalinks = new Permalinks(root, { address: this.url(), signal: this.abort.signal, showComments: () => this.showComments() });
    this.replies = new Replies(root, { open: (details) => this.openEditor(details), signal: this.abort.signal });
    this.typing = new Typing(root, { id: this.id, tell: () => this.onEditing(this.id, this.typing.writing), signal: this.abort.signal });
    enableFormer(root, this.abort.signal);
    saveTasks(root, { signal: this.abort.signal, saved: (answer) => this.patch(answer.text), refused: () => this.refresh() });
    enableTasks(root);
    this.restoreDrafts();
    this.forgetVisit = noteVisit(this.url());
  }

  /** Stop listening; what was typed stays in the drafts. */
  close() {
    this.abort.abort();
    clearTimeout(this.timer);
    this.forgetVisit();
    this.onEditing(null, null);
  }

  get title() {
    return this.root.querySelector("#issue-title").textContent.trim();
  }

  url(rest = "") {
    return `/${this.root.dataset.org}/issue/${this.key}/${rest}`;
  }

  get feedBlock() {
    return this.root.querySelector('[data-block="feed"]');
  }

  /** Where everything is read, with the part of the activity that is looked at. */
  here() {
    return this.feed ? `${this.url()}?${this.feed}` : this.url();
  }

  // What the log says

  /** A fact about this issue or one of its comments: read it again, soon. */
  apply(event) {
    const about = event.k.startsWith("comment.") ? event.issue ?? event.id : event.id;
    const isConfiguration = event.k.startsWith("project.");
    const isAmong = event.k.startsWith("issues.") && (!event.ids?.length || event.ids.includes(this.id));
    if (about === this.id || isConfiguration || isAmong || this.isKin(event)) this.refreshSoon();
  }

  /** Whether a fact is about an issue in this one, or about one that may have come in or gone out. */
  isKin({ k: kind, id, ids, parent, f: fields }) {
    const children = this.root.querySelector('[data-block="children"]');
    if (parent === this.id || (kind.startsWith("issue") && fields?.includes("parent"))) return Boolean(children);
    return [id, ...(ids ?? [])].some((each) => kind.startsWith("issue") && children?.querySelector(`[data-child="${each}"]`));
  }

  refreshSoon() {
    if (!this.timer) this.timer = setTimeout(() => this.refresh(), BURST);
  }

  /** Read everything again and show what is not being written in. */
  async refresh() {
    clearTimeout(this.timer);
    this.timer = 0;
    const { feed } = this;
    const answer = await http.follow(this.here(), { signal: this.abort.signal });
    if (this.abort.signal.aborted) return;
    if (feed !== this.feed) this.refreshSoon(); // another part is looked at meanwhile
    else if (answer.ok) this.patch(answer.text);
    else if (answer.status === 404) this.gone();
    else if (http.isPassing(answer)) this.timer = setTimeout(() => this.refresh(), PAUSE);
  }

  gone() {
    const isTouched = [...this.root.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
    if (isTouched) { // the text stays on the screen
      toast({ error: true, text: t("{key} was deleted or is no longer shared with you. Your text is still here.", { key: this.key }), stay: 20_000 });
      return;
    }
    this.onGone();
  }

  /** Put fresh blocks in. A block that is being written in, elsewhere than in what was sent (`from`), waits until it is left. */
  patch(html, { from = null } = {}) {
    if (this.abort.signal.aborted) return; // an answer that came after the issue was closed
    const shelf = document.createElement("template");
    shelf.innerHTML = html;
    const fresh = shelf.content.querySelectorAll("[data-block]");
    let isWaiting = false;
    for (const block of fresh) {
      const shown = this.root.querySelector(`[data-block="${block.dataset.block}"]`);
      if (!shown || block.parentElement?.closest("[data-block]")) continue;
      // The answer to a change shows all of the activity, whatever part of it is looked at.
      if (block.dataset.feed !== undefined && block.dataset.feed !== this.feed) {
        this.refreshSoon();
        continue;
      }
      const version = Number(block.dataset.v ?? 0);
      if (version < Number(shown.dataset.v ?? 0)) continue;
      if (looks(shown) === looks(block)) continue;
      const isOther = block.dataset.feed !== shown.dataset.feed; // another part of it was asked for
      const isBusy = !isOther && this.isBusy(shown, from);
      if (block.dataset.block === "feed" && isBusy) {
        this.merge(shown, block);
        isWaiting = true;
        continue;
      }
      if (isBusy) {
        isWaiting = true;
        continue;
      }
      this.replace(shown, block);
    }
    this.isDue = isWaiting;
    this.restoreDrafts();
    document.title = tabTitle(this.key, this.title);
  }

  /** Put news into the activity, around what is being written there. */
  merge(shown, block) {
    mergeFeed(shown, block, {
      isBusy: (line) => this.isBusy(line),
      isSame: (line, other) => looks(line) === looks(other),
      replace: (line, heir) => this.replace(line, heir),
    });
    enableTasks(shown);
    this.permalinks.mark();
  }

  /** Show another part of the activity, or another page of it. */
  async showFeed(feed) {
    this.feed = feed;
    const answer = await http.get(this.here(), { signal: this.abort.signal });
    if (this.abort.signal.aborted || feed !== this.feed) return;
    if (answer.ok) this.patch(answer.text);
    else toast({ error: true, text: http.reason(answer, t("The history could not be read.")) });
  }

  /** Show the comments, if the history is shown instead. */
  async showComments() {
    if (this.feed.startsWith("activity=history")) await this.showFeed("");
  }

  /** Swap a block, giving the focus to the same control of the new one. */
  replace(shown, block) {
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    const names = namesAround(focused);
    const open = new Set([...shown.querySelectorAll("details[open][data-keep]")].map((details) => details.dataset.keep));
    for (const details of block.querySelectorAll("details[data-keep]")) details.open ||= open.has(details.dataset.keep);
    shown.replaceWith(block);
    enableTasks(block);
    this.permalinks.mark();
    if (!focused) return;
    this.heirOf(names, block).focus({ preventScroll: true });
  }

  /** What gets the focus of something that was drawn anew. */
  heirOf(names, block) {
    return names.map((name) => block.querySelector(`[data-focus="${name}"]`)).find(Boolean) ?? this.root;
  }

  /** Whether somebody writes, chooses or presses something in this block, leaving out a part of it. */
  isBusy(block, except = null) {
    if (isPressed(block)) return true;
    const within = (selector) => [...block.querySelectorAll(selector)].filter((element) => !except?.contains(element));
    if (within(":popover-open, details[data-editor][open], .writer:focus-within").length) return true;
    return within("textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file])")
      .some((field) => field === document.activeElement || (field.offsetParent !== null && field.value !== field.defaultValue));
  }

  /** Writing has stopped somewhere: show what had to wait. */
  settle() {
    if (!this.root.isConnected) return;
    if (!this.root.querySelector("details[data-editor][open]") && !this.root.contains(document.activeElement)) this.onEditing(null, null);
    this.showWaiting();
  }

  released() {
    this.root.removeAttribute("data-composing");
    this.showWaiting();
  }

  showWaiting() {
    if (!this.isDue) return;
    this.isDue = false;
    this.refreshSoon();
  }

  // What the reader does

  async submit(event) {
    const form = event.target;
    if (form.method !== "post") return;
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    const data = new FormData(form, event.submitter);
    data.set("op", http.newOp());
    markSent(form, true);
    this.say(form, "");
    const answer = await http.post(event.submitter?.getAttribute("formaction") ?? form.action, data);
    markSent(form, false);
    if (answer.ok) this.saved(form, data, answer);
    else if (answer.status === 409 && !answer.isJson) this.conflict(form, answer);
    else this.refused(form, answer);
  }

  saved(form, data, answer) {
    const does = form.dataset.does;
    this.forgetDrafts(form);
    const details = form.closest("details[data-editor]");
    if (details) this.closeEditor(details);
    form.closest(":popover-open")?.hidePopover();
    if (does === "comment") form.reset();
    const created = readCreated(answer);
    if (created) this.remember(tellCreated(created, { onGone: () => this.refreshSoon() }));
    const hasBlocks = answer.text.includes("data-block=");
    if (hasBlocks) this.patch(answer.text, { from: form });
    if (!hasBlocks || form.dataset.refresh !== undefined) this.refreshSoon();
    if (this.tellDone(answer, data.get("op"))) return;
    if (does === "comment") announce(t("Comment added."));
    else if (does === "reply") announce(t("Reply added."));
    else if (does === "resolve" || does === "reopen") tellSettled(form, does, this);
    else if (does === "watch") return;
    else if (does === "undo") announce(t("Taken back."));
    else if (does === "remove-file") this.files.removed(form);
    else if (does === "archive" || does === "delete") this.putAway(does, answer);
    else if (this.offerUndo(data, answer)) return;
    else if (form.hasAttribute("data-edit") && !created) announce(t("Saved."));
  }

  /** Say what the quick actions of a text did, with one way back where there is one; false where it had none. */
  tellDone(answer, op) {
    const said = answer.text.includes("data-did=") ? parse(answer.text).find((element) => element.dataset.did !== undefined) : null;
    if (!said) return false;
    this.refreshSoon();
    const url = `/${this.root.dataset.org}/${this.key.split("-")[0]}/issues/bulk/`;
    const undo = said.dataset.did
      ? this.remember(() => takeBack({ url, op, ids: [said.dataset.did], onDone: () => this.refreshSoon() }))
      : null;
    toast({ text: said.textContent.trim(), action: undo && { label: t("Undo"), isUndo: true, run: undo } });
    return true;
  }

  /** Whoever is taken from an issue, and what it belonged to, is chosen anew with some trouble: so there is a way back. */
  offerUndo(data, answer) {
    const said = UNDOABLE[data.get("field")];
    const fields = said && parse(answer.text).map((element) => element.querySelector('[data-block="fields"]')).find(Boolean);
    const isChanged = Number(fields?.dataset.v) > Number(data.get("version"));
    if (!said || !isChanged) return false;
    const run = this.remember(() => this.undo({ of: data.get("op"), field: data.get("field") }));
    toast({ text: said(this.key), action: { label: t("Undo"), isUndo: true, run } });
    return true;
  }

  async undo(what) {
    const answer = await http.post(this.url("undo/"), { ...what, op: http.newOp() });
    if (answer.ok) {
      announce(t("Taken back."));
      if (this.root.isConnected) this.refresh();
    } else if (answer.status === 409 && !answer.isJson) conflictDialog(this.key, answer, () => this.root.isConnected && this.refresh());
    else toast({ error: true, text: http.reason(answer, t("{key} could not be changed.", { key: this.key })) });
  }

  putAway(does, answer) {
    const { key } = this;
    toast({
      text: does === "archive" ? t("{key} archived", { key }) : goneOf(answer) ?? t("{key} deleted", { key }),
      action: { label: t("Undo"), isUndo: true, run: this.remember(() => this.restore()) },
    });
    if (!this.abort.signal.aborted) this.onGone(does); // else it is closed already, and another one may be open
  }

  async restore() {
    const answer = await http.post(this.url("restore/"), { op: http.newOp() });
    if (!answer.ok) toast({ error: true, text: http.reason(answer, t("{key} could not be brought back.", { key: this.key })) });
    else if (this.root.isConnected) this.refresh();
  }

  conflict(form, answer) {
    const names = namesAround(form.querySelector("[data-focus]"));
    conflictDialog(this.key, answer, (kept) => {
      this.forgetDrafts(form);
      const details = form.closest("details[data-editor]");
      if (details) this.closeEditor(details);
      if (kept?.text.includes("data-block=")) this.patch(kept.text);
      else this.refresh();
      // What had the focus before the dialog may have been drawn anew behind it; then a closed dialog keeps it for a moment.
      const at = document.activeElement;
      if (at === document.body || at.closest("dialog")) this.heirOf(names, this.root).focus({ preventScroll: true });
    });
  }

  refused(form, answer) {
    const text = http.reason(answer, t("That was not saved."));
    if (!form.isConnected || !this.say(form, text)) toast({ error: true, text });
  }

  /** Show a sentence beside a form; false where the form has no place for one. */
  say(form, text) {
    const place = form.querySelector("[data-error]");
    if (!place) return false;
    place.textContent = text;
    place.hidden = !text;
    return true;
  }

  click(event) {
    const summary = event.target.closest("details[data-editor] > summary");
    if (summary && !event.target.closest("a")) {
      event.preventDefault(); // the browser would open it later, and what is typed meanwhile would go astray
      this.openEditor(summary.parentElement);
      return;
    }
    const button = event.target.closest("button, a");
    if (!button) return;
    if (button.matches("[data-cancel]")) this.closeEditor(button.closest("details"));
    else if (button.matches("[data-copy-issue]")) copyOf(button.dataset.copyIssue, { key: this.key, title: this.title, address: this.url() });
    else if (button.matches("[data-preview]")) this.preview(button);
    else if (button.matches("[data-feed-link]") && !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) this.showFeed(button.search.slice(1));
    else return;
    event.preventDefault();
  }

  preview(button) {
    preview(button, {
      address: `/${this.root.dataset.org}/markdown/preview/`,
      about: { issue: this.key },
      onRefused: (form, answer) => this.refused(form, answer),
      onDrawn: (form) => this.say(form, ""), // the preview says anew what would be refused
    });
  }

  keydown(event) {
    if (event.isComposing) return;
    const details = event.target.closest("details[data-editor]");
    if (event.key === "Escape" && details?.open) {
      event.preventDefault();
      event.stopPropagation();
      this.closeEditor(details);
    } else if (event.key === "Enter" && event.target.matches("[data-enter]")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  }

  focusin(event) {
    if (event.target.closest("details[data-editor][open], [data-composer]")) this.onEditing(this.id, this.typing.writing);
  }

  toggled(event) {
    const popup = event.target;
    if (!popup.matches?.("[data-popup]") || event.newState !== "open") return;
    place(popup, this.root.querySelector(`[popovertarget="${CSS.escape(popup.id)}"]`));
    const choices = popup.querySelector("[data-choices]");
    if (choices) this.readChoices(choices);
    this.finder.opened(popup);
  }

  /** Show a form in the place of what it edits, ready to write. */
  openEditor(details) {
    details.open = true;
    this.restoreDrafts();
    const field = details.querySelector("textarea, input:not([type=hidden])");
    field.focus();
    if (field.matches("[data-select]")) field.select();
    this.replies.opened(details);
  }

  /** A long list of choices comes when it is wanted. */
  async readChoices(place) {
    const answer = await http.get(place.dataset.choices, { signal: this.abort.signal });
    if (!answer.ok) {
      place.textContent = http.reason(answer, t("The choices could not be read."));
      return;
    }
    const shelf = document.createElement("template");
    shelf.innerHTML = answer.text;
    const first = shelf.content.querySelector("input");
    place.replaceWith(shelf.content);
    first?.focus();
  }

  /** Leave an editor without saving: what was typed goes back to what it was. */
  closeEditor(details) {
    const form = details.querySelector("form");
    this.forgetDrafts(form);
    form.reset();
    this.say(form, "");
    leavePreview(form);
    details.open = false;
    details.querySelector("summary").focus({ preventScroll: true });
    this.settle();
  }

  // Drafts: what was typed and not sent survives closing the panel, the tab and the browser.

  draftOf(field) {
    return `${this.root.dataset.org}/${this.key}:${field.dataset.draft}`;
  }

  input(event) {
    const field = event.target;
    if (field.matches("[data-find-choice]")) {
      const wanted = field.value.trim().toLowerCase();
      for (const choice of field.form.querySelectorAll(".choice")) choice.hidden = !choice.textContent.toLowerCase().includes(wanted);
    }
    if (!field.dataset.draft) return;
    if (field.value === field.defaultValue) forgetDraft(this.draftOf(field));
    else keepDraft(this.draftOf(field), field.value);
  }

  restoreDrafts() {
    for (const field of this.root.querySelectorAll("[data-draft]")) {
      const text = readDraft(this.draftOf(field));
      if (typeof text !== "string" || field.value !== field.defaultValue || text === field.defaultValue) continue;
      field.value = text;
      field.form.querySelector(".draft-note")?.remove();
      field.form.querySelector("[data-error]").before(draftNote(() => {
        forgetDraft(this.draftOf(field));
        field.value = field.defaultValue;
        field.focus();
      }));
    }
  }

  forgetDrafts(form) {
    if (form.dataset.writes) this.typing.stop();
    form.querySelector(".draft-note")?.remove();
    for (const field of form.querySelectorAll("[data-draft]")) forgetDraft(this.draftOf(field));
  }
}
