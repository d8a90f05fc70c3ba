// Signs pupils in with LeerID from a page that has no server behind it: npm install oidc-client-ts
// Register it with token_endpoint_auth_method = "none": what everybody can read is no secret.
import { UserManager } from "oidc-client-ts";

const { issuer, clientId } = document.documentElement.dataset;
const here = location.origin;

const leerid = new UserManager({
  authority: issuer,
  client_id: clientId,
  redirect_uri: `${here}/`,
  post_logout_redirect_uri: `${here}/bye`,
  scope: "openid profile offline_access",
  loadUserInfo: true,
  automaticSilentRenew: true, // with the refresh token, a minute before the access token ends
  monitorSession: true, // asks LeerID's check_session_iframe whether the pupil is still signed in
  checkSessionIntervalInSeconds: 1,
});

function show(user) {
  document.querySelector("#pupil").textContent = user ? JSON.stringify(user.profile) : "";
  for (const each of document.querySelectorAll("button")) each.hidden = (each.id === "login") === !!user;
}

const pressed = {
  login: () => leerid.signinRedirect(),
  refresh: () => leerid.signinSilent(),
  logout: () => leerid.signoutRedirect(),
};
for (const [id, action] of Object.entries(pressed)) document.getElementById(id).addEventListener("click", action);

leerid.events.addUserLoaded(show);
leerid.events.addUserUnloaded(() => show(null));
leerid.events.addUserSignedOut(() => leerid.removeUser()); // at LeerID, or in another application

if (/[?&](code|error)=/.test(location.search)) {
  await leerid.signinCallback().catch(console.error); // whoever said no finds the button again
  history.replaceState(null, "", "/"); // a code stays in no history
}
show(await leerid.getUser());
