// Text to take along. Where the browser will not have it on the clipboard, it is shown, marked, to be copied by hand.

import { toast } from "./toasts.js";

/** Put text on the clipboard and say so; where that is refused, offer it to be copied by hand. */
export async function copyText(text, said) {
  if (await isWritten(text)) toast({ text: said });
  else offer(text);
}

async function isWritten(text) {
  if (!navigator.clipboard) return false; // not a secure context: plain http on a local network
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    if (error instanceof DOMException) return false; // the browser or its person refused
    throw error;
  }
  return true;
}

function offer(text) {
  const dialog = document.getElementById("copy-dialog");
  const returnTo = document.activeElement;
  const field = dialog.querySelector("input");
  field.value = text;
  field.size = Math.min(text.length + 2, 60);
  dialog.addEventListener("close", () => returnTo.focus({ preventScroll: true }), { once: true });
  dialog.showModal();
  field.select();
}
