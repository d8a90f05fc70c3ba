// Answers an application's page that asks "is it still the same person?" (OIDC Session Management 1.0, section 3.2).
// The question is "client_id session_state"; the answer "unchanged", "changed" or "error".
"use strict";

const cookie = `${document.documentElement.dataset.cookie}=`;

function browserState() {
  const found = document.cookie.split("; ").filter((each) => each.startsWith(cookie));
  return found.length === 1 ? found[0].slice(cookie.length) : "";
}

async function sessionState(clientId, origin, state, salt) {
  const bytes = new TextEncoder().encode(`${clientId} ${origin} ${state} ${salt}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex}.${salt}`;
}

async function answerTo(question, origin) {
  const parts = typeof question === "string" ? question.split(" ") : [];
  const given = parts[1] || "";
  const salt = given.split(".")[1];
  const state = browserState();
  // A browser that keeps our cookie from this frame can't tell: whoever hears "changed" would sign the person out.
  if (parts.length !== 2 || !parts[0] || !salt || !state || !window.crypto || !crypto.subtle) return "error";
  return (await sessionState(parts[0], origin, state, salt)) === given ? "unchanged" : "changed";
}

window.addEventListener("message", async (event) => {
  // Only the page around this frame is answered, and only at the origin that it has.
  if (window.parent === window || event.source !== window.parent || event.origin === "null") return;
  const { source, origin } = event;
  source.postMessage(await answerTo(event.data, origin), origin);
});
