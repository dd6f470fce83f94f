/**
 * A form on its way. Until the answer is there its texts take no more letters: with it they are emptied or drawn anew,
 * and what was typed meanwhile would be lost without a word.
 *
 * @param {HTMLFormElement} form
 * @param {boolean} isSent
 */
export function markSent(form, isSent) {
  form.ariaBusy = String(isSent);
  for (const field of form.querySelectorAll("textarea, input")) field.readOnly = isSent;
}
