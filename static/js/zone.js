// The reader's time zone: proposed once from the browser, and found by its city while it is typed.

import { post } from "./http.js";

const question = document.querySelector("[data-zone-question]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (question && zone && zone !== document.body.dataset.timeZone) {
  question.querySelector("[data-zone]").textContent = zone.replaceAll("_", " ");
  question.querySelector("[data-use]").value = zone;
  question.hidden = false;
  question.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = event.submitter.value;
    const answer = await post(question.action, { time_zone: chosen });
    if (!answer.ok) return;
    question.remove();
    document.getElementById("main").focus();
    if (chosen === zone) location.reload(); // every time on the page is another now
  });
}

const PAUSE = 150;
for (const input of document.querySelectorAll("[data-find-zone]")) {
  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = await fetch(`${input.dataset.findZone}?q=${encodeURIComponent(input.value)}`);
      if (!answer.ok) return;
      const { names } = await answer.json();
      input.list.replaceChildren(...names.map((name) => new Option("", name)));
    }, PAUSE);
  });
}

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-density-choice]")) document.body.dataset.density = event.target.value;
});
