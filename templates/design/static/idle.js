// A tablet that was left alone: a minute before the sign-in ends a dialog asks whether somebody is still there, and without
// an answer it signs out. Whoever works in a page stays signed in; tabs tell each other, and keep nothing anywhere.
"use strict";

const dialog = document.querySelector("[data-idle]");
if (dialog) watch();

function watch() {
  const part = (name) => dialog.querySelector(`[data-idle-${name}]`);
  const out = part("out");
  const between = "BroadcastChannel" in window ? new BroadcastChannel("leerid-idle") : null;
  const EARLIER = 2_000; // than the provider, which would otherwise have ended it before we can say goodbye
  const ASK_AGAIN = 60_000; // how often, at most, the provider hears that somebody works here
  const SPOKEN = [60, 30, 10];
  let endsAt;
  let askedAt = Date.now();
  let warning = 60_000;
  let leaving = false;

  function lasts(seconds) {
    warning = Math.min(60_000, seconds * 500);
    endsAt = Date.now() + seconds * 1000 - EARLIER;
    look();
  }

  // A clock and no countdown: a tablet that slept finds out at once that it is too late.
  function look() {
    const left = endsAt - Date.now();
    if (left <= 0) leave();
    else if (left <= warning) warn(Math.ceil(left / 1000));
    else if (dialog.open) dialog.close();
  }

  function warn(seconds) {
    const words = (seconds === 1 ? dialog.dataset.one : dialog.dataset.more).replace("{seconds}", seconds);
    part("left").textContent = words;
    if (!dialog.open) {
      dialog.showModal();
      part("stay").focus();
      part("said").textContent = words;
    } else if (SPOKEN.includes(seconds)) {
      part("said").textContent = words;
    }
  }

  async function stay() {
    askedAt = Date.now();
    let answer;
    try {
      answer = await fetch("/still-here", {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ csrf_token: out.elements.csrf_token.value }),
        redirect: "manual",
      });
    } catch {
      return; // nobody answers: the next movement tries again
    }
    if (answer.ok) {
      const { idle_seconds: seconds } = await answer.json();
      lasts(seconds);
      between?.postMessage(seconds);
    } else if (answer.type === "opaqueredirect" || answer.status === 403) {
      leave(); // it has ended, or somebody else came in
    }
  }

  function leave() {
    if (leaving) return;
    leaving = true;
    between?.postMessage("over");
    out.submit();
  }

  // Another tab signed out: what stands here is nobody's to read any more.
  function clear() {
    leaving = true;
    document.body.hidden = true;
    setTimeout(() => location.replace("/"), 3_000);
  }

  between?.addEventListener("message", ({ data }) => (data === "over" ? clear() : lasts(Number(data))));
  for (const sign of ["pointerdown", "keydown", "input", "wheel"]) {
    document.addEventListener(
      sign,
      () => {
        if (!dialog.open && !leaving && Date.now() - askedAt >= ASK_AGAIN) stay();
      },
      { capture: true, passive: true },
    );
  }
  document.addEventListener("submit", ({ target }) => {
    if (target.getAttribute("action") === "/logout") between?.postMessage("over");
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !leaving) look();
  });
  // A page from the browser's own memory may be the previous pupil's.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  part("stay").addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    stay();
  });

  lasts(Number(dialog.dataset.idle));
  setInterval(() => leaving || look(), 1000);
}
