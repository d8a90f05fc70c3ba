"""An authorization request as it arrives, made whole: as it was sent, as it was pushed before, or as it was signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.oidc import pushed, validation
from idp.oidc.client import Client
from idp.oidc.errors import ClientError
from idp.oidc.parameters import Parameters
from idp.oidc.protocol import ErrorCode
from idp.oidc.request_objects import Opener, merged
from idp.web.errors import ShownError

NAMES = (*validation.READ, "registration")


@dataclass(frozen=True)
class Arrived:
    """All that was asked, wherever it stood. `pushed_as` is still to be taken, by whoever acts on it."""

    parameters: Parameters
    pushed_as: str | None = None


def at_authorize(sent: Parameters, client: Client, opener: Opener) -> Arrived:
    """Raises ClientError; or ShownError when there is no address to answer to."""
    if {"request", "request_uri"} & sent.repeated:
        raise ClientError(ErrorCode.INVALID_REQUEST, "a parameter was sent more than once")
    address = sent.get("request_uri")
    if address is not None and sent.get("request") is not None:
        raise ClientError(ErrorCode.INVALID_REQUEST, "request and request_uri exclude each other")
    if address is not None and pushed.is_pushed(address):
        return picked_up(address, sent, client, opener)
    if client.require_pushed_authorization_requests:
        raise ClientError(ErrorCode.INVALID_REQUEST, "the client pushes its requests (RFC 9126)")
    return Arrived(unfolded(sent, client, opener, only_inside=client.require_signed_request_object))


def picked_up(address: str, sent: Parameters, client: Client, opener: Opener) -> Arrived:
    """RFC 9126 section 4: what stands beside its address counts for nothing; it was never checked.

    With a request that is gone its address of return is gone too, so a person who comes back to it gets a page.
    """
    found = pushed.find(opener.db, address, client.client_id, opener.now)
    if found is not None:
        return Arrived(Parameters(found), pushed_as=address)
    if sent.get("redirect_uri") is not None:
        raise ClientError(ErrorCode.INVALID_REQUEST_URI, "request_uri is not, or no longer, of this client")
    raise ShownError(400, "already-answered", "no such pushed request of this client")


def at_par(form: Mapping[str, str], client: Client, opener: Opener) -> Parameters:
    """RFC 9126 section 2.1: nothing may lead elsewhere. With a signed object, it alone counts (section 3)."""
    if "request_uri" in form:
        raise ClientError(ErrorCode.INVALID_REQUEST, "request_uri has no place in a pushed request")
    return unfolded(
        Parameters({**form, "client_id": client.client_id}), client, opener, only_inside="request" in form
    )


def unfolded(sent: Parameters, client: Client, opener: Opener, *, only_inside: bool) -> Parameters:
    """With what a request object says, when there is one."""
    token, address = sent.get("request"), sent.get("request_uri")
    if token is not None:
        claims = opener.by_value(token, client)
    elif address is not None:
        claims = opener.by_reference(address, client)
    elif client.require_signed_request_object:
        raise ClientError(ErrorCode.INVALID_REQUEST, "the client signs its requests (RFC 9101)")
    else:
        return sent
    return Parameters(merged(sent.values, claims, NAMES, only_inside=only_inside), sent.repeated)
