// An application that registers itself with openid-client, and then signs a pupil in by the flow it registered.
import { once } from "node:events";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const { ISSUER, ORIGIN, FLOW, INITIAL_ACCESS_TOKEN } = process.env;
const redirect_uri = `${ORIGIN}/callback`;
const flows = {
  code: { response_types: ["code"], grant_types: ["authorization_code", "refresh_token"] },
  hybrid: { response_types: ["code id_token"], grant_types: ["authorization_code", "implicit"] },
  implicit: { response_types: ["id_token"], grant_types: ["implicit"] },
};
const prepare = {
  code: client.enableNonRepudiationChecks,
  hybrid: client.useCodeIdTokenResponseType,
  implicit: client.useIdTokenResponseType,
};

const said = {
  client_name: "Zelfstandig",
  redirect_uris: [redirect_uri],
  token_endpoint_auth_method: "client_secret_post", // what it does with the secret that it gets
  ...flows[FLOW],
};
const leerid = await client.dynamicClientRegistration(new URL(ISSUER), said, undefined, {
  initialAccessToken: INITIAL_ACCESS_TOKEN,
});
prepare[FLOW](leerid);

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const asked = { redirect_uri, scope: "openid profile", state, nonce };
const pkce = {
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
};
console.log(client.buildAuthorizationUrl(leerid, { ...asked, ...(FLOW === "implicit" ? {} : pkce) }).href);

const [line] = await once(createInterface({ input: process.stdin }), "line");
process.stdin.destroy();
const came = new URL(line);
let pupil;
if (FLOW === "implicit") {
  pupil = await client.implicitAuthentication(leerid, came, nonce, { expectedState: state });
} else {
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(leerid, came, checks);
  pupil = await client.fetchUserInfo(leerid, tokens.access_token, tokens.claims().sub);
}
console.log(JSON.stringify({ registered: leerid.clientMetadata(), pupil }));
