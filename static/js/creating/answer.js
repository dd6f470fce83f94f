/** What the server says about issues that were just created (templates/boards/_created.html), and taking them back. */
import { parse } from "../board/place.js";
import * as http from "../requests.js";
import { announce, t } from "../text.js";
import { toast } from "../toasts.js";

/**
 * `project` is the address of the project, with its slash.
 *
 * @returns {{ids: number[], key: string, url: string, project: string, text: string, isHidden: boolean, isMany: boolean, cards: HTMLElement[]}|null}
 *   null when the answer is a refusal
 */
export function readCreated(answer) {
  if (!answer.ok) return null;
  const elements = parse(answer.text);
  const said = elements.find((element) => element.dataset.created !== undefined);
  if (!said) return null;
  return {
    ids: said.dataset.created.split(" ").map(Number),
    key: said.dataset.key,
    url: said.dataset.url,
    project: `/${said.dataset.url.split("/")[1]}/${said.dataset.key.split("-")[0]}/`,
    text: said.textContent.trim(),
    isHidden: said.dataset.hidden !== undefined,
    isMany: said.dataset.many !== undefined, // one with its sub-tasks is one
    cards: elements.filter((element) => element.classList.contains("card")),
  };
}

/**
 * Say that something was created, where it is, and offer to take it back.
 *
 * @param {object} created from `readCreated`
 * @param {object} options
 * @param {() => void} [options.onGone] it was taken back
 * @param {() => void} [options.open] shows the issue without leaving the page
 * @returns {() => void} takes it back, once
 */
export function tellCreated(created, { onGone = () => {}, open = null } = {}) {
  let isDone = false;
  const undo = async () => {
    if (isDone) return;
    isDone = true;
    notice.close();
    const answer = await http.post(`${created.project}issues/delete/`, { issue: created.ids, op: http.newOp() });
    if (answer.ok) {
      onGone();
      announce(t("Taken back."));
      return;
    }
    isDone = false;
    toast({ error: true, text: http.reason(answer, t("That could not be taken back.")), action: { label: t("Try again"), run: undo } });
  };
  const notice = toast({
    text: created.text,
    link: { label: created.isMany ? t("Show them") : t("Open {key}", { key: created.key }), href: created.url, run: open },
    action: { label: t("Undo"), isUndo: true, run: undo },
    stay: created.isHidden ? 12_000 : undefined,
  });
  return undo;
}
