/**
 * The session behind the page. When it ends while the page is open, sign-in opens over the page, and what was refused
 * is sent again: text stays in its field, and a card where it was put.
 */
import { adoptToken, post } from "./http.js";
import { heard as heardRelease } from "./release.js";

/** Told to the document when the page's person is signed in again: sockets dial anew. */
export const SIGNED_IN = "flowboard:signed-in";

const CERTAIN = 60_000; // a session seen alive that lately needs no asking before a form is sent
const mine = document.body.dataset.user;
const dialog = document.getElementById("sign-in");
const form = dialog?.querySelector("form");
const checked = new WeakSet();
let seen = Date.now();
let asked = seen;
let isLost = false;
let asking = null;

/** What the server says about the session: `{user, csrf, release}`, or null when it could not be asked. */
export async function look() {
  try {
    const response = await fetch("/accounts/session/", { headers: { Accept: "application/json" } });
    if (!response.ok) return null;
    const session = await response.json();
    heardRelease(session.release);
    asked = Date.now();
    return session;
  } catch (error) {
    if (error instanceof TypeError) return null; // no connection
    throw error;
  }
}

/** The session is known to be dead: look again when the reader comes back, perhaps from signing in elsewhere. */
export function sessionLost() {
  isLost = true;
}

/**
 * Have the page's own person signed in, asking them if need be. True when a refused request may be sent again; false
 * when they would rather not, or the server could not be asked.
 */
export function signedInAgain() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

async function ask() {
  if (!dialog) return false;
  const session = await look();
  if (!session) return false;
  return session.user === null ? askPerson() : settle(session);
}

/** Somebody is signed in: the page of its own person goes on; for anybody else it begins anew. */
function settle(session) {
  if (String(session.user) !== mine) {
    location.reload();
    return new Promise(() => {}); // the page ends here
  }
  adoptToken(session.csrf);
  seen = Date.now();
  isLost = false;
  document.dispatchEvent(new CustomEvent(SIGNED_IN));
  return true;
}

function askPerson() {
  return new Promise((resolve) => {
    say("");
    form.reset();
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (form.ariaBusy === "true") return;
      form.ariaBusy = "true";
      const isDone = await attempt();
      form.ariaBusy = "false";
      if (!isDone) return;
      resolve(true);
      dialog.close();
    };
    dialog.onclose = () => {
      form.elements.password.value = "";
      resolve(false);
    };
    dialog.showModal();
    form.elements.password.focus();
  });
}

/** One attempt; where it fails the dialog says why. */
async function attempt() {
  const before = await look(); // the token may be of a session that ended since
  if (!before) return say(form.dataset.unreachable);
  if (before.user !== null) return settle(before);
  adoptToken(before.csrf);
  let answer;
  try {
    answer = await post(form.action, new FormData(form));
  } catch (error) {
    if (error instanceof TypeError) return say(form.dataset.unreachable);
    throw error;
  }
  const said = await answer.json();
  if (!answer.ok) return say(complaint(said));
  const session = await look();
  if (!session) return say(form.dataset.unreachable);
  if (session.user !== null) return settle(session);
  location.assign(said.location); // there is more to do first, such as confirming the address
  return false;
}

/** What was wrong: problem details of a limit, or the form's own mistakes. */
function complaint(said) {
  if (said.detail) return said.detail;
  const fields = Object.values(said.form.fields).flatMap((field) => field.errors);
  return [...said.form.errors, ...fields].join(" ");
}

function say(text) {
  const place = form.querySelector("[data-error]");
  place.textContent = text;
  place.hidden = !text;
  if (text) form.elements.password.select();
  return false;
}

document.addEventListener("click", (event) => {
  if (!dialog || !event.target.closest?.("[data-sign-in-again]")) return;
  event.preventDefault();
  signedInAgain();
});

async function comeBack() {
  if (document.visibilityState !== "visible" || asking) return;
  if (!isLost && Date.now() - asked < CERTAIN) return;
  const session = await look(); // which also tells of a new release
  if (isLost && session?.user) settle(session);
}
document.addEventListener("visibilitychange", comeBack);
addEventListener("focus", comeBack);

// Gone back to, a page is as it was, with a token that may have been replaced since: what was refused for that would be
// refused again.
addEventListener("pageshow", async (event) => {
  const isOld = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (!isOld || !document.querySelector("form input[name=csrfmiddlewaretoken]")) return;
  const session = await look();
  if (session && (session.user === null ? undefined : String(session.user)) === mine) adoptToken(session.csrf);
});

// A form that is sent as a page of its own would lose its text to a dead session: ask before. Forms that scripts send
// are dealt with by now.
addEventListener("submit", async (event) => {
  const plain = event.target;
  const address = plain.getAttribute("action") ?? ""; // a field called "action" would stand for `plain.action`
  if (!dialog || event.defaultPrevented || plain.method !== "post" || address.endsWith("/logout/")) return;
  if (checked.delete(plain) || Date.now() - seen < CERTAIN) return;
  event.preventDefault();
  const session = await look();
  const isFine = !session || (session.user === null ? await signedInAgain() : await settle(session));
  delete plain.dataset.sent; // by forms.js, which took it for sent
  event.submitter?.removeAttribute("aria-busy");
  if (!isFine) return;
  checked.add(plain);
  plain.requestSubmit(event.submitter);
});
