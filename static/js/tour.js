// The first steps of somebody new: ticked off while they are done, put away with one click or Escape.

import { getFragment, post } from "./http.js";
import { announce } from "./text.js";
import { toast } from "./toasts.js";

const PAUSE = 300;
const strip = () => document.getElementById("tour");
let timer = 0;
let asked = 0;

/** Show the steps as they stand now. The focus is moved only if what had it is gone. */
async function tick() {
  const before = strip();
  if (!before) return;
  const mine = ++asked;
  const answer = await getFragment(`${before.dataset.tour}?from=${encodeURIComponent(location.pathname)}`);
  const text = answer.ok && !answer.redirected ? await answer.text() : null;
  if (text === null || mine !== asked || !before.isConnected) return;
  const shelf = document.createElement("template");
  shelf.innerHTML = text;
  const after = shelf.content.querySelector("#tour");
  if (!after || after.dataset.status === before.dataset.status) return;
  const hadFocus = before.contains(document.activeElement);
  before.replaceWith(after);
  if (hadFocus) after.querySelector("button").focus();
  announce(after.dataset.status);
}

async function putAway(element) {
  const { skipped, resume } = element.dataset;
  const url = element.querySelector("form").action;
  const next = element.nextElementSibling;
  const home = element.parentElement;
  const hadFocus = element.contains(document.activeElement);
  element.remove();
  if (hadFocus) document.getElementById("main").focus();
  const answer = await post(url, { to: "end" }, { keepalive: true }); // its person may be on the way to another page
  if (!answer.ok) return home.insertBefore(element, next);
  return toast({
    text: skipped,
    action: {
      label: resume,
      run: async () => { if ((await post(url, { to: "resume" })).ok) home.insertBefore(element, next?.isConnected ? next : null); },
    },
  });
}

if (strip()) {
  document.addEventListener("flowboard:written", () => {
    clearTimeout(timer);
    timer = setTimeout(tick, PAUSE);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-tour-end]")) return;
    event.preventDefault();
    putAway(strip());
  });
  // Escape belongs to whatever is open or being written; only where nothing is does it put the steps away.
  document.addEventListener("keydown", (event) => {
    const element = strip();
    if (event.key !== "Escape" || event.defaultPrevented || !element) return;
    const isFree = event.target === document.body || event.target.id === "main" || element.contains(event.target);
    if (!isFree || document.querySelector("dialog[open], :popover-open, #panel:not([hidden])")) return;
    event.preventDefault();
    putAway(element);
  });
}
