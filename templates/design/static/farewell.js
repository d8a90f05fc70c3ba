// After signing out: shows how it stands with each application, and moves on where the page says so.
// It runs before the page is read, so that it hears of every frame that has loaded.
"use strict";

const FRAMES_GET = 3000;
const ASK_EVERY = 700;

const framesOpened = new Set();
let onFrame = () => {};

document.addEventListener(
  "load",
  (event) => {
    if (!event.target.dataset || !event.target.dataset.tells) return;
    framesOpened.add(event.target.dataset.tells);
    onFrame();
  },
  true,
);

document.addEventListener("DOMContentLoaded", () => {
  const page = document.querySelector("[data-farewell]");
  const button = document.getElementById("farewell-next");
  const items = [...page.querySelectorAll("[data-application]")];
  let left = false;

  function stateOf(item) {
    return item.querySelector("[data-state]:not([hidden])").dataset.state;
  }

  function show(item, state) {
    for (const part of item.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  }

  function isBusy() {
    return items.some((item) => stateOf(item) === "busy");
  }

  function look() {
    if (isBusy()) return;
    const missed = items.some((item) => stateOf(item) === "unreached");
    page.querySelector(`[data-said="${missed ? "unreached" : "out"}"]`).hidden = false;
    if (!missed) moveOn();
  }

  function moveOn() {
    const waits = [...document.querySelectorAll("iframe")].some((frame) => !framesOpened.has(frame.dataset.tells));
    if (left || waits || !("movesOn" in page.dataset)) return;
    left = true;
    window.location.replace(button.href);
  }

  function toldByFrame(item) {
    return "frame" in item.dataset;
  }

  async function ask() {
    const answer = await fetch(page.dataset.states, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const states = await answer.json();
    for (const item of items) {
      const state = states[item.dataset.application];
      if (state && !toldByFrame(item)) show(item, state);
    }
    look();
    if (isBusy()) window.setTimeout(() => ask().catch(() => {}), ASK_EVERY);
  }

  onFrame = () => {
    for (const item of items) {
      if (toldByFrame(item) && framesOpened.has(item.dataset.application)) show(item, "out");
    }
    look();
  };

  window.setTimeout(() => {
    for (const item of items) {
      if (toldByFrame(item) && stateOf(item) === "busy") show(item, "unreached");
    }
    for (const frame of document.querySelectorAll("iframe")) framesOpened.add(frame.dataset.tells);
    look();
    moveOn();
  }, FRAMES_GET);

  onFrame();
  if (isBusy()) ask().catch(() => {});
});
