/**
 * Requests of scripts to our own server. An answer is always an object: `ok`, `status` (0 when the network failed),
 * `text` and `json()`. Only the network may fail silently; what the server says is for the caller to show.
 */
import { t } from "./text.js";

const OFFLINE = { ok: false, status: 0, text: "", json: () => ({}) };

async function ask(url, options) {
  let response;
  let text;
  try {
    response = await fetch(url, { credentials: "same-origin", redirect: "follow", ...options });
    text = await response.text();
  } catch (error) {
    if (error instanceof TypeError || error.name === "AbortError") return OFFLINE; // no connection, or cut off midway
    throw error;
  }
  if (response.redirected && new URL(response.url).pathname.startsWith("/accounts/")) return { ...OFFLINE, status: 401 };
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  return { ok: response.ok, status: response.status, text, isJson, url: response.url, json: () => (isJson ? JSON.parse(text) : {}) };
}

/** Read a fragment or JSON. */
export function get(url, { signal } = {}) {
  return ask(url, { signal, headers: { "HX-Request": "true" } });
}

/** Write: `data` is a FormData or a plain object. */
export function post(url, data = {}) {
  const body = data instanceof FormData ? new URLSearchParams(data) : new URLSearchParams(Object.entries(data));
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  return ask(url, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": token } });
}

/** A sentence for a refusal: what the server said, as problem details or as a fragment. */
export function reason(answer, fallback) {
  if (answer.status === 401) return t("You are signed out. Sign in and try again.");
  if (answer.status === 0) return t("Not saved: no connection.");
  if (answer.isJson) {
    const problem = answer.json();
    return problem.detail || problem.title || fallback;
  }
  const shelf = document.createElement("template");
  shelf.innerHTML = answer.text;
  return shelf.content.querySelector("[data-reason], [role=alert]")?.textContent.trim() || fallback;
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
