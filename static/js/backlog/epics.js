/** The epics beside the backlog: one of them filters it, and rows that are dropped on one become part of it. */
import { takeBack } from "../bulk/bar.js";
import * as http from "../requests.js";
import { t } from "../text.js";
import { toast } from "../toasts.js";
import { idOf } from "../board/place.js";

const STAY = 10_000;

/** What the drag module asks about the places beside the lists. `parts` is there when the page is put together. */
export function epicTargets(board, parts) {
  const epics = () => [...document.querySelectorAll("[data-epic]")];

  return {
    at(x, y) {
      return epics().find((epic) => {
        const box = epic.getBoundingClientRect();
        return epic.checkVisibility() && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
      });
    },

    show(target) {
      for (const epic of epics()) epic.classList.toggle("drop-target", epic === target);
    },

    async drop(cards, target) {
      const { live, moves, readMany } = parts();
      const url = `${board.project}issues/bulk/`;
      const op = http.newOp();
      live.expect(op, () => true); // shown from the answer
      const data = new FormData();
      data.set("issue", cards.map(idOf).join(","));
      data.set("parent", target.dataset.epic);
      data.set("op", op);
      const step = moves.begin();
      const answer = await http.post(url, data);
      if (!answer.ok) {
        live.forget(op);
        step.drop();
        toast({ error: true, text: http.reason(answer, t("The selected issues could not be changed.")) });
        return;
      }
      const { ids } = answer.json();
      readMany(ids);
      const undo = ids.length ? step.keep(() => takeBack({ url, op, ids, onDone: readMany })) : step.drop();
      const epic = target.querySelector("[data-name]").textContent;
      const text = cards.length > 1
        ? t("{count} issues are part of “{epic}” now", { count: cards.length, epic })
        : t("{key} is part of “{epic}” now", { key: cards[0].dataset.issueKey, epic });
      toast({ text, action: undo ? { label: t("Undo"), run: undo } : null, stay: STAY });
    },
  };
}
