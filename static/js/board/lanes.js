/** Lanes across the columns: which ones the reader wants (`V`), and those that they folded. The server remembers both. */
import { shortcut } from "../keys.js";
import { openMenu } from "../menus.js";
import * as http from "../requests.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";

export function enableLanes({ board, live }) {
  const menu = document.getElementById("lanes-menu");
  if (!menu) return;
  const chip = document.querySelector("[popovertarget=lanes-menu]");
  const form = document.getElementById("lanes-form");
  shortcut({ group: "page", does: t("Lanes by"), keys: ["v"], run: () => { openMenu(menu, chip); } });

  // One after the other: what was chosen last is what stays.
  let line = Promise.resolve();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { value } = event.submitter;
    line = line.then(() => choose(value));
  });

  async function choose(value) {
    board.root.ariaBusy = "true";
    const answer = await http.post(board.part("lanes/"), { grouping: value });
    if (answer.ok) {
      await live.refetch(http.get);
      board.recount(); // who is at a limit shows beside other lanes
      announce(t("Lanes by: {name}", { name: board.root.dataset.lanesName }));
    } else toast({ error: true, text: http.reason(answer, t("That was not saved.")) });
    board.root.ariaBusy = "false";
  }

  // Chosen here, or by an admin for everybody who chose nothing.
  board.onLanes = () => {
    chip.querySelector("[data-lanes-name]").textContent = board.root.dataset.lanesName;
    for (const item of menu.querySelectorAll("[role=menuitemradio]")) {
      const isChosen = item.value === (board.root.dataset.lanes ?? "none");
      item.setAttribute("aria-checked", String(isChosen));
      if (isChosen) item.append(menu.querySelector(".check"));
    }
  };

  // The browser folds it; before that, it still is as it was. Who folds a lane may be on the way to another page.
  board.root.addEventListener("click", (event) => {
    const summary = event.target.closest("[data-lane-key] > summary");
    if (!summary) return;
    const lane = summary.parentElement;
    const data = { lane: lane.dataset.laneKey, is_folded: lane.open ? "1" : "0" };
    line = line.then(() => http.post(board.part("lanes/fold/"), data, { keepalive: true }));
  });
}
