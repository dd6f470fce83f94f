/**
 * Sentences shown by scripts, translated by the server: the page carries them as JSON in `#texts`
 * (templates/boards/_texts.html), keyed by the English sentence, which is also the fallback.
 */
const block = document.getElementById("texts");
const texts = block ? JSON.parse(block.content.textContent) : {};

/** The sentence in the reader's language, with `{name}` replaced by `values.name`. */
export function t(sentence, values = {}) {
  return (texts[sentence] ?? sentence).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const region = () => document.getElementById("live");

/** Say something to screen readers. Cleared first, so that the same sentence twice is said twice. */
export function announce(sentence) {
  const live = region();
  if (!live) return;
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = sentence; });
}
