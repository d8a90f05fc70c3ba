// Signs pupils in with LeerID from Node.js: npm install openid-client jose
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;
const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";

const leerid = await client.discovery(new URL(ISSUER), CLIENT_ID, {}, client.ClientSecretBasic(CLIENT_SECRET));
client.enableNonRepudiationChecks(leerid); // verifies the signature of every ID token
const keys = createRemoteJWKSet(new URL(leerid.serverMetadata().jwks_uri));
const visits = new Map(); // a store of your own, once there is more than one process

async function login(visit) {
  visit.verifier = client.randomPKCECodeVerifier();
  visit.state = client.randomState();
  visit.nonce = client.randomNonce();
  return client.buildAuthorizationUrl(leerid, {
    redirect_uri: `${ORIGIN}/callback`,
    scope: "openid profile offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(visit.verifier),
    code_challenge_method: "S256",
    state: visit.state,
    nonce: visit.nonce,
  });
}

async function callback(visit, url) {
  visit.tokens = await client.authorizationCodeGrant(leerid, url, {
    pkceCodeVerifier: visit.verifier,
    expectedState: visit.state,
    expectedNonce: visit.nonce,
    idTokenExpected: true,
  });
  const { sub, sid } = visit.tokens.claims();
  visit.sid = sid;
  visit.pupil = await client.fetchUserInfo(leerid, visit.tokens.access_token, sub);
}

async function refresh(visit) {
  // Each refresh token works once: keep the new one, and never use one twice at the same time.
  visit.tokens = { ...visit.tokens, ...(await client.refreshTokenGrant(leerid, visit.tokens.refresh_token)) };
  visit.pupil = await client.fetchUserInfo(leerid, visit.tokens.access_token, visit.pupil.sub);
}

function logout(visit) {
  const hint = visit.tokens.id_token;
  return client.buildEndSessionUrl(leerid, { id_token_hint: hint, post_logout_redirect_uri: `${ORIGIN}/bye` });
}

// LeerID says that a pupil signed out somewhere else (OpenID Connect Back-Channel Logout 1.0).
async function loggedOutElsewhere(token) {
  const { payload } = await jwtVerify(token, keys, {
    issuer: ISSUER,
    audience: CLIENT_ID,
    typ: "logout+jwt",
    requiredClaims: ["iat", "exp", "jti", "sid"],
  });
  if (payload.nonce !== undefined || !payload.events?.[LOGOUT]) throw new Error("not a logout token");
  for (const [id, visit] of visits) if (visit.sid === payload.sid) visits.delete(id);
}

const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const page = ({ pupil }) =>
  pupil
    ? `<p>Dag ${escaped(pupil.given_name)}</p><pre>${escaped(JSON.stringify(pupil))}</pre>
       <form method="post" action="/refresh"><button id="refresh">Refresh</button></form>
       <form method="post" action="/logout"><button id="logout">Sign out</button></form>`
    : `<a href="/login">Sign in with LeerID</a>`;

async function answer(request, response) {
  const url = new URL(request.url, ORIGIN);
  const id = /(?:^|; )visit=([0-9a-f-]{36})/.exec(request.headers.cookie ?? "")?.[1];
  let visit = visits.get(id) ?? {};
  const go = (address) => response.writeHead(303, { Location: String(address) }).end();
  // A new name for each sign-in, so that nobody can prepare one. SameSite keeps other sites' forms out.
  const keep = () => {
    visits.delete(id);
    const fresh = randomUUID();
    visits.set(fresh, visit);
    response.setHeader("Set-Cookie", `visit=${fresh}; Path=/; HttpOnly; Secure; SameSite=Lax`);
  };
  switch (`${request.method} ${url.pathname}`) {
    case "GET /":
    case "GET /bye":
      return response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page(visit));
    case "GET /login": // also what LeerID's dashboard opens
      visit = { ...visit };
      keep();
      return go(await login(visit));
    case "GET /callback":
      await callback(visit, url);
      keep();
      return go("/");
    case "POST /refresh":
      await refresh(visit);
      return go("/");
    case "POST /logout":
      visits.delete(id);
      return go(visit.tokens ? logout(visit) : "/bye");
    case "POST /backchannel-logout": {
      let form = "";
      for await (const part of request) if ((form += part).length > 10_000) throw new Error("too long");
      await loggedOutElsewhere(new URLSearchParams(form).get("logout_token"));
      return response.writeHead(200, { "Cache-Control": "no-store" }).end();
    }
    default:
      return response.writeHead(404).end();
  }
}

createServer((request, response) =>
  answer(request, response).catch((error) => {
    console.error(error); // for you; a pupil needs no details
    response.writeHead(400).end("That did not work.");
  }),
).listen(Number(PORT), "127.0.0.1");
