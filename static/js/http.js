// Requests to our own server. Everything that changes something carries the CSRF token of the page.

/** The token that Django expects with every unsafe request of this session. */
export function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** The session has a new token: every form of the page sends it from now on. */
export function adoptToken(token) {
  document.querySelector('meta[name="csrf-token"]').content = token;
  for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
}

/** Form encoding of a plain object: lists repeat their name, null and undefined are left out. */
export function encode(data) {
  if (data instanceof FormData || data instanceof URLSearchParams) return data;
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(data)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined) body.append(name, one);
    }
  }
  return body;
}

/** POST a form. Resolves with the Response whatever its status; rejects only when the server was not reached. */
export async function post(url, data = {}, { headers = {}, signal, keepalive = false } = {}) {
  const body = encode(data);
  body.delete("csrfmiddlewaretoken"); // the header carries the token of now; the form's own may be of a session before
  const answer = await fetch(url, {
    method: "POST",
    body,
    signal,
    keepalive,
    headers: { "X-CSRFToken": csrf(), "X-Requested-With": "XMLHttpRequest", Accept: "application/json", ...headers },
  });
  if (answer.ok) document.dispatchEvent(new CustomEvent("flowboard:written")); // what counts what was done (tour.js)
  return answer;
}

/** GET a part of a page as HTML text. Resolves with the Response whatever its status. */
export async function getFragment(url, { headers = {}, signal } = {}) {
  return fetch(url, { signal, headers: { "HX-Request": "true", "X-Requested-With": "XMLHttpRequest", ...headers } });
}
