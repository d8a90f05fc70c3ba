// A button with data-ready-after="500" answers only when it has been in sight that many milliseconds, so that the
// second half of a double click meant for another page gives no consent.
"use strict";

for (const button of document.querySelectorAll("[data-ready-after]")) {
  let ready = false;
  let timer = 0;

  function wait() {
    ready = false;
    button.setAttribute("aria-disabled", "true");
    clearTimeout(timer);
    timer = setTimeout(() => {
      ready = true;
      button.removeAttribute("aria-disabled");
    }, Number(button.dataset.readyAfter));
  }

  button.addEventListener("click", (event) => {
    if (!ready) event.preventDefault();
  });
  // The count begins again whenever the page comes back into sight.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wait();
  });
  window.addEventListener("pageshow", wait);
  wait();
}
