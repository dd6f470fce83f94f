/** What a board and a backlog have in common: their parts, put together. */
import { enableBar } from "../bulk/bar.js";
import { Selection } from "../bulk/selection.js";
import { showPeople, showState } from "../connection.js";
import { shortcut } from "../keys.js";
import { keepPlace } from "../scroll.js";
import { conflictDialog } from "../issue/conflict.js";
import { Panel } from "../issue/panel.js";
import { connect } from "../socket.js";
import { announce, t } from "../text.js";
import { canCreate, enableNewIssue } from "../creating/dialog.js";
import { Actions } from "./actions.js";
import { enableDrag } from "./drag.js";
import { enableCreate, enableRename } from "./editing.js";
import { enableFilters } from "./filters.js";
import { Keyboard } from "./keyboard.js";
import { enableLanes } from "./lanes.js";
import { Live } from "./live.js";
import { Moves } from "./moves.js";
import { cardOf, cardsIn, idOf, listOf, sentinelOf } from "./place.js";
import { Together } from "./together.js";

const MOST_READ = 100; // one by one; more of them, and the board is read again

/**
 * @param {import("./board.js").Board} board
 * @param {object} options
 * @param {"board"|""} options.place what the page shows, for the answer to a new issue
 * @param {object} [options.aside] what takes drops beside the lists: `at(x, y)`, `drop(cards, target)` and `show(target)`
 */
