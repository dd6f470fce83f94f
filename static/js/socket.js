/**
 * One socket for a page, following several streams of the fact log.
 *
 * The log is the truth and the socket only its messenger: facts are handed on in order and without gaps; whatever
 * was missed is asked for again. What is too far behind arrives as a reset, after which the page reads itself anew.
 */
import { poll } from "./polling.js";
import { heard as heardRelease } from "./release.js";
import { SIGNED_IN, sessionLost } from "./session.js";

const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;
const SILENCE = 60_000; // longer than two heartbeats: the line is dead even if the browser has not noticed
const ASK_AGAIN = 3_000;
const FEW = 3; // sockets that failed in a row: perhaps a proxy blocks them
const HELLO_WITHIN = 10_000; // a socket that opens and says nothing is as good as blocked
const SIGNED_OUT = 4401;
const FORBIDDEN = 4403;
const MOST_STREAMS = 50; // that the server lets one socket follow

/** An event of the document: something in the reader's own stream (`detail` is the frame), whatever the page is about. */
export const PERSONAL = "flowboard:personal";

/** An event of the document: who is in a stream now, and what they edit and write there (`detail` is the frame). */
export const PRESENCE = "flowboard:presence";
const present = new Map();

/** Who is in a stream, as far as this page was told. */
export const peopleIn = (stream) => present.get(stream) ?? [];

function meet(frame) {
  present.set(frame.s, frame.people);
  document.dispatchEvent(new CustomEvent(PRESENCE, { detail: frame }));
}

/** The line is lost: nobody can say any more that they have stopped writing. */
function part(streams) {
  for (const stream of streams) meet({ s: stream, people: [] });
}

// The reader's own stream, and how far it was heard here; one connection of the page follows it.
const own = { stream: Number(document.body?.dataset.inboxStream) || null, seq: Number(document.body?.dataset.inboxSeq), by: null };

/** Whether a connection of this page follows the reader's own stream. */
export const isFollowed = () => own.by !== null;

/**
 * Follow streams of an organization.
 *
 * @param {object} options
 * @param {string} options.org slug of the organization
 * @param {Object<string, number>} options.streams stream id -> seq the page was rendered at
 * @param {(event: object) => void} options.onEvent a fact this viewer may see, in order
 * @param {(frame: {s: number, seq: number}) => void} options.onReset the page is too far behind: read it again
 * @param {(frame: {s: number, people: object[]}) => void} [options.onPresence]
 * @param {(state: "live"|"polling"|"reconnecting"|"offline"|"signed-out"|"suspended"|"forbidden") => void} [options.onState]
 */
