// Favourites without leaving the page: the star turns at once, and the sidebar shows them as the server has them.

import { post, reason } from "./requests.js";
import { t } from "./text.js";
import { toast } from "./toasts.js";

function show(form, isStarred) {
  for (const other of document.querySelectorAll(`form[data-star][action="${CSS.escape(form.getAttribute("action"))}"]`)) {
    other.elements.star.value = isStarred ? "0" : "1";
    other.querySelector("button").setAttribute("aria-pressed", String(isStarred));
  }
}

// While it is captured: neither the panel nor the guard against double sending shall take it for one of theirs.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches?.("form[data-star]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.ariaBusy === "true") return;
  const isStarred = form.elements.star.value === "1";
  const data = new FormData(form);
  form.ariaBusy = "true";
  show(form, isStarred);
  const answer = await post(form.action, data);
  form.ariaBusy = "false";
  if (answer.ok) document.getElementById("favourites").outerHTML = answer.text;
  else {
    show(form, !isStarred);
    toast({ error: true, text: reason(answer, t("That was not saved.")) });
  }
}, true);
