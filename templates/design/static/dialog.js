// A <dialog> over the page: data-opens="id" opens it, data-closes closes it, the focus returns to where it was.
"use strict";

function openOver(dialog) {
  if (dialog.open) dialog.close();
  dialog.showModal();
}

for (const opener of document.querySelectorAll("[data-opens]")) {
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    openOver(document.getElementById(opener.dataset.opens));
  });
}
for (const closer of document.querySelectorAll("dialog [data-closes]")) {
  closer.addEventListener("click", (event) => {
    event.preventDefault();
    closer.closest("dialog").close();
  });
}
// Without script an open dialog stands in the page; with it, it lies over the page.
for (const dialog of document.querySelectorAll("dialog[open]")) openOver(dialog);
