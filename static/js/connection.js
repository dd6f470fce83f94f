/** What the page shows of its socket: the dot, the banner of a closed door, and who else is here. */
import { t } from "./text.js";

const PATIENCE = 10_000; // before more than the dot tells of a lost line
const MOST_FACES = 4;
const BANNERS = ["signed-out", "suspended", "forbidden"];
const LOST = ["reconnecting", "offline"];

/** Show connection states in every `[data-live]`; returns the `onState` to give to `connect`. */
export function showState() {
  let waiting = 0;
  const words = { live: t("Live"), polling: t("Updated every few seconds"), reconnecting: t("Reconnecting…"), offline: t("Offline"), "signed-out": t("Signed out"), suspended: t("Suspended"), forbidden: t("No access") };
  const show = (state) => {
    for (const dot of document.querySelectorAll("[data-live]")) {
      dot.dataset.state = ["live", "polling", "reconnecting"].includes(state) ? state : "offline";
      const text = dot.querySelector("[role=status]");
      if (text.textContent !== words[state]) text.textContent = words[state];
    }
    for (const name of BANNERS) {
      const banner = document.getElementById(`banner-${name}`);
      if (banner) banner.hidden = name !== state;
    }
  };
  const lost = (isLost) => {
    const banner = document.getElementById("banner-lost");
    if (banner) banner.hidden = !isLost;
  };
  return (state) => {
    show(state);
    if (!LOST.includes(state)) {
      clearTimeout(waiting);
      waiting = 0;
      lost(false);
    } else if (!waiting) waiting = setTimeout(lost, PATIENCE, true);
  };
}

function face(person) {
  const avatar = document.createElement("span");
  avatar.className = `avatar hue-${person.hue}`;
  avatar.textContent = person.initials;
  avatar.title = person.name;
  avatar.setAttribute("role", "img");
  avatar.setAttribute("aria-label", person.name);
  return avatar;
}

/** Draw the people who look at the same thing into `[data-presence]`. */
export function showPeople(people) {
  for (const stack of document.querySelectorAll("[data-presence]")) {
    const faces = people.slice(0, MOST_FACES).map(face);
    if (people.length > MOST_FACES) {
      const rest = face({ hue: 0, initials: `+${people.length - MOST_FACES}`, name: people.slice(MOST_FACES).map((person) => person.name).join(", ") });
      rest.className = "avatar more";
      faces.push(rest);
    }
    stack.replaceChildren(...faces);
    stack.hidden = faces.length === 0;
  }
}
