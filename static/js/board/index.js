/** The board page. */
import { Board } from "./board.js";
import { startBoard } from "./page.js";

const root = document.querySelector("[data-board]");
if (root) startBoard(new Board(root), { place: "board" });
