// The strictest way that openid-client knows: proves itself with a key, asks by a pushed or a signed request, and binds what
// it gets to another key (RFC 7523, 9126, 9101, 9449). Says where to send the browser, reads where that came back, and tells.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { createRemoteJWKSet, importJWK, jwtVerify } from "jose";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, ORIGIN, ASKING, RESOURCE, KEY } = process.env;
const jwk = JSON.parse(KEY);
const key = { key: await importJWK(jwk, jwk.alg), kid: jwk.kid };

const leerid = await client.discovery(new URL(ISSUER), CLIENT_ID, {}, client.PrivateKeyJwt(key));
client.enableNonRepudiationChecks(leerid);
const DPoP = client.getDPoPHandle(leerid, await client.randomDPoPKeyPair("ES256"));

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const asked = {
  redirect_uri: `${ORIGIN}/callback`,
  scope: "openid profile",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
};
const url =
  ASKING === "pushed"
    ? await client.buildAuthorizationUrlWithPAR(leerid, asked, { DPoP })
    : await client.buildAuthorizationUrlWithJAR(leerid, asked, key);
console.log(url.href);

const [line] = await once(createInterface({ input: process.stdin }), "line");
process.stdin.destroy();
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(leerid, new URL(line), checks, undefined, { DPoP });
const { sub } = tokens.claims();
const first = await client.fetchUserInfo(leerid, tokens.access_token, sub, { DPoP });
const fresh = await client.refreshTokenGrant(leerid, tokens.refresh_token, undefined, { DPoP });
const second = await client.fetchUserInfo(leerid, fresh.access_token, sub, { DPoP });
const known = await client.tokenIntrospection(leerid, fresh.access_token);
await client.tokenRevocation(leerid, fresh.access_token);
const forgotten = await client.tokenIntrospection(leerid, fresh.access_token);

// And for itself, without a pupil: a token that another server can read (RFC 6749 section 4.4, RFC 8707, RFC 9068).
const own = await client.clientCredentialsGrant(leerid, { resource: RESOURCE }, { DPoP });
const keys = createRemoteJWKSet(new URL(leerid.serverMetadata().jwks_uri));
const read = await jwtVerify(own.access_token, keys, { issuer: ISSUER, audience: RESOURCE, typ: "at+jwt" });

console.log(
  JSON.stringify({
    types: [tokens.token_type, fresh.token_type, own.token_type],
    first,
    second,
    known,
    forgotten,
    own: read.payload,
  }),
);
