// "Toon" and "Verberg" on a password field.
"use strict";

for (const toggle of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(toggle.dataset.reveal);
  const words = toggle.querySelector("[data-text]");

  function show(wanted) {
    input.type = wanted ? "text" : "password";
    words.textContent = wanted ? toggle.dataset.hide : toggle.dataset.show;
  }

  toggle.addEventListener("click", () => show(input.type === "password"));
  // Sent as a password again, so that the browser does not remember it among ordinary texts.
  input.form?.addEventListener("submit", () => show(false));
  toggle.hidden = false;
}
