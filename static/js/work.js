/** Lists of somebody's work: status and assignee are changed in the line, and the list shows what the server makes of it. */
import { openMenu } from "./menus.js";
import * as http from "./requests.js";
import { announce, t } from "./text.js";
import { toast } from "./toasts.js";

const menu = document.getElementById("choices");
let asked = null;

const list = () => document.querySelector("[data-work]");

// Where script runs, what led to the issue opens a menu.
function tame() {
  for (const link of list()?.querySelectorAll("[data-pick]") ?? []) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-haspopup", "menu");
  }
}

/** Read the list again and give the focus to the same control, or to the line that took its place. */
async function refresh(key, field) {
  const answer = await http.get(location.pathname + location.search);
  if (!answer.ok) return;
  const lines = [...list().querySelectorAll("[data-key]")];
  const at = lines.findIndex((line) => line.dataset.key === key);
  list().outerHTML = answer.text;
  tame();
  const fresh = [...list().querySelectorAll("[data-key]")];
  const line = fresh.find((each) => each.dataset.key === key) ?? fresh[Math.min(at, fresh.length - 1)];
  (line?.querySelector(`[data-pick="${field}"]`) ?? line?.querySelector("a") ?? document.getElementById("main")).focus({ preventScroll: true });
}

async function change({ key, address, field, value, before, name }) {
  const answer = await http.post(`${address}edit/`, { field, value, op: http.newOp() });
  if (!answer.ok) {
    toast({ error: true, text: http.reason(answer, t("{key} could not be changed.", { key })) });
    return;
  }
  await refresh(key, field);
  const text = t("{key}: {name}", { key, name });
  if (before === null) announce(text);
  else toast({ text, action: { label: t("Undo"), isUndo: true, run: () => change({ key, address, field, value: before, before: null, name: t("as before") }) } });
}

async function open(link) {
  const line = link.closest("[data-key]");
  const { key, address } = line.dataset;
  const field = link.dataset.pick;
  asked = { key, address, field, before: link.dataset.value };
  const answer = await http.get(`${address}choices/?field=${field}`);
  if (asked?.key !== key || asked.field !== field) return; // another one was opened meanwhile
  if (!answer.ok) {
    toast({ error: true, text: http.reason(answer, t("The choices could not be read.")) });
    return;
  }
  menu.innerHTML = answer.text;
  menu.setAttribute("aria-label", link.getAttribute("aria-label"));
  openMenu(menu, link);
}

if (menu) {
  tame();
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-work] [data-pick]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
  document.addEventListener("keydown", (event) => {
    const link = event.target.closest?.("[data-work] [data-pick]");
    if (!link || event.key !== " ") return;
    event.preventDefault();
    open(link);
  });
  menu.addEventListener("click", (event) => {
    const item = event.target.closest("[data-choice]");
    if (!item || !asked || item.dataset.choice === asked.before) return;
    change({ ...asked, value: item.dataset.choice, name: item.textContent.trim() });
  });
}
