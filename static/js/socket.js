/**
 * One socket for a page, following several streams of the fact log.
 *
 * The log is the truth and the socket only its messenger: facts are handed on in order and without gaps; whatever
 * was missed is asked for again. What is too far behind arrives as a reset, after which the page reads itself anew.
 */
import { SIGNED_IN, sessionLost } from "./session.js";

const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;
const SILENCE = 60_000; // longer than two heartbeats: the line is dead even if the browser has not noticed
const ASK_AGAIN = 3_000;
const SIGNED_OUT = 4401;
const FORBIDDEN = 4403;

/**
 * Follow streams of an organization.
 *
 * @param {object} options
 * @param {string} options.org slug of the organization
 * @param {Object<string, number>} options.streams stream id -> seq the page was rendered at
 * @param {(event: object) => void} options.onEvent a fact this viewer may see, in order
 * @param {(frame: {s: number, seq: number}) => void} options.onReset the page is too far behind: read it again
 * @param {(frame: {s: number, people: object[]}) => void} [options.onPresence]
 * @param {(state: "live"|"reconnecting"|"offline"|"signed-out"|"forbidden") => void} [options.onState]
 */
export function connect({ org, streams, onEvent, onReset, onPresence = () => {}, onState = () => {} }) {
  const seqs = new Map(Object.entries(streams).map(([stream, seq]) => [Number(stream), Number(seq)]));
  const asked = new Map();
  let socket = null;
  let attempts = 0;
  let timer = 0;
  let heard = Date.now();
  let finished = false;
  let isShut = false; // the server has closed the door: no use in dialling
  let state = null;
  let editing = null;

  function tell(next) {
    if (state === next) return;
    state = next;
    onState(next);
  }

  function open() {
    clearTimeout(timer);
    if (finished || isShut || socket) return;
    const query = [...seqs].map(([stream, seq]) => `s=${stream}:${seq}`).join("&");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const mine = new WebSocket(`${scheme}://${location.host}/ws/${encodeURIComponent(org)}/?${query}`);
    socket = mine;
    heard = Date.now();
    asked.clear();
    mine.addEventListener("message", (message) => {
      if (socket !== mine) return;
      heard = Date.now();
      receive(JSON.parse(message.data));
    });
    mine.addEventListener("close", (event) => {
      if (socket !== mine) return;
      socket = null;
      closed(event.code);
    });
  }

  function closed(code) {
    if (finished) return;
    if (code === SIGNED_OUT || code === FORBIDDEN) {
      isShut = true;
      if (code === SIGNED_OUT) sessionLost();
      tell(code === SIGNED_OUT ? "signed-out" : "forbidden");
      return;
    }
    tell(navigator.onLine ? "reconnecting" : "offline");
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempts) * (0.5 + Math.random() / 2);
    attempts += 1;
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

  function ask(stream) {
    if (Date.now() - (asked.get(stream) ?? 0) < ASK_AGAIN) return;
    asked.set(stream, Date.now());
    send({ t: "since", s: stream, seq: seqs.get(stream) });
  }

  function receive(frame) {
    const known = seqs.get(frame.s);
    if (known === undefined) return;
    switch (frame.t) {
      case "hello":
        attempts = 0;
        tell("live");
        if (editing !== null) send({ t: "editing", issue: editing });
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
        if (frame.k) onEvent(frame);
        break;
      case "hb":
        if (frame.seq > known) ask(frame.s);
        break;
      case "reset":
        reset(frame);
        break;
      case "presence":
        onPresence(frame);
        break;
      default:
        break; // a newer server may say more than this page knows
    }
  }

  function reset(frame) {
    seqs.set(frame.s, frame.seq);
    asked.delete(frame.s);
    onReset(frame);
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
    /** Tell the others which issue is being edited here (null: none). */
    editing(issue) {
      if (editing === issue) return;
      editing = issue;
      send({ t: "editing", issue });
    },
    /** The last seq applied of a stream. */
    seq: (stream) => seqs.get(Number(stream)),
    close() {
      finished = true;
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
