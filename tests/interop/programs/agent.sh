#!/bin/sh
# Debian's oidc-agent, as somebody uses it at a terminal: sign in by the device grant, then ask for tokens.
set -eu
exec < /dev/null 2>&1 # it shows the code where it complains
eval "$(oidc-agent)" > /dev/null
trap 'kill "$OIDCD_PID"' EXIT
trap 'exit 1' TERM
oidc-gen leerid --issuer="$ISSUER" --client-id="$CLIENT_ID" --client-secret="$CLIENT_SECRET" \
	--scope="openid profile offline_access" --flow=device --cert-path="$SSL_CERT_FILE" --prompt=none --pw-env \
	--no-url-call --confirm-yes
oidc-token leerid
# Not the one that it still has: it must refresh.
oidc-token --force-new leerid
