/** The form of a new issue with all its fields, on its own page and in the dialog. What is written in it is a draft. */
import { draftNote, forgetDraft, keepDraft, readDraft } from "../drafts.js";
import * as http from "../requests.js";
import { markSent } from "../sending.js";
import { announce, t } from "../text.js";
import { leavePreview, preview } from "../writing/preview.js";
import "../writing/writing.js";
import { readCreated } from "./answer.js";

/** What the next issue does not share with the last one. */
const OWN = ["title", "description", "points"];

export class NewIssueForm {
  /**
   * @param {HTMLFormElement} form
   * @param {object} options
   * @param {() => string} options.address where to send it
   * @param {() => string} [options.column] id of the board's column to begin with
   * @param {(created: object, another: boolean) => void} options.onCreated
   */
  constructor(form, { address, column = () => "", onCreated }) {
    Object.assign(this, { form, address, column, onCreated });
    this.place = form.dataset.newIssue;
    this.rest = form.querySelector("[data-rest]");
    this.isWaiting = false;
    this.ready = null;
    this.reads = 0;
    this.touched = new Set(); // what somebody wrote or chose: no template changes it
    this.template = null; // the one that somebody chose; else it goes by the type
    form.addEventListener("submit", (event) => this.submit(event));
    form.addEventListener("input", (event) => {
      this.touched.add(event.target.name);
      this.keep();
    });
    form.addEventListener("change", (event) => {
      if (event.target.name !== "type") return;
      this.showOwn();
      if (this.template === null && this.hasDefaults) this.fill();
    });
    this.rest.addEventListener("click", (event) => {
      const look = event.target.closest("[data-preview]");
      if (look) this.preview(look);
      const link = event.target.closest("[data-template]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.choose(link.dataset.template);
    });
    this.showOwn();
  }

  get isWritten() {
    return OWN.some((name) => {
      const field = this.form.elements[name];
      return Boolean(field?.value.trim()) && field.value !== this.given(field);
    });
  }

  /** What a template, or the page, put into a field. */
  given(field) {
    return field.name === "title" ? (this.rest.querySelector("[data-title]")?.dataset.title ?? "") : field.defaultValue;
  }

  get hasDefaults() {
    return this.rest.querySelector("[data-has-defaults]") !== null;
  }

  /** Of the project's own fields those of the chosen type; the others are not sent. */
  showOwn() {
    const type = this.form.elements.type?.value;
    for (const place of this.rest.querySelectorAll("[data-own-field][data-types]")) {
      place.hidden = !place.dataset.types.split(" ").includes(type);
      for (const field of place.querySelectorAll("input, select, textarea")) field.disabled = place.hidden;
    }
  }

  /** Begin anew, or with the template that a draft was begun with. */
  begin() {
    const draft = readDraft(this.place);
    this.template = Array.isArray(draft) ? (draft.find(([name]) => name === "template")?.[1] || null) : null;
    this.touched.clear();
  }

  /** Read what the form offers and begins with, under the chosen template or the one of the chosen type. */
  async read() {
    const { form, rest } = this;
    const turn = ++this.reads;
    const query = new URLSearchParams();
    if (this.column()) query.set("column", this.column());
    if (this.template !== null) query.set("template", this.template);
    if (this.touched.has("type")) query.set("type", form.elements.type.value);
    if (this.touched.has("subtasks")) query.set("subtasks", "1"); // written already: whatever comes has a place for them
    const answer = await http.get(query.size ? `${form.action}?${query}` : form.action);
    if (turn !== this.reads) return;
    if (!answer.ok) {
      this.say(http.reason(answer, t("The choices could not be read.")));
      return;
    }
    const { title } = form.elements;
    const isOurs = !title.value.trim() || title.value === this.given(title);
    const typed = [...new FormData(form)].filter(([name]) => this.touched.has(name));
    const { name: focused, value: taken } = rest.contains(document.activeElement) ? document.activeElement : {};
    rest.innerHTML = answer.text;
    if (isOurs && !this.touched.has("title")) title.value = this.given(title);
    this.put(typed, this.touched);
    this.showOwn();
    if (!focused) return;
    const again = [...rest.querySelectorAll(`[name="${CSS.escape(focused)}"]`)];
    again.find((field) => field.type !== "checkbox" || field.value === taken)?.focus();
  }

  /** What the description will look like, and what its quick actions will do to an issue with these choices. */
  preview(button) {
    const { dataset } = this.form.querySelector("[data-preview-pane]");
    const data = new FormData(this.form);
    preview(button, {
      address: dataset.previewPane,
      about: {
        project: dataset.project,
        status: data.get("status") ?? "",
        assignee: data.get("assignee") ?? "",
        labels: data.getAll("labels"),
      },
      onRefused: (_form, answer) => this.say(http.reason(answer, t("The preview could not be drawn.")), "description"),
      onDrawn: () => this.say(""), // the preview says anew what would be refused
    });
  }

  /** Fill in what nobody typed from a template; `0` is none. */
  async choose(template) {
    this.template = template;
    await this.fill();
    const link = this.rest.querySelector(`[data-template="${CSS.escape(template)}"]`);
    link?.focus();
    announce(template === "0" ? t("No template.") : t("Filled in from “{name}”.", { name: link?.textContent ?? "" }));
  }

  fill() {
    this.ready = this.read();
    return this.ready;
  }

  keep() {
    if (this.isWaiting) return;
    if (!this.isWritten) {
      forgetDraft(this.place);
      return;
    }
    const data = new FormData(this.form);
    data.delete("csrfmiddlewaretoken");
    keepDraft(this.place, [...data]);
  }

  /**
   * Put back what was written and not sent. The title is put back at once; `rest` resolves when the other fields are
   * there. Until then nothing is kept, or half a form would take the place of the whole draft.
   */
  async restore(rest = null) {
    const { title } = this.form.elements;
    const draft = readDraft(this.place);
    const given = (name) => draft.filter(([other]) => other === name).map(([, value]) => value);
    this.form.querySelector(".draft-note")?.remove();
    if (Array.isArray(draft) && !title.value) title.value = given("title")[0] ?? "";
    this.isWaiting = true;
    this.ready = rest;
    await rest;
    this.isWaiting = false;
    if (!Array.isArray(draft)) {
      if (!title.value) title.value = this.given(title);
      return;
    }
    const names = new Set([...this.form.elements].map((field) => field.name).filter((name) => name && name !== "title"));
    this.put(draft, names);
    this.showOwn();
    for (const [name] of draft) this.touched.add(name);
    this.keep();
    this.form.querySelector("[data-error]").before(draftNote(() => {
      this.empty();
      title.focus();
    }));
  }

  /** Give fields of these names the values that they had, as `[name, value]`. A choice of then may be gone by now. */
  put(values, names) {
    const given = (name) => values.filter(([other]) => other === name).map(([, value]) => value);
    for (const field of this.form.elements) {
      if (!names.has(field.name) || field.type === "hidden") continue;
      const [value] = given(field.name);
      if (field.type === "checkbox") field.checked = given(field.name).includes(field.value);
      else if (field.matches("select")) { if ([...field.options].some((option) => option.value === value)) field.value = value; }
      else if (field.matches("input, textarea")) field.value = value ?? "";
    }
  }

  /** What the next one does not share with the last is as the template has it again. */
  empty() {
    leavePreview(this.form);
    forgetDraft(this.place);
    for (const field of this.rest.querySelectorAll("[data-own-field] :is(input, select, textarea)")) {
      if (field.type === "checkbox") field.checked = field.defaultChecked;
      else if (field.matches("select")) field.selectedIndex = Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
      else field.value = field.defaultValue;
      this.touched.delete(field.name);
    }
    for (const name of [...OWN, "subtasks"]) {
      const field = this.form.elements[name];
      if (field) field.value = this.given(field);
      this.touched.delete(name);
    }
    this.form.querySelector(".draft-note")?.remove();
    this.say("");
  }

  say(text, name = "") {
    const place = this.form.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    const field = name ? this.form.querySelector(`[name="${CSS.escape(name)}"]`) : null;
    if (name === "description") leavePreview(this.form);
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
  }

  async submit(event) {
    event.preventDefault();
    const { form } = this;
    if (form.ariaBusy === "true") return;
    markSent(form, true);
    this.say("");
    await this.ready; // sent before the other fields came, it would lack what they begin with
    const data = new FormData(form);
    data.set("op", http.newOp());
    const answer = await http.post(this.address(), data);
    markSent(form, false);
    const created = readCreated(answer);
    if (!created) {
      this.say(http.reason(answer, t("The issue could not be created.")), answer.isJson ? answer.json().field : "");
      return;
    }
    const another = form.elements.another.checked;
    this.empty();
    if (another) form.elements.title.focus();
    this.onCreated(created, another);
  }
}
