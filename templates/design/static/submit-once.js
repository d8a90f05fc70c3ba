// A form marked data-submit-once is sent once, however often the button is pressed; the button shows it is busy.
"use strict";

const busyForms = new WeakMap();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-submit-once]") || event.defaultPrevented) return;
  if (busyForms.has(form)) {
    event.preventDefault();
    return;
  }
  const button = event.submitter ?? form.querySelector("button[type=submit], button:not([type])");
  busyForms.set(form, button);
  // Not `disabled`: a disabled button would lose the focus, and its name and value would not be sent.
  button?.setAttribute("aria-busy", "true");
  button?.setAttribute("aria-disabled", "true");
});

// The browser may show this very page again, as it was left, when the visitor goes back.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-submit-once]")) {
    const button = busyForms.get(form);
    button?.removeAttribute("aria-busy");
    button?.removeAttribute("aria-disabled");
    busyForms.delete(form);
  }
});
