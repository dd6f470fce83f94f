/** Whether this browser shows notifications: asked only when its reader presses the button. */
import { canShow, choose, isStopped } from "./desktop.js";

const state = document.querySelector("[data-desktop-state]");
const allow = document.querySelector("[data-desktop-allow]");
const stop = document.querySelector("[data-desktop-stop]");

function show() {
  const permission = canShow() ? Notification.permission : "missing";
  const said = permission === "granted" && isStopped() ? "off" : permission;
  state.textContent = state.dataset[said];
  allow.hidden = !["default", "off"].includes(said);
  stop.hidden = said !== "granted";
}

if (state) {
  show();
  allow.addEventListener("click", async () => {
    choose(true);
    await Notification.requestPermission();
    show();
    if (!stop.hidden) stop.focus();
  });
  stop.addEventListener("click", () => {
    choose(false);
    show();
    allow.focus();
  });
}
