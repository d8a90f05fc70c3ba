// The selection in a list: the number follows each tick, ticks are kept at once, and a whole row can be clicked.
// Without script the same ticks travel with whichever button is pressed.
"use strict";

for (const form of document.querySelectorAll("form[data-selection]")) {
  const rows = [...form.querySelectorAll("tbody input[name=pupil]")];
  const whole = form.querySelector("thead input[type=checkbox]");
  const count = form.querySelector("[data-selection-count]");
  const status = form.querySelector("[data-selection-status]");
  const ticked = () => rows.filter((row) => row.checked).length;
  const elsewhere = Number(count.textContent) - rows.filter((row) => row.defaultChecked).length;
  const changed = new Set();
  let sending = false;

  // With script the box in the heading ticks the rows, and has nothing to say by itself.
  whole?.removeAttribute("name");

  function tell() {
    const here = ticked();
    count.textContent = elsewhere + here;
    if (!whole) return;
    whole.checked = here > 0 && here === rows.length;
    whole.indeterminate = here > 0 && here < rows.length;
  }

  // Only what changed is sent, so that a page that stood open for an hour takes nothing back.
  function changes() {
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    body.set("at", form.elements.at.value);
    body.set("shown", [...changed].map((row) => row.value).join(","));
    for (const row of changed) if (row.checked) body.append("pupil", row.value);
    changed.clear();
    return body;
  }

  function send() {
    const headers = { Accept: "application/json" };
    return fetch(form.action, { method: "POST", headers, body: changes(), redirect: "error", keepalive: true });
  }

  // One at a time, so that an older tick never overtakes a newer one.
  async function keep() {
    if (sending || changed.size === 0) return;
    sending = true;
    try {
      const answer = await send();
      if (!answer.ok) throw new Error(answer.status);
    } catch {
      status.textContent = form.dataset.notKept;
      return;  // the ticks still travel with the next button
    }
    sending = false;
    keep();
  }

  function change(boxes) {
    for (const box of boxes) changed.add(box);
    tell();
    keep();
  }

  whole?.addEventListener("change", () => {
    const others = rows.filter((row) => row.checked !== whole.checked);
    for (const row of others) row.checked = whole.checked;
    change(others);
  });
  for (const row of rows) row.addEventListener("change", () => change([row]));

  for (const row of form.querySelectorAll("tr[data-href]")) {
    row.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, label") || getSelection().toString()) return;
      location.assign(row.dataset.href);
    });
  }

  // Whoever leaves while something is still waiting.
  window.addEventListener("pagehide", () => {
    if (changed.size > 0) send().catch(() => {});
  });
  window.addEventListener("pageshow", tell);
  tell();
}
