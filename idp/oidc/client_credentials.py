"""An application asks a token for itself, with nobody behind it (RFC 6749 section 4.4): for somebody else's API only.

Nothing of ours opens for it, so there is no scope to ask and no person in it. It says for which API, always.
"""

from __future__ import annotations

from authlib.oauth2.rfc6749 import InvalidScopeError, UnauthorizedClientError, grants
from authlib.oauth2.rfc6749.hooks import hooked

from idp.database import writing
from idp.oidc import resource_tokens
from idp.oidc.grants import Answer, asked, key_shown, proven
from idp.oidc.resource_tokens import InvalidTarget
from idp.tokens import client_tokens
from idp.tokens.secrets import new_value


class ClientGrant(grants.ClientCredentialsGrant):
    def validate_requested_scope(self) -> None:
        """After the client proved who it is and may use this grant."""
        if not proven(self).client.confidential:
            raise UnauthorizedClientError  # whoever can't prove who it is would get a token in another's name
        if "scope" in asked(self).form:
            raise InvalidScopeError

    @hooked
    def create_token_response(self) -> Answer:
        request, client = asked(self), proven(self).client
        resource = request.form.get("resource")
        if resource is None or resource not in client.resources:
            raise InvalidTarget
        jkt = key_shown(request, client)
        issuer, jti, seconds = request.issuer, new_value(), request.issuer.settings.tokens.access_seconds
        claims = resource_tokens.of_client(
            client.client_id,
            resource,
            issuer=issuer.settings.issuer,
            jti=jti,
            jkt=jkt,
            now=request.now,
            seconds=seconds,
        )
        token = issuer.ring.sign(
            claims, alg=client.id_token_signed_response_alg, typ=resource_tokens.TYPE, now=request.now
        )
        writing(request.db)
        client_tokens.store(
            request.db,
            jti,
            client_id=client.client_id,
            audience=resource,
            jkt=jkt,
            now=request.now,
            seconds=seconds,
        )
        body = {
            "access_token": token,
            "token_type": "DPoP" if jkt is not None else "Bearer",
            "expires_in": seconds,
        }
        return 200, body, list(self.TOKEN_RESPONSE_HEADER)
