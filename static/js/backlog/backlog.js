/** The backlog as a board: its lists are sections, one below the other, and a row's sprint says in which it belongs. */
import { Board } from "../board/board.js";
import { parse } from "../board/place.js";

export class Backlog extends Board {
  get by() {
    return "sprint";
  }

  /** A fact says nothing of sprints: such a row is read. */
  listFor({ sprint }) {
    return sprint === undefined ? null : this.list(sprint);
  }

  placeAt(list) {
    return { sprint: list.dataset.column };
  }

  get readsMoved() {
    return true;
  }

  get isStacked() {
    return true;
  }

  get scroller() {
    return document.getElementById("main");
  }

  /** Sprint, estimate and assignee count in a section's head, status and parent at the epics. */
  isCounted() {
    return true;
  }

  /** The answer is what templates/backlog/_figures.html draws. */
  showTotals(answer) {
    for (const fresh of parse(answer.text)) {
      const name = ["data-figures", "data-load", "data-epics"].find((each) => fresh.hasAttribute(each));
      const shown = document.querySelector(`[${name}="${fresh.getAttribute(name)}"]`);
      const isChoice = name === "data-epics"; // what is chosen there is the reader's
      if (!shown || (isChoice ? shown.textContent === fresh.textContent : shown.innerHTML === fresh.innerHTML)) continue;
      if (isChoice) keepChoice(shown, fresh);
      shown.replaceWith(fresh);
    }
  }
}

/** What is chosen and what has the focus among the epics stays so. */
function keepChoice(shown, fresh) {
  const chosen = shown.querySelector(":checked")?.value ?? "";
  const hadFocus = shown.contains(document.activeElement);
  for (const input of fresh.querySelectorAll("input")) input.checked = input.value === chosen;
  if (hadFocus) requestAnimationFrame(() => fresh.querySelector(":checked")?.focus());
}
