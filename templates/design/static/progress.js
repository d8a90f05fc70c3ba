// A long job goes on by itself: the form of the page, sent again and again in the background until all is done.
// Whatever isn't a plain answer (sign in again, a mistake, no network) is left to the form itself, as a page.
"use strict";

for (const job of document.querySelectorAll("[data-progress]")) {
  const form = job.querySelector("form");
  const button = form.querySelector("button");
  const bar = job.querySelector("progress");
  const words = job.querySelector(".progress-words b");
  const left = job.querySelector("[data-left]");
  const said = job.querySelector("[data-said]");
  const began = { at: Date.now(), done: bar.value };
  const pattern = words.textContent;
  const [firstDone] = pattern.match(/\d+/);

  function show(done, total) {
    bar.value = done;
    words.textContent = pattern.replace(firstDone, done);
    left.textContent = timeLeft(done, total);
    document.title = document.title.replace(/^\d+/, done);
    // Not every step is read out: only every tenth part.
    const tenth = Math.floor((10 * done) / total);
    if (said.dataset.tenth !== String(tenth)) {
      said.dataset.tenth = tenth;
      said.textContent = words.textContent;
    }
  }

  function timeLeft(done, total) {
    const pace = (done - began.done) / (Date.now() - began.at);
    if (!(pace > 0)) return "";
    const minutes = Math.round((total - done) / pace / 60000);
    return minutes < 1 ? job.dataset.soon : job.dataset.minutes.replace("{minutes}", minutes);
  }

  async function step() {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
      redirect: "manual",
    });
    if (!answer.ok) {
      form.submit();
      return true;
    }
    const { done, total, saved } = await answer.json();
    show(done, total);
    if (saved) window.location.reload();
    return saved;
  }

  async function goOn() {
    button.hidden = true;
    try {
      while (!(await step()));
    } catch {
      left.textContent = job.dataset.stuck;
      button.hidden = false;
    }
  }

  goOn();
}
