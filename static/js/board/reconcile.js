/** A board made equal to freshly read columns, card by card: scroll, focus, open editors and running drags stay. */
import { cardOf, cardsIn, idOf, isBeyond, sentinelOf, within } from "./place.js";

export function reconcile(board, fresh) {
  const { root } = board;
  root.toggleAttribute("data-narrowed", fresh.hasAttribute("data-narrowed"));
  root.toggleAttribute("data-lanes-left", fresh.hasAttribute("data-lanes-left"));
  if (structureOf(fresh) !== structureOf(root)) {
    replace(board, fresh);
    return;
  }
  const present = new Set([...fresh.querySelectorAll(".card")].map(idOf));
  if (board.isLaned) renewLanes(board, fresh);
  for (const list of board.lists) renewList(board, list, fresh);
  for (const list of board.lists) {
    for (const card of cardsIn(list)) {
      const isHeld = board.busy.has(idOf(card)) && isBeyond(list, card.dataset.rank);
      if (!present.has(idOf(card)) && !isHeld) board.remove(card);
    }
  }
  for (const card of [...fresh.querySelectorAll(".card")]) {
    const shown = cardOf(idOf(card));
    if (shown && shown.dataset.v === card.dataset.v && isSame(board, shown, card)) board.settle(shown);
    else board.show(card);
  }
  const kept = new Set([...fresh.querySelectorAll("[data-lane-key]")].map((lane) => lane.dataset.laneKey));
  for (const lane of board.lanes) if (!kept.has(lane.dataset.laneKey) && !lane.querySelector(".card")) lane.remove();
}

/** What can only be drawn anew: the columns, and by what lanes lie across them. */
function structureOf(root) {
  const parts = [...root.querySelectorAll(root.dataset.lanes ? "[data-head]" : "[data-column]")];
  return [root.dataset.lanes ?? "", ...parts.map((part) => part.dataset.head ?? part.dataset.column)].join(" ");
}

function replace(board, fresh) {
  const { root } = board;
  const written = board.beforeReplace();
  for (const list of board.lists) for (const card of cardsIn(list)) board.onLeave(card, null);
  root.classList.toggle("laned", fresh.classList.contains("laned"));
  for (const name of ["lanes", "lanesName"]) {
    if (fresh.dataset[name]) root.dataset[name] = fresh.dataset[name];
    else delete root.dataset[name];
  }
  root.replaceChildren(...fresh.childNodes);
  for (const list of board.lists) for (const card of cardsIn(list)) board.onEnter(card);
  board.afterReplace(written);
  board.onLanes();
}

/** The heads of columns and lanes as they were read, and the lanes that have come, still empty. */
function renewLanes(board, fresh) {
  for (const head of board.root.querySelectorAll("[data-head]")) {
    head.replaceChildren(...fresh.querySelector(`[data-head="${head.dataset.head}"]`).childNodes);
  }
  let last = board.root.querySelector(".heads");
  for (const source of fresh.querySelectorAll("[data-lane-key]")) {
    let lane = board.lane(source.dataset.laneKey);
    if (lane) {
      Object.assign(lane.dataset, source.dataset);
      lane.querySelector("summary").replaceChildren(...source.querySelector("summary").childNodes);
    } else {
      lane = source.cloneNode(true);
      for (const card of lane.querySelectorAll(".card")) card.remove();
      last.after(lane);
    }
    last = lane;
  }
}

/** What a list says of itself, and where it reads on. */
function renewList(board, list, fresh) {
  const source = fresh.querySelector(`[data-column="${list.dataset.column}"]${within(list.dataset.lane)}`);
  sentinelOf(list)?.remove();
  if (!source) return; // its lane has gone, and so will its cards
  const section = board.section(list);
  const freshSection = source.closest(".column");
  Object.assign(list.dataset, source.dataset);
  Object.assign(section.dataset, { ...freshSection.dataset });
  section.querySelector(":scope > header")?.replaceWith(freshSection.querySelector(":scope > header"));
  const sentinel = sentinelOf(source);
  if (sentinel) list.append(sentinel);
}

function isSame(board, shown, fresh) {
  return ["rank", board.by, "lane", ...board.cardData].every((name) => shown.dataset[name] === fresh.dataset[name])
    && shown.textContent === fresh.textContent;
}
