/** The page of one issue: the same blocks as in the panel, kept up to date by the same log. */
import { showPeople, showState } from "../connection.js";
import { canCreate, enableNewIssue } from "../creating/dialog.js";
import { shortcut } from "../keys.js";
import { connect } from "../socket.js";
import { t } from "../text.js";
import { Issue } from "./issue.js";

const root = document.querySelector("[data-issue][data-page]");
if (root) {
  let socket = null;
  const issue = new Issue(root, { onEditing: (id, what) => socket?.editing(id, what), onGone: () => location.reload() });
  socket = connect({
    org: root.dataset.org,
    streams: { [root.dataset.stream]: Number(root.dataset.seq) },
    onEvent: (event) => issue.apply(event),
    onReset: () => issue.refresh(),
    onPresence: (frame) => showPeople(frame.people),
    onState: showState(),
  });
  addEventListener("pagehide", () => socket.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // Read anew where a panel was open, this page stands in the place of the board: Back has to bring that one.
  const here = location.pathname;
  addEventListener("popstate", () => { if (location.pathname !== here) location.reload(); });
  const openNewIssue = enableNewIssue({ place: "" });
  shortcut({ group: "change", does: t("New issue"), keys: ["c"], run: openNewIssue, isListed: canCreate });
  issue.permalinks.arrive();
  root.dataset.ready = "true";
}
