/**
 * What is typed into a page, taken along over one reload of it, in this tab only. Texts with a draft of their own
 * (drafts.js) need no help; passwords are never kept.
 */
const PLACE = "flowboard:along";
const MINUTE = 60_000;
const FIELDS = "textarea, select, input:not([type=hidden], [type=password], [type=search], [type=submit], [type=button])";
const WRITTEN = "textarea, input:not([type=checkbox], [type=radio])"; // what takes more than a click to do again
const WITH_DRAFT = "[data-draft], [data-new-issue] *, [data-create] *, [data-sign-in] *";

const isTicked = (field) => field.matches("[type=checkbox], [type=radio]");

function isChanged(field) {
  if (isTicked(field)) return field.checked !== field.defaultChecked;
  if (!field.matches("select")) return field.value !== field.defaultValue;
  const marked = [...field.options].filter((option) => option.defaultSelected);
  const given = marked.length || field.multiple ? marked : [field.options[0]]; // the browser chooses the first
  return field.selectedOptions.length !== given.length || given.some((option) => !option?.selected);
}

/** Everything that was written or chosen here and is not saved, without what is a draft anyway. */
function unsaved() {
  return [...document.querySelectorAll(FIELDS)].filter((field) => field.form?.method !== "get" && !field.matches(WITH_DRAFT) && isChanged(field));
}

/** A name that the same field has on the page that comes after; null for fields that a script made or forgets. */
function nameOf(field) {
  if (!field.name || !field.form || field.form.method !== "post" || field.type === "file") return null;
  const same = [...document.querySelectorAll(`[name="${CSS.escape(field.name)}"]`)];
  return [new URL(field.form.getAttribute("action") ?? "", location).pathname, field.name, same.indexOf(field)].join(" ");
}

function read(field) {
  if (isTicked(field)) return field.checked;
  return field.matches("select") ? [...field.selectedOptions].map((option) => option.value) : field.value;
}

function write(field, value) {
  if (isTicked(field)) field.checked = value;
  else if (field.matches("select")) for (const option of field.options) option.selected = value.includes(option.value);
  else field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Keep what is typed for the reload that follows. Where something cannot be kept, keep nothing and return its field. */
export function takeAlong() {
  const fields = unsaved();
  const left = fields.find((field) => nameOf(field) === null && field.matches(WRITTEN) && field.checkVisibility());
  if (left) return left;
  const kept = fields.filter((field) => nameOf(field) !== null).map((field) => [nameOf(field), read(field)]);
  try {
    sessionStorage.setItem(PLACE, JSON.stringify({ at: Date.now(), path: location.pathname, kept }));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // storage is full or switched off
    return fields[0] ?? null;
  }
  return null;
}

/** Put back what was taken along to this page. */
export function bringBack() {
  let stored;
  try {
    stored = JSON.parse(sessionStorage.getItem(PLACE));
    sessionStorage.removeItem(PLACE);
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return;
    throw error;
  }
  if (!stored || stored.path !== location.pathname || Date.now() - stored.at > MINUTE) return;
  const kept = new Map(stored.kept);
  for (const field of document.querySelectorAll(FIELDS)) {
    const name = nameOf(field);
    if (name !== null && kept.has(name)) write(field, kept.get(name));
  }
}
