// The box in a table's heading ticks every row, and a sentence says how many are ticked.
"use strict";

for (const table of document.querySelectorAll("[data-select-all]")) {
  const all = table.querySelector("thead input[type=checkbox]");
  const rows = [...table.querySelectorAll("tbody input[type=checkbox]")];
  const count = document.getElementById(table.dataset.selectAll);
  all.closest("[hidden]")?.removeAttribute("hidden"); // without script it could tick nothing

  function tell() {
    const ticked = rows.filter((row) => row.checked).length;
    all.checked = ticked > 0 && ticked === rows.length;
    all.indeterminate = ticked > 0 && ticked < rows.length;
    if (count) count.textContent = count.dataset.words.replace("{count}", ticked);
  }

  all.addEventListener("change", () => {
    for (const row of rows) row.checked = all.checked;
    tell();
  });
  for (const row of rows) row.addEventListener("change", tell);
  window.addEventListener("pageshow", tell);
  tell();
}
