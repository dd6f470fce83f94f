/**
 * Threads in an issue's activity: what is written in reply, where `r` leads, and news that come in while somebody writes.
 */
import { shortcut } from "../keys.js";
import * as http from "../requests.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";

let present = null; // the issue that is open: keys are the page's, and issues come and go

shortcut({
  group: "change",
  does: t("Reply to the comment"),
  keys: ["r"],
  isListed: () => present?.root.querySelector(".reply-to") != null,
  run: () => present?.replies.reply() ?? false,
});

export class Replies {
  /**
   * @param {HTMLElement} root of the issue
   * @param {object} options
   * @param {(details: HTMLDetailsElement) => void} options.open shows a form
   * @param {AbortSignal} options.signal ends it
   */
  constructor(root, { open, signal }) {
    Object.assign(this, { root, open });
    this.quoted = "";
    // A press on the control takes the selection away before it is a click.
    root.addEventListener("pointerdown", (event) => {
      const summary = event.target.closest(".reply-to > summary");
      this.quoted = summary ? quoteFrom(summary.closest(".feed > .comment")) : "";
    }, { signal });
    present = { root, replies: this };
    signal.addEventListener("abort", () => {
      if (present?.root === root) present = null;
    });
  }

  /** Reply to the comment that the reader is at; false where they are at none. */
  reply() {
    const at = document.activeElement?.closest?.(".comment") ?? this.root.querySelector('.comment[aria-current="location"]') ?? this.root.querySelector(".reply:hover, .feed > .comment:hover");
    const thread = at?.closest(".feed > .comment");
    const details = thread?.querySelector(".reply-to");
    if (!details || !this.root.contains(thread)) return false;
    thread.querySelector(":scope > details.resolved")?.setAttribute("open", "");
    this.quoted = quoteFrom(thread);
    this.open(details);
    return true;
  }

  /** A form was opened: it gets the tools for formatting, and what was selected in its thread as a quotation. */
  opened(details) {
    if (!details.matches(".reply-to")) return;
    const field = details.querySelector("textarea");
    const tools = this.root.querySelector("[data-composer] markdown-toolbar");
    if (tools && !details.querySelector("markdown-toolbar")) {
      const mine = tools.cloneNode(true);
      mine.setAttribute("for", field.id);
      for (const button of mine.querySelectorAll("[data-attach-into]")) button.dataset.attachInto = field.id;
      field.closest(".writer").prepend(mine);
    }
    const { quoted } = this;
    this.quoted = "";
    if (!quoted || field.value.includes(quoted)) return;
    field.setSelectionRange(field.value.length, field.value.length);
    field.setRangeText(`${field.value ? "\n\n" : ""}${quoted}`, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** What is selected within the words of one comment of a thread, as a quotation; nothing where none is. */
function quoteFrom(thread) {
  const selection = getSelection();
  if (!thread || selection.isCollapsed) return "";
  const within = (node) => (node instanceof Element ? node : node.parentElement)?.closest(".comment .prose");
  const words = within(selection.anchorNode);
  if (!words || words !== within(selection.focusNode) || !thread.contains(words)) return "";
  const lines = selection.toString().trim().split(/\n+/);
  return lines[0] ? `${lines.map((line) => `> ${line}`).join("\n")}\n\n` : "";
}

/** The lines of the activity by their names; a fact that is told in several lines has them numbered. */
function named(list) {
  const found = new Map();
  for (const line of list.children) {
    let name = line.dataset.item;
    for (let number = 2; found.has(name); number += 1) name = `${line.dataset.item}/${number}`;
    found.set(name, line);
  }
  return found;
}

/**
 * Bring the activity up to date around what is being written in it.
 *
 * @param {HTMLElement} shown the block as it is
 * @param {HTMLElement} fresh the block as the server draws it now
 * @param {object} how
 * @param {(line: HTMLElement) => boolean} how.isBusy whether somebody writes there
 * @param {(one: HTMLElement, other: HTMLElement) => boolean} how.isSame whether they show the same
 * @param {(line: HTMLElement, heir: HTMLElement) => void} how.replace puts one in the place of another
 */
export function mergeFeed(shown, fresh, how) {
  const list = shown.querySelector(".feed");
  const [here, wanted] = [named(list), named(fresh.querySelector(".feed"))];
  let last = null;
  for (const [name, line] of wanted) {
    const old = here.get(name);
    if (!old) {
      if (last) last.after(line);
      else list.prepend(line);
      last = line;
    } else if (how.isSame(old, line)) last = old;
    else if (how.isBusy(old)) {
      mergeReplies(old, line, how);
      last = old;
    } else {
      how.replace(old, line);
      last = line;
    }
  }
  for (const [name, old] of here) if (!wanted.has(name) && !how.isBusy(old)) old.remove();
}

/** The same for the replies of a thread in which somebody writes. */
function mergeReplies(thread, fresh, how) {
  const wanted = [...fresh.querySelectorAll(".reply")];
  const talk = thread.querySelector(".talk");
  if (!talk) {
    const theirs = fresh.querySelector(".talk");
    if (theirs) thread.querySelector(".thread-foot")?.before(theirs);
    return;
  }
  const here = new Map([...talk.querySelectorAll(".reply")].map((line) => [line.id, line]));
  for (const line of wanted) {
    const old = here.get(line.id);
    here.delete(line.id);
    if (!old) [...talk.querySelectorAll(".replies")].at(-1).append(line);
    else if (!how.isSame(old, line) && !how.isBusy(old)) how.replace(old, line);
  }
  for (const old of here.values()) if (!how.isBusy(old)) old.remove();
}

/**
 * A thread was resolved, or opened again: say so, with the way back.
 *
 * @param {HTMLFormElement} form that did it
 * @param {"resolve"|"reopen"} does
 * @param {Issue} issue
 */
export function tellSettled(form, does, issue) {
  const back = new FormData(form);
  back.set("resolved", does === "resolve" ? "0" : "1");
  const undo = issue.remember(async () => {
    back.set("op", http.newOp());
    const answer = await http.post(form.action, back);
    if (!answer.ok) toast({ error: true, text: http.reason(answer, t("That could not be taken back.")) });
    else if (issue.root.isConnected) issue.patch(answer.text);
  });
  toast({
    text: does === "resolve" ? t("Thread resolved") : t("Thread opened again"),
    action: { label: t("Undo"), isUndo: true, run: undo },
  });
}
