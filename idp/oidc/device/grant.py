"""The device asks with its own code whether somebody said yes (RFC 8628 sections 3.4 and 3.5); once, it gets tokens."""

from __future__ import annotations

from typing import assert_never

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    TokenEndpointMixin,
    UnauthorizedClientError,
    grants,
)
from authlib.oauth2.rfc6749.hooks import hooked
from authlib.oauth2.rfc8628 import AuthorizationPendingError, ExpiredTokenError, SlowDownError

from idp.database import writing
from idp.oidc import issuing
from idp.oidc.client_authentication import ProvenClient
from idp.oidc.grants import (
    Answer,
    asked,
    bind_refresh_tokens,
    end_family,
    key_shown,
    note,
    proven,
    refuse_dead,
    refuse_other_target,
)
from idp.oidc.protocol import GrantType
from idp.oidc.token_request import TokenRequest
from idp.tokens import devices, refresh
from idp.tokens.devices import Device, State
from idp.tokens.holders import Grant


class DeviceCodeGrant(grants.BaseGrant, TokenEndpointMixin):
    """A device's code for tokens, once.

    Authlib's own grant tells a foreign code from one that never was, and asks nothing of a code that is spent.
    """

    GRANT_TYPE = GrantType.DEVICE_CODE

    device: Device

    def validate_token_request(self) -> None:
        request = asked(self)
        request.client = self.authenticate_token_endpoint_client()
        client = proven(self)
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("the client did not register the device grant")
        presented = request.form.get("device_code")
        if presented is None:
            raise InvalidRequestError("device_code is missing")
        device = devices.by_device_code(request.db, presented)
        if device is None or device.client_id != client.client_id:
            note("device:unknown" if device is None else "device:of-another-client", client)
            raise InvalidGrantError("the device code is not valid")
        self.device = device

    @hooked
    def create_token_response(self) -> Answer:
        request, client = asked(self), proven(self)
        grant = approved_grant(request, client, self.device)
        refuse_dead(client, grant, request)
        refuse_other_target(client, grant, request)
        drawn = issuing.draw(
            request.issuer,
            request.db,
            client.client,
            grant,
            scope=grant.scope,
            nonce=None,
            jkt=key_shown(request, client.client, self.device.jkt),
            now=request.now,
        )
        writing(request.db)
        if not devices.spend(request.db, self.device, request.now):
            end_family(request, "device:lost-the-race", client, grant)
            raise InvalidGrantError("the device code is not valid")
        drawn.store(request.db, request.now)
        if drawn.refresh_token is not None:
            refresh.store(
                request.db,
                drawn.refresh_token,
                family_id=grant.family_id,
                generation=1,
                now=request.now,
                expires_at=grant.expires_at,
            )
            bind_refresh_tokens(request, client.client, drawn)
        return 200, drawn.body(), list(self.TOKEN_RESPONSE_HEADER)


def approved_grant(request: TokenRequest, client: ProvenClient, device: Device) -> Grant:
    """What somebody approved. Raises what the device is told as long as nobody did, or no more."""
    match device.state(request.now):
        case State.APPROVED:
            grant = devices.grant_behind(request.db, device)
            assert grant is not None, "a device that was approved has a grant"
            return grant
        case State.WAITING:
            writing(request.db)
            in_time = devices.in_time(request.db, device, request.now)
            raise AuthorizationPendingError if in_time else SlowDownError
        case State.DENIED:
            raise AccessDeniedError("the person said no")
        case State.EXPIRED:
            raise ExpiredTokenError
        case State.SPENT:
            end_replayed(request, client, device)
            raise InvalidGrantError("the device code is not valid")
        case unknown:
            assert_never(unknown)


def end_replayed(request: TokenRequest, client: ProvenClient, device: Device) -> None:
    """Two who hold one code: which of them is the device, nobody can tell (architecture, idea 6)."""
    grant = devices.grant_behind(request.db, device)
    if grant is not None:
        end_family(request, "device:replayed", client, grant)
