// Whoever looks at an issue for a moment finds it again among what they saw last.

import { post } from "./requests.js";

const LONG_ENOUGH = 1_500;

/**
 * Note that an issue was looked at, unless it is closed again at once.
 * @param {string} address the issue's own
 * @returns {() => void} to be called when it is closed
 */
export function noteVisit(address) {
  const timer = setTimeout(() => {
    if (navigator.onLine && document.visibilityState === "visible") post(`${address}seen/`);
  }, LONG_ENOUGH);
  return () => clearTimeout(timer);
}