export function startBoard(board, { place, aside = null }) {
  const { root } = board;
  const live = new Live(board);
  const moves = new Moves(board, live);
  const panel = new Panel({ element: document.getElementById("panel"), org: board.org, home: () => board.part("") });
  const selection = board.canSelect ? new Selection({
    root,
    of: ".card",
    among: (card) => cardsIn(listOf(card)),
    aim: () => keyboard.aim,
    focus: (card) => keyboard.focus(card),
    mayChange: (card) => board.mayChange(card),
  }) : null;
  const readMany = (ids) => {
    if (ids.length > MOST_READ) live.refetch();
    else for (const id of ids) live.read(id);
    board.recount();
  };
  const together = new Together({ board, live, moves, selection, onDone: readMany });
  const actions = new Actions({ board, live, moves, together, openPanel: (key, card) => panel.open(key, { opener: card.id }) });
  const keyboard = new Keyboard({ board, live, moves, actions, together });
  const rename = enableRename({ board, live, resolve: conflictDialog });
  const openPanel = (key) => panel.open(key);
  const creating = enableCreate({ board, live, keyboard, moves, openPanel });
  const openNewIssue = enableNewIssue({
    place,
    filters: () => board.filters,
    column() {
      const card = keyboard.aim ?? keyboard.current;
      return card ? listOf(card).dataset.column : "";
    },
    onCreated(created, undo) {
      moves.remember(undo);
      if (place) creating.appear(created);
      else readMany(created.ids); // the answer has no cards of this page
      announce(created.text);
    },
    onGone: creating.gone,
    open: openPanel,
  });
  const filters = enableFilters({ board, live });
  enableLanes({ board, live });
  enableDrag({ board, live, moves, together, aside });
  if (selection) {
    enableBar({
      selection,
      onSend: (op) => live.expect(op, () => true),
      onRefused: (op) => live.forget(op),
      onDone: readMany,
      begin: () => moves.begin(),
    });
  }
  actions.rename = rename.open;

  board.onNewLane = () => live.reconfigure();
  board.isMoving = () => moves.pending.size > 0;
  board.truthOf = (id) => moves.truthOf(id);
  board.onFact = (card) => {
    moves.onFact(card);
    if (keyboard.lifted === card) announce(t("Somebody else moved {key}. {place}", { key: card.dataset.issueKey, place: moves.sentence(card) }));
  };
  board.onEnter = (card) => {
    keyboard.tame(card);
    keyboard.ensureStop();
    markEditing(card);
    selection?.paint(card);
    card.classList.toggle("open", card.dataset.issueKey === panel.key);
  };
  board.onLeave = (card, heir) => {
    rename.lose(card);
    selection?.drop(card);
    keyboard.leave(card, heir);
  };
  board.onMore = (list, stale) => {
    for (const id of stale) live.read(id);
    watchSentinels();
  };

  // Columns grow when their end comes near.
  const ends = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      ends.unobserve(entry.target);
      board.more(entry.target.closest("[data-column]"));
    }
  }, { scrollMargin: "600px 0px" });
  function watchSentinels() {
    if (board.isLaned) return; // there, what comes is asked for: else nobody would get past a long lane
    for (const end of root.querySelectorAll("[data-more]")) ends.observe(end);
  }
  root.addEventListener("more-failed", (event) => setTimeout(() => ends.observe(event.target), 2_000));
  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-more] a");
    if (!link) return;
    event.preventDefault();
    board.more(link.closest("[data-column]"));
  });
  watchSentinels();

  // Who is here, and whose pen is on which card.
  let people = [];
  function markEditing(card) {
    const writer = people.find((person) => person.editing === idOf(card) && String(person.id) !== root.dataset.user);
    let badge = card.querySelector(".editing");
    if (!writer) {
      badge?.remove();
      return;
    }
    if (!badge) {
      badge = document.createElement("span");
      badge.className = "editing";
      card.append(badge);
    }
    badge.textContent = t("{name} is editing", { name: writer.name });
  }

  const here = new Map(); // stream -> who is there
  const show = showState();
  let socket = null;
  function follow() {
    socket?.close();
    here.clear();
    socket = connect({
      org: board.org,
      streams: board.streams,
      onEvent(event) {
        live.apply(event);
        panel.apply(event);
      },
      onReset() {
        live.refetch();
        panel.refresh();
      },
      onPresence(frame) {
        const before = new Set(people.map((person) => person.editing));
        here.set(frame.s, frame.people);
        people = everybody(here.values());
        showPeople(people);
        for (const id of new Set([...before, ...people.map((person) => person.editing)])) {
          const card = id && cardOf(id);
          if (card) markEditing(card);
        }
      },
      onState(state) {
        if (state === "forbidden" && board.isAcross) regain();
        else show(state);
      },
    });
  }

  /** A project is no longer shared with the reader. What is left is read, and followed anew if there is any. */
  async function regain() {
    const followed = socket;
    await live.refetch();
    if (socket === followed) show("forbidden");
  }

  board.onStreams = follow;
  follow();
  board.onEditing = (id) => socket.editing(id, id === null ? null : "title");
  panel.onEditing = (id, what) => socket.editing(id, what);
  panel.remember = (undo) => moves.remember(undo);
  panel.onOpen = (key) => {
    for (const card of root.querySelectorAll(".card.open")) card.classList.remove("open");
    if (key) root.querySelector(`.card[data-issue-key="${CSS.escape(key)}"]`)?.classList.add("open");
  };
  addEventListener("pagehide", () => socket.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  board.onRead = () => {
    watchSentinels();
    keyboard.ensureStop();
  };

  const withCard = (run) => () => {
    const card = keyboard.aim;
    return card ? run(card) : false;
  };
  const canEdit = () => board.canEdit;
  shortcut({ group: "change", does: board.isStacked ? t("New issue") : t("New issue in this column"), keys: ["c"], run: () => openNewIssue() || creating.begin(keyboard.aim ?? keyboard.current), isListed: () => canCreate() || board.canEdit });
  shortcut({ group: "change", does: t("Rename"), keys: ["e"], run: withCard(rename.open), isListed: canEdit });
  shortcut({ group: "change", does: t("Assign to me"), keys: ["i"], run: withCard((card) => { actions.assignToMe(card); }), isListed: canEdit });
  shortcut({ group: "change", does: t("All actions"), keys: [".", "shift+F10", "ContextMenu"], run: withCard((card) => actions.openMenu(card)) });
  shortcut({ group: "move", does: t("Choose where to move it"), keys: ["m"], run: withCard((card) => actions.askWhere(card)), isListed: canEdit });
  shortcut({ group: "move", does: t("Undo the last move"), keys: ["mod+z"], run: () => moves.undo(), isListed: canEdit });
  shortcut({ group: "page", does: t("Filter"), keys: ["/", "f"], run: () => filters.focus() });
  board.onStart({ live, moves, together, keyboard, panel, selection, readMany });
  root.dataset.ready = "true";
  keepPlace({
    address: () => board.part(""),
    boxes: () => new Map(board.isStacked ? [["page", board.scroller]] : [["board", root], ...(board.isLaned ? [] : board.lists).map((list) => [list.dataset.column, list])]),
    async grow(box) {
      const list = board.isStacked ? board.lists.find(sentinelOf) : box;
      if (!list?.dataset.column || !sentinelOf(list)) return false;
      await board.more(list);
      return true;
    },
    focus: () => panel.opener ?? keyboard.aim?.id ?? null,
  });
}

/** Each person once, whatever the number of projects they are seen in; what they edit is said in one of these. */
function everybody(groups) {
  const people = new Map();
  for (const person of [...groups].flat()) {
    const known = people.get(person.id);
    if (!known?.editing) people.set(person.id, person);
  }
  return [...people.values()];
}