export function connect({ org, streams, onEvent, onReset, onPresence = () => {}, onState = () => {} }) {
  const seqs = new Map(Object.entries(streams).map(([stream, seq]) => [Number(stream), Number(seq)]));
  const me = {};
  if (own.stream !== null && own.by === null && seqs.size < MOST_STREAMS) {
    own.by = me;
    seqs.set(own.stream, own.seq);
  }
  const asked = new Map();
  let socket = null;
  let attempts = 0;
  let timer = 0;
  let heard = Date.now();
  let finished = false;
  let isShut = false;
  let state = null;
  let editing = null;
  let writing = null;
  let stopPolling = null;
  let isPolled = false; // the last poll was answered
  let greeting = 0;

  function tell(next) {
    if (state === next) return;
    state = next;
    onState(next);
  }

  const cursors = () => [...seqs].map(([stream, seq]) => `s=${stream}:${seq}`).join("&");

  /** The server has closed the door: no use in dialling. */
  function shut(next) {
    isShut = true;
    endPolling();
    if (next === "signed-out") sessionLost();
    tell(next);
  }

  function beginPolling() {
    if (stopPolling) return;
    for (const stream of seqs.keys()) onPresence({ s: stream, people: [] }); // only sockets know who is here
    stopPolling = poll({ address: () => `/${encodeURIComponent(org)}/live/?${cursors()}`, onAnswer: polled });
  }

  function endPolling() {
    stopPolling?.();
    stopPolling = null;
    isPolled = false;
  }

  function polled(answer) {
    if (answer.status === 401) shut("signed-out");
    else if (answer.status === 404) shut("forbidden");
    else if (answer.status === 403 && answer.isJson && answer.json().type.endsWith("#OrganizationSuspended")) {
      isPolled = false;
      tell("suspended"); // and asked on: suspensions are lifted
    } else if (answer.ok) {
      isPolled = true;
      tell("polling");
      for (const frame of answer.json()) receive(frame);
    } else {
      isPolled = false;
      tell(navigator.onLine ? "reconnecting" : "offline");
    }
  }

  function open() {
    clearTimeout(timer);
    if (finished || isShut || socket) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const mine = new WebSocket(`${scheme}://${location.host}/ws/${encodeURIComponent(org)}/?${cursors()}`);
    socket = mine;
    clearTimeout(greeting);
    greeting = setTimeout(() => {
      if (socket !== mine) return;
      socket = null;
      attempts = Math.max(attempts, FEW);
      mine.close();
      closed(0);
    }, HELLO_WITHIN);
    heard = Date.now();
    asked.clear();
    mine.addEventListener("message", (message) => {
      if (socket !== mine) return;
      heard = Date.now();
      const frame = JSON.parse(message.data);
      if (frame.t === "hello") greeted();
      receive(frame);
    });
    mine.addEventListener("close", (event) => {
      if (socket !== mine) return;
      socket = null;
      closed(event.code);
    });
  }

  function closed(code) {
    if (finished) return;
    part(seqs.keys());
    if (code === SIGNED_OUT) {
      shut("signed-out");
      return;
    }
    clearTimeout(greeting);
    if (code === FORBIDDEN) attempts = Math.max(attempts, FEW); // the answer to the first poll says why
    else if (!isPolled && state !== "suspended") tell(navigator.onLine ? "reconnecting" : "offline");
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempts) * (0.5 + Math.random() / 2);
    attempts += 1;
    if (attempts >= FEW) beginPolling();
    timer = setTimeout(open, delay);
  }

  /** Hang up, for a line can be dead without saying so, and dial again at once. */
  function redial() {
    if (finished || isShut) return;
    attempts = 0;
    const old = socket;
    socket = null;
    old?.close();
    open();
  }

  const isSilent = () => Date.now() - heard > SILENCE;

  function send(frame) {
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify(frame));
  }

  const tellEditing = () => send(writing === null ? { t: "editing", issue: editing } : { t: "editing", issue: editing, writing });

  function ask(stream) {
    if (Date.now() - (asked.get(stream) ?? 0) < ASK_AGAIN) return;
    asked.set(stream, Date.now());
    send({ t: "since", s: stream, seq: seqs.get(stream) });
  }

  /** The socket works: nothing else is needed. */
  function greeted() {
    clearTimeout(greeting);
    attempts = 0;
    endPolling();
    tell("live");
    if (editing !== null) tellEditing();
  }

  function receive(frame) {
    const known = seqs.get(frame.s);
    if (known === undefined) return;
    switch (frame.t) {
      case "hello":
        heardRelease(frame.release);
        if (frame.seq < known) reset(frame); // the log went back: a restored backup
        break;
      case "ev":
        if (frame.seq <= known) break;
        if (frame.seq > known + 1) {
          ask(frame.s);
          break;
        }
        seqs.set(frame.s, frame.seq);
        asked.delete(frame.s);
        if (frame.s === own.stream) heardOwn(frame);
        else if (frame.k) onEvent(frame);
        break;
      case "hb":
        if (frame.seq > known) ask(frame.s);
        break;
      case "reset":
        reset(frame);
        break;
      case "presence":
        onPresence(frame);
        meet(frame);
        break;
      default:
        break; // a newer server may say more than this page knows
    }
  }

  function reset(frame) {
    seqs.set(frame.s, frame.seq);
    asked.delete(frame.s);
    if (frame.s === own.stream) heardOwn(frame);
    else onReset(frame);
  }

  function heardOwn(frame) {
    own.seq = frame.seq;
    // A number alone says that something reached the inbox.
    document.dispatchEvent(new CustomEvent(PERSONAL, { detail: frame.t === "ev" ? { k: "inbox.reached", ...frame } : frame }));
  }

  const onOnline = () => redial();
  const onOffline = () => { if (!isShut) tell("offline"); };
  const onSignedIn = () => {
    if (state === "forbidden") return;
    isShut = false; // and where it is still open, it is by the session that ended
    tell("reconnecting");
    redial();
  };
  const onVisible = () => { if (document.visibilityState === "visible" && (!socket || isSilent())) redial(); };
  const watch = setInterval(() => { if (socket && isSilent()) redial(); }, SILENCE / 4);
  addEventListener("online", onOnline);
  addEventListener("offline", onOffline);
  document.addEventListener("visibilitychange", onVisible);
  document.addEventListener(SIGNED_IN, onSignedIn);
  open();

  return {
    /**
     * Tell the others which issue is being edited here (null: none), and what of it is being written at this moment. That
     * holds for some seconds, so it is told again while it goes on.
     */
    editing(issue, what = null) {
      if (editing === issue && writing === what && what === null) return;
      editing = issue;
      writing = what;
      tellEditing();
    },
    /** The last seq applied of a stream. */
    seq: (stream) => seqs.get(Number(stream)),
    close() {
      finished = true;
      part(seqs.keys());
      if (own.by === me) own.by = null;
      endPolling();
      clearTimeout(greeting);
      clearTimeout(timer);
      clearInterval(watch);
      removeEventListener("online", onOnline);
      removeEventListener("offline", onOffline);
      document.removeEventListener("visibilitychange", onVisible);
      document.removeEventListener(SIGNED_IN, onSignedIn);
      socket?.close();
    },
  };
}
