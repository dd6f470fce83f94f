// `?` and the Keys button: what the keys do on this page, and the switch that turns the single ones off.

import { areSinglesOn, isSingle, listKeys, shortcut } from "./keys.js";
import { post } from "./http.js";
import { t } from "./text.js";

const GROUPS = { walk: t("Walk"), move: t("Move"), select: t("Select"), change: t("Change"), go: t("Go to"), page: t("Page") };
const SIGNS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", " ": t("Space"), Escape: "Esc", ContextMenu: "☰", alt: "Alt", shift: "Shift" };
const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

const dialog = document.getElementById("keys");
const body = dialog?.querySelector("[data-keys]");

function make(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

/** One way to press it: `Ctrl+Z`, or `G` and then `B`. */
function draw(key) {
  const isOff = isSingle(key) && !areSinglesOn();
  const steps = (key === " " ? [key] : key.split(" ")).map((step) => {
    const names = step === " " ? [step] : step.split("+");
    const written = names.map((name) => (name === "mod" ? MOD : SIGNS[name] ?? (name.length === 1 ? name.toUpperCase() : name)));
    return make(isOff ? "s" : "kbd", written.join("+"));
  });
  const way = make("span", ...steps.flatMap((step, index) => (index ? [` ${t("then")} `, step] : [step])));
  way.className = isOff ? "off" : "";
  if (isOff) way.append(make("span", t("off")));
  return way;
}

function show() {
  const groups = new Map(Object.keys(GROUPS).map((name) => [name, []]));
  for (const entry of listKeys()) groups.get(entry.group).push(entry);
  body.replaceChildren(...[...groups].filter(([, rows]) => rows.length).map(([name, rows]) => {
    const list = make("dl", ...rows.map(({ does, keys }) => {
      const row = make("div", make("dt", does), make("dd", ...keys.map(draw)));
      row.dataset.keys = JSON.stringify(keys);
      return row;
    }));
    return make("section", make("h3", GROUPS[name]), list);
  }));
  dialog.querySelector("[data-off]").hidden = areSinglesOn();
}

if (dialog) {
  shortcut({ group: "page", does: t("This list"), keys: ["?"], run: () => dialog.showModal() });
  // However it is opened: by the key, by a button of the page, by the menu.
  new MutationObserver(() => { if (dialog.open) show(); }).observe(dialog, { attributeFilter: ["open"] });

  const toggle = dialog.querySelector("[data-single-keys-url]");
  const set = (isOn) => {
    toggle.checked = isOn;
    document.body.dataset.singleKeys = isOn ? "on" : "off";
    show();
  };
  toggle.checked = areSinglesOn();
  toggle.addEventListener("change", async () => {
    const isOn = toggle.checked;
    set(isOn);
    const answer = await post(toggle.dataset.singleKeysUrl, { on: isOn ? "1" : "0" });
    if (!answer.ok) set(!isOn); // not kept, so not so
  });
}
