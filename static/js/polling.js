/**
 * Reading the log over plain HTTP while a proxy lets no socket through: the same frames, asked for every few seconds.
 */
import { follow } from "./requests.js";

const PAUSE = 3_000;
const HIDDEN_PAUSE = 15_000; // nobody looks
const LONGEST_PAUSE = 30_000;

/**
 * Poll until stopped.
 *
 * @param {object} options
 * @param {() => string} options.address where to ask, with the seqs of now
 * @param {(answer: {ok: boolean, status: number, json: () => object[]}) => void} options.onAnswer
 * @returns {() => void} stops it
 */
export function poll({ address, onAnswer }) {
  const abort = new AbortController();
  let failures = 0;
  let timer = 0;

  async function ask() {
    const answer = await follow(address(), { signal: abort.signal, headers: { Accept: "application/json" } });
    if (abort.signal.aborted) return;
    failures = answer.ok ? 0 : failures + 1;
    onAnswer(answer);
    const pause = (document.hidden ? HIDDEN_PAUSE : PAUSE) * 2 ** failures;
    if (!abort.signal.aborted) timer = setTimeout(ask, Math.min(LONGEST_PAUSE, pause) * (0.75 + Math.random() / 2));
  }

  ask();
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}
