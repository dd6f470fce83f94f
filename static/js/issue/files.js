/**
 * Attaching files: chosen, dropped on the issue, or pasted and dropped into a text, which then shows them where the caret
 * was. Each file is sent on its own, with its progress, a way to cancel it, and, where it failed, why and a way to try
 * again. Sent again, it is the same sending: the server keeps it once.
 */
import { csrf } from "../http.js";
import { icon } from "../icons.js";
import * as http from "../requests.js";
import { signedInAgain } from "../session.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";
import { Lightbox } from "./lightbox.js";

const EDITORS = 'textarea[data-draft="description"], textarea[data-draft^="comment"]';
const AT_ONCE = 2; // more of them would only share the same line

export class Files {
  /**
   * @param {object} issue the one they belong to (issue.js)
   * @param {AbortSignal} signal ends it, and what is on its way
   */
  constructor(issue, signal) {
    this.issue = issue;
    this.root = issue.root;
    this.signal = signal;
    this.waiting = [];
    this.running = 0;
    const options = { signal };
    this.lightbox = new Lightbox(this.root, signal);
    this.root.addEventListener("change", (event) => this.chosen(event), options);
    this.root.addEventListener("click", (event) => this.wanted(event.target.closest("[data-attach-into]")), options);
    this.root.addEventListener("paste", (event) => this.pasted(event), options);
    for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) this.root.addEventListener(kind, (event) => this.dragged(event), options);
    // A file that misses its place must not take the page away.
    for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => { if (carriesFiles(event) && !event.defaultPrevented) { event.preventDefault(); event.dataTransfer.dropEffect = "none"; } }, options);
  }

  get form() {
    return this.root.querySelector("form[data-attach]");
  }

  // Where files come from

  chosen(event) {
    if (!event.target.matches("form[data-attach] input[type=file]")) return;
    const files = [...event.target.files];
    event.target.value = "";
    this.add(files);
  }

  /** The button of a text: choose files that it shows. The chooser is kept, or the browser may forget it while it is open. */
  wanted(button) {
    if (!button) return;
    this.chooser = document.createElement("input");
    this.chooser.type = "file";
    this.chooser.multiple = true;
    this.chooser.addEventListener("change", () => {
      const editor = document.getElementById(button.dataset.attachInto);
      editor.focus();
      this.add([...this.chooser.files], editor);
    });
    this.chooser.click();
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    // A spreadsheet's cells come as text and as a picture of them: the text is meant.
    if (!files.length || !this.form || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    this.add(files, event.target.closest(EDITORS));
  }

  dragged(event) {
    if (!this.form || !carriesFiles(event)) return;
    event.preventDefault();
    if (event.type === "dragleave" && this.root.contains(event.relatedTarget)) return;
    const isOver = event.type !== "dragleave" && event.type !== "drop";
    this.root.toggleAttribute("data-dropping", isOver);
    if (event.type === "dragover") event.dataTransfer.dropEffect = "copy";
    if (event.type === "drop") this.add([...event.dataTransfer.files], event.target.closest(EDITORS));
  }

  /** Send files; with an editor, its text shows them when they are there. */
  add(files, editor = null) {
    for (const file of files) {
      const sending = new Sending(this, file, editor);
      this.list.append(sending.element);
      this.list.hidden = false;
      if (file.size > Number(this.form.dataset.largest)) sending.refuse(this.form.dataset.tooLarge.replace("{name}", () => file.name), { isFinal: true });
      else this.queue(sending);
    }
  }

  get list() {
    return this.root.querySelector("[data-uploads]");
  }

  queue(sending) {
    this.waiting.push(sending);
    this.next();
  }

  next() {
    while (this.running < AT_ONCE && this.waiting.length) {
      this.running += 1;
      this.waiting.shift().run().finally(() => { this.running -= 1; this.next(); });
    }
  }

  drop(sending) {
    this.waiting = this.waiting.filter((each) => each !== sending);
  }

  // What becomes of them

  done(sending) {
    this.settle(sending);
    announce(t("{name} is attached.", { name: sending.file.name }));
    this.issue.refreshSoon();
  }

  settle(sending) {
    const hadFocus = sending.element.contains(document.activeElement);
    sending.element.remove();
    this.list.hidden = !this.list.childElementCount;
    if (hadFocus) this.form?.querySelector("input[type=file]").focus();
  }

  /** A file was taken away: say so, with the way back. */
  removed(form) {
    const { name } = form.dataset;
    const url = form.action.replace(/remove\/$/, "restore/");
    const undo = this.issue.remember(async () => {
      const answer = await http.post(url, { op: http.newOp() });
      if (!answer.ok) toast({ error: true, text: http.reason(answer, t("{name} could not be brought back.", { name })) });
      else this.issue.refreshSoon();
    });
    toast({ text: t("{name} removed", { name }), action: { label: t("Undo"), isUndo: true, run: undo } });
  }
}

/** One file on its way. */
class Sending {
  constructor(files, file, editor) {
    this.files = files;
    this.file = file;
    this.editor = editor;
    this.id = http.newOp();
    this.isCancelled = false;
    this.request = null;
    this.mark = editor && this.insert(`![${t("Uploading {name}…", { name: file.name.replace(/[[\]()]/g, " ") })}]()`);
    this.element = this.draw();
    files.signal.addEventListener("abort", () => {
      this.isCancelled = true;
      this.request?.abort();
    });
  }

