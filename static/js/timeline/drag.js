/** Bars that follow the mouse: the whole, or one of its ends. On touch screens swipes scroll, and dates are written. */
import { dateOf } from "../times.js";
import { datesOf } from "./chart.js";
import { isSame, moved } from "./days.js";

const THRESHOLD = 4;
const EDGE = 24;
const STEP = 16;

/** `onDrop(row, dates)` is asked to store what was dropped. */
export function enableDrag(chart, { onDrop, onEnd }) {
  const { root } = chart;
  let drag = null;
  let isGivenUp = false; // the button is still down

  root.addEventListener("dragstart", (event) => { if (event.target.closest?.(".bar")) event.preventDefault(); });
  root.addEventListener("pointerdown", (event) => {
    const bar = event.target.closest("[data-bar]");
    if (!bar || drag || event.button !== 0 || event.pointerType === "touch" || event.ctrlKey || event.metaKey) return;
    const row = bar.closest(".line");
    const box = root.querySelector(".timeline-scroll");
    drag = { row, bar, box, what: event.target.dataset.grip ?? "move", from: event.clientX, scrolled: box.scrollLeft, was: datesOf(row), dates: null, says: null, nameWidth: chart.nameWidth };
    bar.setPointerCapture(event.pointerId);
  });
  root.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.says) {
      if (Math.abs(event.clientX - drag.from) < THRESHOLD) return;
      drag.says = document.createElement("div");
      drag.says.className = "drag-says";
      drag.says.setAttribute("aria-hidden", "true");
      document.body.append(drag.says);
      root.classList.add("is-dragging");
    }
    scrollNear(drag.box, event.clientX, drag.nameWidth);
    const by = Math.round((event.clientX - drag.from + drag.box.scrollLeft - drag.scrolled) / chart.dayWidth);
    drag.dates = moved(drag.was, drag.what, by);
    chart.show(drag.row, drag.dates);
    const { start, due } = drag.dates;
    drag.says.textContent = [start, due].filter(Boolean).map(dateOf).join(" – ");
    drag.says.style.left = `${Math.min(event.clientX + 12, innerWidth - 220)}px`;
    drag.says.style.top = `${event.clientY + 18}px`;
  });
  root.addEventListener("pointerup", () => {
    if (isGivenUp) swallowClick();
    isGivenUp = false;
    if (!drag) return;
    const { row, says, dates, was } = drag;
    end();
    if (!says) return;
    swallowClick();
    if (dates && !isSame(dates, was)) onDrop(row, dates);
    else chart.show(row, was);
  });
  for (const name of ["pointercancel", "lostpointercapture"]) root.addEventListener(name, () => cancel());
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drag) return;
    event.preventDefault();
    event.stopPropagation();
    isGivenUp = drag.says !== null;
    cancel();
  }, { capture: true });

  function cancel() {
    if (!drag) return;
    chart.show(drag.row, drag.was);
    end();
  }

  function end() {
    drag.says?.remove();
    root.classList.remove("is-dragging");
    const { row } = drag;
    drag = null;
    onEnd(row);
  }

  return { isOf: (row) => drag?.row === row, isOn: () => drag !== null };
}

/** The click that ends a drag opens nothing. */
function swallowClick() {
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

function scrollNear(box, x, nameWidth) {
  const { left, right } = box.getBoundingClientRect();
  if (x > right - EDGE) box.scrollLeft += STEP;
  else if (x < left + nameWidth + EDGE) box.scrollLeft -= STEP;
}
