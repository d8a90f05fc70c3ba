// Looking for a tile by its name: while somebody types, tiles that don't fit step aside. Without script the form does it.
"use strict";

for (const form of document.querySelectorAll("[data-tile-filter]")) {
  const tiles = [...document.getElementById(form.dataset.tileFilter).children];
  const none = document.querySelector("[data-tile-none]");
  const input = form.querySelector("input[type=search]");

  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const names = new Map(tiles.map((tile) => [tile, folded(tile.querySelector(".tile-name").textContent)]));

  function look() {
    const wanted = folded(input.value.trim());
    let found = 0;
    for (const [tile, name] of names) {
      tile.hidden = !name.includes(wanted);
      found += tile.hidden ? 0 : 1;
    }
    none.hidden = found > 0;
    const words = { 0: form.dataset.none, 1: form.dataset.one }[found] ?? form.dataset.more.replace("{found}", found);
    form.querySelector("[data-tile-count]").textContent = words;
  }

  input.addEventListener("input", look);
}
