/** The filter form, without reloading: the address says what is shown, the socket stays, cards are reconciled. */
import * as http from "../requests.js";
import { announce } from "../text.js";

const PAUSE = 250;

export function enableFilters({ board, live }) {
  const form = document.getElementById("filters");
  if (!form) return;
  let timer = 0;
  form.querySelector("[type=submit]").hidden = true;

  const wanted = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value.trim()) query.set(name, value.trim());
    return query;
  };

  // Which sprint is shown goes along in the address, but hides nothing.
  const isNarrowed = (query) => [...query.keys()].some((name) => name !== "sprint");

  board.filters = wanted();

  async function apply() {
    clearTimeout(timer);
    const query = wanted();
    if (query.toString() === board.filters.toString()) return;
    board.filters = query;
    const text = query.toString();
    history.replaceState(history.state, "", `${board.url}${text ? `?${text}` : ""}`);
    form.querySelector("[data-clear]").hidden = !isNarrowed(query);
    board.root.ariaBusy = "true";
    await live.refetch(http.get);
    if (board.filters !== query) return; // others were chosen meanwhile, and are shown by now
    board.root.ariaBusy = "false";
    board.root.toggleAttribute("data-filtered", isNarrowed(query));
    if (isNarrowed(query) && !board.root.querySelector(".card")) announce(document.querySelector(".board-empty.filtered").dataset.said);
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  // Some of its fields may stand elsewhere on the page.
  document.addEventListener("change", (event) => { if (event.target.form === form) apply(); });
  form.addEventListener("input", (event) => {
    if (event.target.name !== "q") return;
    clearTimeout(timer);
    timer = setTimeout(apply, PAUSE);
  });
  for (const link of document.querySelectorAll("[data-clear]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      for (const field of form.elements) {
        if (field.type === "checkbox") field.checked = false;
        else if (field.type === "radio") field.checked = field.value === "";
        else if (field.name && field.type !== "hidden") field.value = "";
      }
      form.elements.q.focus(); // the link goes with the filters
      apply();
    });
  }
  form.elements.q.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    if (form.elements.q.value) {
      form.elements.q.value = "";
      apply();
    } else form.elements.q.blur();
  });

  return { focus: () => form.elements.q.focus() };
}
