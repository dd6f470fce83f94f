/** The form of a schedule says in words what it does, and on which days, while it is filled in. */
import * as http from "./requests.js";

const PAUSE = 250;

const form = document.querySelector("form[data-repeating]");
if (form) {
  const says = form.querySelector("[data-in-words]");
  let waiting = null;
  let asked = 0;
  // The dates are here already: the button is for whoever has no script.
  form.querySelector("[data-plain]").hidden = true;

  async function show() {
    const mine = ++asked;
    const answer = await http.post(form.dataset.repeating, new FormData(form));
    if (answer.ok && mine === asked) says.innerHTML = answer.text;
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE);
  });
}
