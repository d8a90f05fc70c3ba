// A device without a keyboard, with openid-client: shows a code, waits, and tells who it is for (RFC 8628).
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const leerid = await client.discovery(new URL(ISSUER), CLIENT_ID, {}, client.ClientSecretBasic(CLIENT_SECRET));
client.enableNonRepudiationChecks(leerid);

const codes = await client.initiateDeviceAuthorization(leerid, { scope: "openid profile offline_access" });
console.log(JSON.stringify({ page: codes.verification_uri_complete, code: codes.user_code }));

const tokens = await client.pollDeviceAuthorizationGrant(leerid, codes);
const fresh = await client.refreshTokenGrant(leerid, tokens.refresh_token);
console.log(JSON.stringify(await client.fetchUserInfo(leerid, fresh.access_token, tokens.claims().sub)));
