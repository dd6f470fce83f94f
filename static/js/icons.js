// The icons of the sprite, for what a script has to draw itself. Templates use the `icon` macro.

const SVG = "http://www.w3.org/2000/svg";

/** An <svg> that shows one icon of the sprite; purely decorative, so give its button a name. */
export function icon(name, cls = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${cls}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${document.querySelector('meta[name="icons"]').content}#${name}`);
  svg.append(use);
  return svg;
}
