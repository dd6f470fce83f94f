/**
 * Sentences shown by scripts, translated by the server: the page carries them as JSON in `[data-texts]`
 * (templates/boards/_texts.html, templates/components/_keys.html), keyed by the English sentence, which is also the fallback.
 */
const blocks = [...document.querySelectorAll("template[data-texts]")];
const texts = Object.assign({}, ...blocks.map((block) => JSON.parse(block.content.textContent)));

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
