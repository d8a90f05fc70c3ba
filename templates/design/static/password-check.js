// A new password's rules and tips, ticked while it is typed. Advice only: the provider checks again.
"use strict";

for (const check of document.querySelectorAll("[data-password-check]")) {
  const input = document.getElementById(check.dataset.passwordCheck);
  const minimum = Number(check.dataset.minimum);
  const forbidden = partsOf(check.dataset.username);
  const praise = check.querySelector("[data-praise]");
  const announce = check.querySelector("[data-announce]");

  const rules = {
    length: (password) => signsIn(password) >= minimum,
    username: (password) => password !== "" && !forbidden.some((part) => fold(password).includes(part)),
  };
  const tips = {
    words: (password) => /\p{L}{2,}[^\p{L}\s]+\p{L}{2,}/u.test(password),
    cases: (password) => /\p{Ll}/u.test(password) && /\p{Lu}/u.test(password),
    digits: (password) => /[0-9]/.test(password),
    specials: (password) => /[^\p{L}\p{M}\p{N}\s]/u.test(password),
  };

  // Upper and lower case, and letters with and without accents, count as the same letter.
  function fold(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  }

  // The whole name, and each piece of it of three letters or more.
  function partsOf(username) {
    const name = fold(username);
    const pieces = name.split(/\P{L}+/u).filter((piece) => signsIn(piece) >= 3);
    return [name, ...pieces].filter((piece) => piece !== "");
  }

  function signsIn(text) {
    return [...text.normalize("NFC")].length;
  }

  function look() {
    const password = input.value;
    for (const [name, holds] of Object.entries({ ...rules, ...tips })) {
      const line = check.querySelector(`[data-check="${name}"]`);
      const done = holds(password);
      line.classList.toggle("check-done", done);
      line.querySelector("[data-state]").textContent = ` (${done ? check.dataset.done : check.dataset.todo})`;
    }
    check.querySelector("[data-count]").textContent = `${signsIn(password)}/${minimum}`;
    const strong = Object.values(rules).every((holds) => holds(password));
    praise.hidden = !strong;
    // Said once, at the moment it becomes true, not at every key.
    const words = strong ? announce.dataset.announce : "";
    if (announce.textContent !== words) announce.textContent = words;
  }

  input.addEventListener("input", look);
  window.addEventListener("pageshow", look);
  look();
}
