// Dialogs open by the browser's own `command` attributes; this stands in where it does not know them yet,
// and opens at once a dialog that came back with mistakes in its form.

if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (button?.getAttribute("command") === "show-modal") dialog?.showModal();
    if (button?.getAttribute("command") === "close") dialog?.close();
  });
}

for (const dialog of document.querySelectorAll("dialog[data-open]")) {
  dialog.close(); // it came open, for those without script, but beside the page rather than above it
  dialog.showModal();
}
