// A passkey: asks the browser to make one or to sign with one, and sends what it answers with an ordinary form.
// The form stays hidden where the browser knows no passkeys.
"use strict";

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// What travels as base64url, the browser wants as bytes.
function opened(asked) {
  const named = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  const options = { ...asked, challenge: bytes(asked.challenge) };
  if (asked.user) options.user = { ...asked.user, id: bytes(asked.user.id) };
  if (asked.excludeCredentials) options.excludeCredentials = named(asked.excludeCredentials);
  if (asked.allowCredentials) options.allowCredentials = named(asked.allowCredentials);
  return options;
}

function closed(credential) {
  const said = credential.response;
  const response = { clientDataJSON: text(said.clientDataJSON) };
  if (said.attestationObject) response.attestationObject = text(said.attestationObject);
  if (said.authenticatorData) response.authenticatorData = text(said.authenticatorData);
  if (said.signature) response.signature = text(said.signature);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const trouble = form.querySelector("[data-passkey-trouble]");
  const button = form.querySelector("button");
  let asking = false;

  async function ask() {
    const publicKey = opened(JSON.parse(form.dataset.asked));
    const made = form.dataset.passkey === "create";
    return made ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey });
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    button.setAttribute("aria-busy", "true");
    trouble.hidden = true;
    try {
      form.elements.passkey.value = closed(await ask());
      form.submit();
    } catch {
      // Cancelled, too late, or no such passkey in this device: the browser told it already.
      trouble.hidden = false;
      button.removeAttribute("aria-busy");
      asking = false;
    }
  });
  form.hidden = false;
}
