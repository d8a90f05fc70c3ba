// The board with a code: looks every few seconds whether somebody answered, and then shows what came of it.
"use strict";

const LOOK_EVERY = 5000;
const board = document.querySelector("[data-device-board]");

async function look() {
  const answer = await fetch(board.dataset.deviceBoard, { headers: { Accept: "application/json" } });
  if (answer.ok && (await answer.json()).state !== "waiting") window.location.reload();
}

function lookAgain() {
  // A network that is away for a moment is asked again.
  window.setTimeout(() => look().catch(() => {}).finally(lookAgain), LOOK_EVERY);
}

lookAgain();
