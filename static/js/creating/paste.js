/** Several lines pasted where one title belongs: a list of titles to look over, then one issue for each. */
import * as http from "../requests.js";
import { t } from "../text.js";
import { parse } from "../board/place.js";
import { readCreated } from "./answer.js";

/** As many as the server makes at once (apps/boards/services.py). */
export const MOST = 100;
const LONGEST = 500;
const BULLET = /^\s*(?:[-*+•–—▪◦·]|\d{1,3}[.)]|[a-zA-Z][.)])\s+/;
const BOX = /^\s*\[[ xX✓]?\]\s*/;

/** The titles of a pasted list: bullets, numbers and tick boxes are not part of them, and neither are blank lines. */
export function titlesIn(text) {
  return text.split(/\r\n|\r|\n|\u2028|\u2029/)
    .map((line) => line.replace(BULLET, "").replace(BOX, "").replace(/\s+/g, " ").trim())
    .filter(Boolean);
}

/**
 * @param {object} options
 * @param {HTMLElement} options.root where the columns' forms are
 * @param {(form: HTMLFormElement) => string} options.address where to send the titles
 * @param {(form: HTMLFormElement) => string} [options.cells] where to ask what pasted cells would become; without it they are lines like any
 * @param {(form: HTMLFormElement) => string} options.columnName
 * @param {(op: string) => void} options.onSend
 * @param {(op: string, created: object|null, form: HTMLFormElement) => void} options.onAnswer
 */
export function enablePaste({ root, address, cells = null, columnName, onSend, onAnswer }) {
  const dialog = document.getElementById("many-dialog");
  if (!dialog) return;
  const form = dialog.querySelector("form");
  const list = dialog.querySelector("[data-titles]");
  const row = dialog.querySelector("template");
  const send = form.querySelector("[type=submit] > span");
  let source = null;

  root.addEventListener("paste", (event) => {
    const field = event.target.closest?.("form[data-create] textarea");
    const text = field ? event.clipboardData.getData("text/plain") : "";
    const titles = titlesIn(text);
    if (titles.length < 2) return;
    event.preventDefault();
    const { form: from } = field;
    const said = cells && /[\t,;]/.test(text) ? recognise(from, text) : null;
    if (said) said.then((rows) => open(from, rows ?? titles));
    else open(from, titles);
  });

  /** The rows of pasted cells as the server understands them; null where they are lines of text. */
  async function recognise(from, text) {
    const answer = await http.post(cells(from), { text });
    return answer.ok && answer.text ? parse(answer.text) : null;
  }

  const fields = () => [...list.querySelectorAll("input:not([type=hidden])")];

  /** `rows` are titles, or what the server drew of cells: a sentence, then a row for each issue. */
  function open(from, rows) {
    source = from;
    const said = rows[0].dataset ? rows.shift() : null;
    list.replaceChildren(...rows.slice(0, MOST).map((row) => (said ? row : item(row))));
    const recognised = dialog.querySelector("[data-recognised]");
    recognised.hidden = !said;
    recognised.textContent = said?.textContent ?? "";
    const total = said ? Number(said.dataset.count) : rows.length;
    dialog.querySelector("[data-column-name]").textContent = columnName(from);
    const limit = dialog.querySelector("[data-limit]");
    limit.hidden = total <= MOST;
    limit.textContent = t("You pasted {count} lines. These are the first {most}; paste the rest when they are created.", { count: total, most: MOST });
    say("");
    count();
    dialog.showModal();
    fields()[0].focus();
  }

  function item(title) {
    const element = row.content.firstElementChild.cloneNode(true);
    element.querySelector("input").value = title;
    return element;
  }

  /** Number the rows anew, and say on the button how many there will be. */
  function count() {
    const all = fields();
    all.forEach((field, index) => {
      field.setAttribute("aria-label", t("Title {number}", { number: index + 1 }));
      field.closest("li").querySelector("button").setAttribute("aria-label", t("Remove title {number}", { number: index + 1 }));
    });
    send.textContent = all.length === 1 ? t("Create 1 issue") : t("Create {count} issues", { count: all.length });
  }

  function say(text) {
    const place = form.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const gone = button.closest("li");
    const heir = gone.nextElementSibling ?? gone.previousElementSibling;
    gone.remove();
    if (!heir) {
      dialog.close();
      return;
    }
    count();
    heir.querySelector("button").focus();
  });

  dialog.querySelector("[data-as-one]").addEventListener("click", () => {
    const text = fields().map((field) => field.value.trim()).filter(Boolean).join(" ");
    dialog.close();
    const field = source.elements.title;
    field.setRangeText(text.slice(0, LONGEST), field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  dialog.addEventListener("close", () => { if (source?.isConnected && source.offsetParent) source.elements.title.focus(); });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    const written = fields().filter((field) => field.value.trim());
    const titles = written.map((field) => field.value.trim());
    const beside = written.map((field) => field.closest("li").querySelector("[name=cells]")?.value ?? "");
    const long = fields().find((field) => field.value.trim().length > LONGEST);
    if (long) {
      say(t("A title has at most {most} characters; this one has {count}.", { most: LONGEST, count: long.value.trim().length }));
      long.setAttribute("aria-invalid", "true");
      long.focus();
      return;
    }
    if (titles.length === 0) {
      say(t("Write at least one title."));
      return;
    }
    const op = http.newOp();
    form.ariaBusy = "true";
    say("");
    onSend(op);
    const where = { column: source.elements.column.value, ...(source.elements.project && { project: source.elements.project.value }) };
    const answer = await http.post(address(source), { ...where, titles, cells: beside, op });
    form.ariaBusy = "false";
    const created = readCreated(answer);
    if (created) dialog.close();
    else say(http.reason(answer, t("The issues could not be created.")));
    onAnswer(op, created, source);
  });
}
