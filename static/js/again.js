/**
 * The page of an error. Where the error passes by itself the page looks again, ever less often, and shows what was asked
 * for once it is there. "Go back" leaves the browser to bring back the form with what was written in it.
 *
 * The error pages of nginx (deploy/nginx/away) use it too, so it imports nothing.
 */
const FIRST_PAUSE = 3_000;
const LONGEST_PAUSE = 30_000;
const PASSING = [502, 503, 504];

const sign = document.querySelector("[data-again]");
let pause = FIRST_PAUSE;
let timer = 0;

async function look() {
  timer = 0;
  if (document.hidden) return; // nobody waits; visibilitychange looks
  if (await isThere()) {
    location.reload();
    return;
  }
  pause = Math.min(LONGEST_PAUSE, pause * 1.5);
  timer = setTimeout(look, pause);
}

async function isThere() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    answer.body?.cancel();
    return !PASSING.includes(answer.status);
  } catch (error) {
    if (error instanceof TypeError) return false; // no connection
    throw error;
  }
}

if (sign) {
  sign.hidden = false;
  timer = setTimeout(look, pause);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || timer) return;
    pause = FIRST_PAUSE;
    look();
  });
}

document.querySelector("[data-back]")?.addEventListener("click", (event) => {
  if (history.length < 2) return; // opened in a tab of its own: the link leads on
  event.preventDefault();
  history.back();
});
