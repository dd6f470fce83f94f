// htmx: what it sends with every request, and what happens when an answer is a refusal.

import { csrf } from "./http.js";
import { refusalIn } from "./requests.js";
import { signedInAgain } from "./session.js";
import { toast } from "./toasts.js";

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (request.method !== "GET") request.headers["X-CSRFToken"] = csrf();
});

// The session has ended: sign in over the page, then ask for the very same thing.
document.addEventListener("htmx:after:request", async (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status !== 401) return;
  event.preventDefault();
  const source = ctx.sourceElement;
  if (!(await signedInAgain()) || !source.isConnected) return;
  if (source.matches("form")) source.requestSubmit();
  else source.click();
});

// A general refusal belongs to no place on the page: say it in a notice and leave the page as it is.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status < 400 || !ctx.text.includes("data-refusal")) return;
  event.preventDefault();
  toast({ text: refusalIn(new DOMParser().parseFromString(ctx.text, "text/html"), ctx.response.status), error: true });
});

document.addEventListener("htmx:error", () => {
  toast({ text: document.getElementById("toasts").dataset.unreachable, error: true });
});
