/**
 * What the reader presses at this moment. Drawn anew between press and release, a control would never be clicked: so
 * what is pressed waits until it is let go.
 */
export const RELEASED = "flowboard:released";

let pressed = null;

document.addEventListener("pointerdown", (event) => {
  if (event.button === 0) pressed = event.target;
}, true);
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    setTimeout(() => { // after the click
      pressed = null;
      document.dispatchEvent(new CustomEvent(RELEASED));
    });
  }, true);
}

/** Whether a press began in this element and has not ended. */
export const isPressed = (element) => pressed !== null && element.contains(pressed);
