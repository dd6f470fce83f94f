/** The list of a project's issues: its keys, and new issues without leaving it. */
import { enableNewIssue } from "../creating/dialog.js";
import { shortcut } from "../keys.js";
import * as http from "../requests.js";

const root = document.querySelector(".issue-list");

/** Read the rows again as the address has them, so that what was created here stands where it belongs. */
async function refresh() {
  const answer = await http.get(location.pathname + location.search);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(answer.text, "text/html").querySelector(".issue-list");
  if (!fresh) return;
  root.replaceChildren(...fresh.childNodes);
  window.htmx.process(root);
}

const openNewIssue = enableNewIssue({
  place: "list",
  filters: () => new URLSearchParams(location.search),
  onCreated: refresh,
  onGone: refresh,
});
shortcut("c", openNewIssue);
const search = document.querySelector(".filters input[type=search]");
for (const key of ["/", "f"]) shortcut(key, () => search.focus());
