/**
 * Notifications on the desktop, from an open tab, where the reader allowed them in their settings. Only one of their tabs
 * shows them: the one that holds the lock.
 */
const WANTED = "flowboard-desktop";
const BEYOND = 2 ** 53 - 1;

export const canShow = () => "Notification" in window && "locks" in navigator;
export const isStopped = () => localStorage.getItem(WANTED) === "off";

/** Whether this browser shows them, as far as its reader said. */
export function choose(isOn) {
  localStorage.setItem(WANTED, isOn ? "on" : "off");
}

/**
 * Wait to be the tab that shows them; null where they are not allowed.
 * @param {string} name whose they are
 * @param {() => void} begin reads how far things are, once this is the tab
 */
export function watchDesktop(name, begin) {
  if (!canShow() || Notification.permission !== "granted" || isStopped()) return null;
  let head = null;
  let isHolder = false;
  navigator.locks.request(`${WANTED}-${name}`, () => {
    isHolder = true;
    begin();
    return new Promise(() => {}); // held until the tab is closed
  });
  return {
    /** Where to read: what arrived since, if this is the tab that shows it. */
    address: (url) => (isHolder ? `${url}?since=${head ?? BEYOND}` : url),
    show({ news = [], head: newest = null }) {
      if (!isHolder || newest === null) return;
      const isFirst = head === null;
      head = newest;
      if (isFirst || isStopped() || (document.visibilityState === "visible" && document.hasFocus())) return;
      for (const one of news.toReversed()) {
        const shown = new Notification(one.title, { body: one.body, tag: `flowboard-${one.url}` });
        shown.addEventListener("click", () => {
          window.focus();
          shown.close();
          location.assign(one.url);
        });
      }
    },
  };
}