  draw() {
    const element = document.createElement("li");
    element.append(icon("upload", "thumb-sign"));
    const main = document.createElement("div");
    main.className = "main";
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = this.file.name;
    this.words = document.createElement("span");
    this.words.className = "about";
    this.words.setAttribute("role", "status");
    this.words.textContent = t("Waiting");
    this.bar = document.createElement("progress");
    this.bar.className = "progress";
    this.bar.max = 100;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", t("Sending {name}", { name: this.file.name }));
    main.append(name, this.words, this.bar);
    this.again = control(t("Try again"), "refresh-cw", `${t("Try again")}: ${this.file.name}`, () => this.retry());
    this.again.hidden = true;
    this.stop = control(t("Cancel"), "x", t("Cancel {name}", { name: this.file.name }), () => this.cancel());
    element.append(main, this.again, this.stop);
    return element;
  }

  async run() {
    const answer = await this.send();
    if (this.isCancelled) return;
    if (answer.status === 201) this.arrived(answer.json().files[0]);
    else if (answer.status === 401 && (await signedInAgain())) await this.run();
    else this.refuse(answer.status === 0 ? t("Not sent: no connection.") : http.reason(answer, t("The file could not be sent.")), { isFinal: [404, 413, 422].includes(answer.status) });
  }

  /** By XMLHttpRequest, which tells how far an upload has come; fetch does not. */
  send() {
    const request = new XMLHttpRequest();
    this.request = request;
    const body = new FormData();
    body.set("sending", this.id);
    body.set("field", "files");
    body.set("file", this.file);
    request.open("POST", this.files.issue.url("attachments/"));
    for (const [name, value] of [["X-CSRFToken", csrf()], ["X-Requested-With", "XMLHttpRequest"], ["Accept", "application/json"], ["X-Op", this.id]]) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => this.progressed(event.loaded / event.total));
    return new Promise((resolve) => {
      const end = () => {
        const isJson = (request.getResponseHeader("Content-Type") ?? "").includes("json");
        resolve({ ok: request.status < 400, status: request.status, text: request.responseText, isJson, json: () => (isJson ? JSON.parse(request.responseText) : {}) });
      };
      request.addEventListener("loadend", end);
      request.send(body);
    });
  }

  progressed(part) {
    this.bar.value = Math.round(part * 100);
    const { size } = this.file;
    const done = inBytes((Math.floor(part * 10) / 10) * size); // spoken in steps, not with every packet
    const words = part < 1 ? t("{done} of {size}", { done, size: inBytes(size) }) : t("Nearly there…");
    if (this.words.textContent !== words) this.words.textContent = words;
  }

  arrived(attached) {
    this.replaceMark(attached.markdown);
    this.files.done(this);
  }

  refuse(words, { isFinal }) {
    this.element.classList.add("refused");
    this.words.className = "error";
    this.words.textContent = words;
    this.bar.hidden = true;
    this.again.hidden = isFinal;
    if (isFinal) this.replaceMark("");
    rename(this.stop, t("Dismiss"), `${t("Dismiss")}: ${this.file.name}`);
  }

  retry() {
    this.element.classList.remove("refused");
    this.words.className = "about";
    this.words.textContent = t("Waiting");
    this.bar.hidden = false;
    this.bar.value = 0;
    this.again.hidden = true;
    rename(this.stop, t("Cancel"), t("Cancel {name}", { name: this.file.name }));
    this.stop.focus();
    this.files.queue(this);
  }

  cancel() {
    this.isCancelled = true;
    this.request?.abort();
    this.files.drop(this);
    this.replaceMark("");
    this.files.settle(this);
  }

  // In a text

  /** Put a text where the caret is, as if it were typed. */
  insert(text) {
    const { editor } = this;
    editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
    written(editor);
    return text;
  }

  /** What stood in for the file gives way to it, wherever it is now; the caret stays where somebody writes. */
  replaceMark(text) {
    const { mark, editor } = this;
    this.mark = null;
    if (!mark) return;
    const at = editor.value.indexOf(mark);
    if (at < 0) return; // its writer took it away
    // "preserve" would select the new text where the caret stood behind the old one, and the next letter would replace it.
    const end = at + mark.length;
    const moved = (place) => (place <= at ? place : Math.max(place, end) + text.length - mark.length);
    const [from, to] = [moved(editor.selectionStart), moved(editor.selectionEnd)];
    editor.setRangeText(text, at, end);
    editor.setSelectionRange(from, to);
    written(editor);
  }
}

const written = (editor) => editor.dispatchEvent(new InputEvent("input", { bubbles: true }));

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;

function control(words, sign, label, run) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-button";
  button.append(icon(sign));
  rename(button, words, label);
  button.addEventListener("click", run);
  return button;
}

function rename(button, words, label) {
  button.title = words;
  button.setAttribute("aria-label", label);
}

function inBytes(size) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(Math.floor(Math.log2(Math.max(size, 1)) / 10), units.length - 1);
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: 1 }).format(size / 1024 ** step);
}
