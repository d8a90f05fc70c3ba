// The picture password: turns the legend into buttons that fill the real password field.
// The field stays the only place where the choice is kept: slots show neutral dots, tiles keep no mark, and the
// live region says how many, never which, because a class listens along.
"use strict";

for (const pad of document.querySelectorAll("[data-picture-pad]")) {
  const part = (name) => pad.querySelector(`[data-pad-${name}]`);
  const input = part("input");
  const slots = [...part("slots").children];
  const tiles = [...part("tiles").children].map(becomeButton);
  const digits = new Map(tiles.map((tile) => [tile.dataset.digit, tile]));
  const needed = Number(pad.dataset.needed);
  const columns = 3;
  let shown = false;
  let said = 0;

  function becomeButton(place) {
    const legend = place.firstElementChild;
    const button = document.createElement("button");
    button.type = "button";
    button.className = legend.className;
    button.dataset.digit = place.dataset.digit;
    button.setAttribute("aria-label", place.dataset.label);
    button.append(...legend.childNodes);
    button.querySelector("img").alt = "";
    legend.replaceWith(button);
    return button;
  }

  // Typed, pasted or filled by a password manager: spaces and dashes between the digits do no harm.
  const clean = (text) => [...text].filter((sign) => digits.has(sign)).join("").slice(0, needed);

  function choose(value) {
    input.value = value;
    tell();
  }
  const add = (digit) => {
    if (input.value.length < needed) choose(input.value + digit);
  };

  function tell() {
    const chosen = input.value.length;
    slots.forEach((slot, index) => {
      slot.classList.toggle("is-filled", index < chosen);
      slot.classList.toggle("is-shown", shown && index < chosen);
      slot.replaceChildren(...(shown && index < chosen ? faceOf(input.value[index]) : []));
    });
    const submit = part("submit");
    submit.classList.toggle("button-primary", chosen === needed);
    submit.classList.toggle("button-plain", chosen !== needed);
    if (chosen === said) return;
    said = chosen;
    part("message").hidden = true;
    part("status").textContent = pad.dataset.count.replace("{chosen}", chosen).replace("{needed}", needed);
  }

  function faceOf(digit) {
    const picture = document.createElement("img");
    picture.src = digits.get(digit).closest("[data-picture]").dataset.picture;
    picture.alt = "";
    return [document.createTextNode(digit), picture];
  }

  function show(wanted) {
    shown = wanted;
    input.type = shown ? "text" : "password";
    part("show").setAttribute("aria-pressed", String(shown));
    tell();
  }

  function step(tile, key) {
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[key];
    const from = tiles.indexOf(tile);
    const to = from + move;
    const staysInRow = Math.abs(move) === columns || Math.floor(to / columns) === Math.floor(from / columns);
    if (tiles[to] && staysInRow) tiles[to].focus();
  }

  part("tiles").addEventListener("click", (event) => {
    const tile = event.target.closest("button");
    if (tile) add(tile.dataset.digit);
  });

  pad.addEventListener("keydown", (event) => {
    if (event.target === input || event.ctrlKey || event.metaKey || event.altKey) return;
    const tile = event.target.closest("[data-pad-tiles] button");
    if (digits.has(event.key)) add(event.key);
    else if (event.key === "Backspace") choose(input.value.slice(0, -1));
    else if (tile && event.key.startsWith("Arrow")) step(tile, event.key);
    else return;
    event.preventDefault();
  });

  // Pasting works wherever the focus is inside the pad.
  pad.addEventListener("paste", (event) => {
    event.preventDefault();
    choose(clean(event.clipboardData.getData("text")));
  });

  const takeOver = () => {
    const value = clean(input.value);
    if (value === input.value) tell();
    else choose(value);
  };
  input.addEventListener("input", takeOver);
  input.addEventListener("change", takeOver);

  part("back").addEventListener("click", () => choose(input.value.slice(0, -1)));
  part("clear").addEventListener("click", () => choose(""));
  part("show").addEventListener("click", () => show(!shown));

  // Too few is a slip, not a guess: it is told here and costs no attempt.
  input.form.addEventListener("submit", (event) => {
    const missing = needed - input.value.length;
    if (missing > 0) {
      event.preventDefault();
      const message = part("message");
      message.hidden = false;
      message.querySelector("[data-text]").textContent = pad.dataset.tooFew.replace("{missing}", missing);
    } else {
      show(false);
    }
  });

  // Coming back with the browser's own back button: forget what was chosen.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) choose("");
    else takeOver();
  });

  input.required = false;
  pad.classList.add("pad-live");
  for (const name of ["slots", "show", "back", "clear"]) part(name).hidden = false;
  tell();
}
