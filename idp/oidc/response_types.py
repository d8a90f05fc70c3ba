"""What an application asks to be answered with (OAuth 2.0 Multiple Response Types): a code, and with old ones tokens too.

Tokens from the authorization endpoint pass through the browser's address, so they exist only under the operator's
`legacy_flows` and for a client that registered for them (RFC 9700 section 2.1.2).
"""

from __future__ import annotations

from enum import StrEnum

from idp.oidc.client import Client
from idp.oidc.errors import ClientError
from idp.oidc.protocol import RESPONSE_TYPES, ErrorCode, ResponseMode


class Part(StrEnum):
    """One word of a response type: one thing that the answer holds."""

    CODE = "code"
    ID_TOKEN = "id_token"
    TOKEN = "token"


ResponseType = frozenset[Part]

CODE: ResponseType = frozenset({Part.CODE})
# Their order in a request means nothing (section 3 of the specification), so they are compared as sets.
KNOWN = {frozenset(each.split()): each for each in RESPONSE_TYPES}


def default_mode(asked: str | None) -> ResponseMode:
    """Whatever holds a token keeps out of the query (section 5), and so do the errors of who asked for one."""
    tokens = {Part.ID_TOKEN, Part.TOKEN} & set((asked or "").split(" "))
    return ResponseMode.FRAGMENT if tokens else ResponseMode.QUERY


def read(asked: str | None, client: Client, *, legacy_flows: bool) -> ResponseType:
    """The parts of an answer that this client may have. Raises ClientError."""
    if asked is None:
        raise ClientError(ErrorCode.INVALID_REQUEST, "response_type is missing")
    words = asked.split(" ")
    known = KNOWN.get(frozenset(words)) if len(set(words)) == len(words) else None
    if known is None or (known != Part.CODE and not legacy_flows):
        raise ClientError(ErrorCode.UNSUPPORTED_RESPONSE_TYPE, "this response type is not supported")
    if known not in client.response_types:
        raise ClientError(ErrorCode.UNAUTHORIZED_CLIENT, "the client did not register this response type")
    return frozenset(Part(word) for word in words)
