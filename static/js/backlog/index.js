/** The backlog page. */
import { startBoard } from "../board/page.js";
import { shortcut } from "../keys.js";
import { t } from "../text.js";
import { Backlog } from "./backlog.js";
import { epicTargets } from "./epics.js";
import { enableEstimates } from "./estimate.js";

// Above the sections, where there is no room beside them, the epics wait to be asked for.
if (matchMedia("(max-width: 1099px)").matches) document.querySelector(".epic-panel details").open = false;

const board = new Backlog(document.querySelector("[data-backlog]"));
let parts = null;

board.onStart = (made) => {
  parts = made;
  const estimate = enableEstimates(board, made);
  shortcut({
    group: "change",
    does: t("Estimate"),
    keys: ["n"],
    run: () => (made.keyboard.aim ? estimate(made.keyboard.aim) : false),
    isListed: () => board.canEdit,
  });
};
startBoard(board, { place: "", aside: board.canEdit ? epicTargets(board, () => parts) : null });
