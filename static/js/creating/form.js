/** The form of a new issue with all its fields, on its own page and in the dialog. What is written in it is a draft. */
import { draftNote, forgetDraft, keepDraft, readDraft } from "../drafts.js";
import * as http from "../requests.js";
import { t } from "../text.js";
import { readCreated } from "./answer.js";

/** What the next issue does not share with the last one. */
const OWN = ["title", "description", "points"];

export class NewIssueForm {
  /**
   * @param {HTMLFormElement} form
   * @param {object} options
   * @param {() => string} options.address where to send it
   * @param {(created: object, another: boolean) => void} options.onCreated
   */
  constructor(form, { address, onCreated }) {
    Object.assign(this, { form, address, onCreated });
    this.place = form.dataset.newIssue;
    this.isWaiting = false;
    this.ready = null;
    form.addEventListener("submit", (event) => this.submit(event));
    form.addEventListener("input", () => this.keep());
  }

  get isWritten() {
    return OWN.some((name) => this.form.elements[name]?.value.trim());
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
    if (!Array.isArray(draft)) return;
    for (const field of this.form.elements) {
      if (!field.name || field === title || field.type === "hidden") continue;
      if (field.type === "checkbox") field.checked = given(field.name).includes(field.value);
      else if (field.matches("select")) this.choose(field, given(field.name)[0]);
      else if (field.matches("input, textarea")) field.value = given(field.name)[0] ?? "";
    }
    this.keep();
    this.form.querySelector("[data-error]").before(draftNote(() => {
      this.empty();
      title.focus();
    }));
  }

  /** A choice of then may be gone by now. */
  choose(select, value) {
    if ([...select.options].some((option) => option.value === value)) select.value = value;
  }

  empty() {
    forgetDraft(this.place);
    for (const name of OWN) if (this.form.elements[name]) this.form.elements[name].value = "";
    this.form.querySelector(".draft-note")?.remove();
    this.say("");
  }

  say(text, name = "") {
    const place = this.form.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    const field = name ? this.form.querySelector(`[name="${CSS.escape(name)}"]`) : null;
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
  }

  async submit(event) {
    event.preventDefault();
    const { form } = this;
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    this.say("");
    await this.ready; // sent before the other fields came, it would lack what they begin with
    const data = new FormData(form);
    data.set("op", http.newOp());
    const answer = await http.post(this.address(), data);
    form.ariaBusy = "false";
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
