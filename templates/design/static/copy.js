// Copies the text of an element, such as a foutnummer, and says so.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const words = button.querySelector("[data-text]");
  const before = words.textContent;
  const status = button.parentElement.querySelector("[data-copy-status]");

  // Where the clipboard is closed to pages, selecting the text leaves one key press to do.
  const select = () => window.getSelection().selectAllChildren(source);

  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
    } catch {
      select();
      return;
    }
    words.textContent = button.dataset.copied;
    if (status) status.textContent = button.dataset.copied;
    setTimeout(() => {
      words.textContent = before;
      if (status) status.textContent = "";
    }, 3000);
  });
  button.hidden = false;
}
