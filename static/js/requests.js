/**
 * Requests of scripts to our own server. An answer is always an object: `ok`, `status` (0 when the network failed),
 * `text` and `json()`. Only the network may fail silently; what the server says is for the caller to show.
 */
import { getFragment, post as send } from "./http.js";
import { signedInAgain } from "./session.js";
import { t } from "./text.js";

const OFFLINE = { ok: false, status: 0, text: "", json: () => ({}) };

async function read(request) {
  let response;
  let text;
  try {
    response = await request();
    text = await response.text();
  } catch (error) {
    if (error instanceof TypeError || error.name === "AbortError") return OFFLINE; // no connection, or cut off midway
    throw error;
  }
  if (response.redirected && new URL(response.url).pathname.startsWith("/accounts/")) return { ...OFFLINE, status: 401 };
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  return { ok: response.ok, status: response.status, text, isJson, json: () => (isJson ? JSON.parse(text) : {}) };
}

/** Read a fragment or JSON that the log, not the reader, asked for: nobody is interrupted to sign in for it. */
export function follow(url, options = {}) {
  return read(() => getFragment(url, options));
}

/** Read a fragment or JSON. */
export function get(url, options = {}) {
  return insist(() => follow(url, options));
}

/** Write; the answer is a fragment or JSON, a refusal always JSON. */
export function post(url, data = {}, { keepalive = false } = {}) {
  const form = data instanceof FormData ? new URLSearchParams(data) : data; // no files here: plain encoding
  return insist(() => read(() => send(url, form, { headers: { "HX-Request": "true" }, keepalive })));
}

/** The very same request again, once its person has signed in again or the page has the token of their new session. */
async function insist(request) {
  const answer = await request();
  const isStale = answer.status === 403 && answer.isJson && answer.json().type.endsWith("#StalePage");
  if (answer.status !== 401 && !isStale) return answer;
  return (await signedInAgain()) ? request() : answer;
}

/** Whether the same request may succeed in a moment: no connection, a restart, a limit. */
export function isPassing(answer) {
  return answer.status === 0 || answer.status === 429 || answer.status >= 500;
}

/** A sentence for a refusal: what the server said, as problem details or as a fragment. */
export function reason(answer, fallback) {
  if (answer.status === 401) return t("You are signed out. Sign in and try again.");
  if (answer.status === 0) return t("Not saved: no connection.");
  if (answer.isJson) {
    const problem = answer.json();
    const said = problem.detail || problem.title || fallback;
    return answer.status === 500 && problem.request_id ? `${said} ${t("Request {id}", { id: problem.request_id })}` : said;
  }
  const shelf = document.createElement("template");
  shelf.innerHTML = answer.text;
  return refusalIn(shelf.content, answer.status) || fallback;
}

/** The sentence of a fragment that refuses. The request's id is for whoever looks into what broke. */
export function refusalIn(fragment, status) {
  const refusal = fragment.querySelector("[data-refusal], [role=alert]");
  if (status !== 500) refusal?.querySelector("[data-request]")?.remove();
  return refusal?.textContent.replace(/\s+/g, " ").trim();
}

/** An id for one thing the user did, by which the log says that it happened. */
export function newOp() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http on a local network has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
