// While somebody types a username: whether it can be, and whether it is still free. Saving checks it again.
"use strict";

for (const field of document.querySelectorAll("[data-username-check]")) {
  const input = field.querySelector("input[name=username]");
  if (!input) continue;
  const free = field.querySelector("[data-free]");
  const problems = [...field.querySelectorAll("[data-problem]")];
  let waiting;
  let asked = 0;

  function tell(problem, isFree) {
    for (const each of problems) each.hidden = each.dataset.problem !== problem;
    free.hidden = !isFree;
    field.classList.toggle("field-bad", Boolean(problem));
    input.setAttribute("aria-invalid", String(Boolean(problem)));
  }

  async function ask() {
    const question = ++asked;
    const candidate = input.value.trim();
    if (candidate === field.dataset.own) return tell("", false);
    const address = new URL(field.dataset.usernameCheck, location.href);
    address.searchParams.set("candidate", candidate);
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, redirect: "error" });
      if (!answer.ok) return;
      const said = await answer.json();
      if (question === asked) tell(said.problems[0] ?? "", said.free);
    } catch {
      tell("", false);  // saving will tell
    }
  }

  input.addEventListener("input", () => {
    asked += 1;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 300);
  });
}
