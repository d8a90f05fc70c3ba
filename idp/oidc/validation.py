"""The checks of an authorization request, in the order of the RFC: first who asks and where to answer, then what.

`trust` decides whether there is anybody to answer to; until then a refusal is a page. `check` reads the rest, and its
refusals travel to the application.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from idp.oidc import hints, response_types
from idp.oidc.clients import Client, ClientRegister
from idp.oidc.errors import ClientError
from idp.oidc.keys import KeyRing
from idp.oidc.parameters import UNFIT, Parameters
from idp.oidc.protocol import STRENGTH_OF_ACR, ErrorCode, Prompt, ResponseMode, Scope
from idp.oidc.request import AuthorizationRequest, ReturnAddress
from idp.oidc.response_types import Part, ResponseType
from idp.web import strict_json
from idp.web.errors import ShownError

log = logging.getLogger("leerid.oidc")

ECHOED = ("state", "nonce")
# All that is read of a request; what else was sent is ignored (RFC 6749 section 3.1) and not kept.
READ = (
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce"),
    *(
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "max_age",
        "display",
        "ui_locales",
        "claims_locales",
    ),
    *("login_hint", "id_token_hint", "acr_values", "claims", "resource", "dpop_jkt"),
)
SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")  # what it gives in base64url (RFC 7636 section 4.2, RFC 7638)
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
MOST_SCOPES = 50
MOST_VALUES = 20
LONGEST_LOGIN_HINT = 254
CLAIM_PLACES = ("userinfo", "id_token")
# Claims about the sign-in that an application may ask for without registering: they tell nothing about the person.
FREE_CLAIMS = frozenset({"sub", "acr", "auth_time"})


def trust(parameters: Parameters, register: ClientRegister) -> ReturnAddress:
    """Where the answer may go. Raises ShownError: whoever sent this browser here gets no redirect out of us (OA-01)."""
    client = known_client(parameters, register)
    return ReturnAddress(
        client, registered_address(parameters, client), response_mode(parameters), state(parameters)
    )


def check(
    parameters: Parameters,
    return_address: ReturnAddress,
    *,
    ring: KeyRing,
    issuer: str,
    legacy_flows: bool,
    received_at: datetime,
) -> AuthorizationRequest:
    """The request itself. Raises ClientError, for the return address."""
    client = return_address.client
    parameters.refuse_repeated()
    parameters.refuse_unfit(*ECHOED)
    response_type = response_types.read(parameters.get("response_type"), client, legacy_flows=legacy_flows)
    refuse_other_response_mode(parameters, response_type)
    refuse_registration(parameters)
    scope = granted_scope(parameters, client, response_type)
    parameters.refuse_too_long(*READ)
    code_challenge = challenge(parameters, client, response_type)
    prompt = prompts(parameters)
    asked = asked_claims(parameters)
    return AuthorizationRequest(
        return_address=return_address,
        received_at=received_at,
        scope=scope,
        response_type=response_type,
        nonce=nonce(parameters, response_type),
        code_challenge=code_challenge,
        prompt=prompt,
        max_age=max_age(parameters, client),
        resource=resource(parameters, client, response_type),
        dpop_jkt=dpop_jkt(parameters, client, response_type),
        acr_values=acr_values(parameters, client),
        essential_acr=essential_acr(asked),
        login_hint=login_hint(parameters),
        hinted_subject=hinted_subject(parameters, asked, client, ring, issuer),
        claims=registered_claims(asked, client),
        ui_locales=ui_locales(parameters),
    )


# Who asks, and where to answer


def known_client(parameters: Parameters, register: ClientRegister) -> Client:
    client = register.get(parameters.get("client_id") or "")
    if client is None or "client_id" in parameters.repeated:
        raise ShownError(400, "unknown-client", "unknown client")
    return client


def registered_address(parameters: Parameters, client: Client) -> str:
    """OIDC Core 3.1.2.1: required, and the same string as registered; anything cleverer was somebody's way in (OA-02)."""
    address = parameters.get("redirect_uri")
    if address is None or "redirect_uri" in parameters.repeated or address not in client.redirect_uris:
        raise ShownError(400, "bad-redirect", f"redirect_uri not registered for {client.client_id}")
    return address


def response_mode(parameters: Parameters) -> ResponseMode:
    """The mode in which to answer; one that can't be used is answered in the default one, with an error."""
    asked = parameters.get("response_mode") or ""
    usual = response_types.default_mode(parameters.get("response_type"))
    usable = asked in set(ResponseMode) and "response_mode" not in parameters.repeated
    return ResponseMode(asked) if usable and not leaks(asked, usual) else usual


def leaks(asked: str, usual: ResponseMode) -> bool:
    """OAuth 2.0 Multiple Response Types section 5: what belongs in the fragment never goes into the query."""
    return asked == ResponseMode.QUERY and usual is ResponseMode.FRAGMENT


def state(parameters: Parameters) -> str | None:
    """As it was sent, for every answer; one that can't be echoed exactly is not echoed at all."""
    try:
        parameters.refuse_unfit("state")
    except ClientError:
        return None
    return None if "state" in parameters.repeated else parameters.get("state")


# What is asked


def refuse_other_response_mode(parameters: Parameters, response_type: ResponseType) -> None:
    asked = parameters.get("response_mode")
    if asked is not None and asked not in set(ResponseMode):
        raise ClientError(ErrorCode.INVALID_REQUEST, "response_mode must be query, fragment or form_post")
    if asked == ResponseMode.QUERY and response_type != response_types.CODE:
        raise ClientError(ErrorCode.INVALID_REQUEST, "tokens do not travel in a query")


def refuse_registration(parameters: Parameters) -> None:
    """OIDC Core 3.1.2.6 has an error of its own for it, so that an application knows that it was not just ignored."""
    if parameters.get("registration") is not None:
        raise ClientError(ErrorCode.REGISTRATION_NOT_SUPPORTED, "registration is not supported")


def granted_scope(
    parameters: Parameters, client: Client, response_type: ResponseType = response_types.CODE
) -> tuple[str, ...]:
    """What it asked and registered, in the order of its registration; the rest is left out in silence (OA-56).

    Without a code there is no refresh token, and nothing that could be offline (OIDC Core 11).
    """
    tokens = [token for token in (parameters.get("scope") or "").split(" ") if token]
    if len(tokens) > MOST_SCOPES or not all(SCOPE_TOKEN.fullmatch(token) for token in tokens):
        raise ClientError(ErrorCode.INVALID_SCOPE, "scope is malformed")
    if Scope.OPENID not in tokens:
        raise ClientError(ErrorCode.INVALID_SCOPE, "scope must hold openid")
    without = set() if Part.CODE in response_type else {Scope.OFFLINE_ACCESS}
    return tuple(scope for scope in client.scope if scope in set(tokens) - without)


def nonce(parameters: Parameters, response_type: ResponseType) -> str | None:
    """OIDC Core 3.2.2.1: required where an ID token passes through the browser, or an old one could be slipped in."""
    given = parameters.get("nonce")
    if given is None and Part.ID_TOKEN in response_type:
        raise ClientError(ErrorCode.INVALID_REQUEST, "nonce is missing")
    return given


def challenge(parameters: Parameters, client: Client, response_type: ResponseType) -> str | None:
    """RFC 7636, S256 only: `plain`, also as the default of a missing method, would protect nothing (OA-07)."""
    given, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if given is None:
        if (client.pkce_required and Part.CODE in response_type) or method is not None:
            raise ClientError(ErrorCode.INVALID_REQUEST, "code_challenge is missing (PKCE, S256)")
        return None
    if method != "S256":
        raise ClientError(ErrorCode.INVALID_REQUEST, "code_challenge_method must be S256")
    if not SHA256.fullmatch(given):
        raise ClientError(ErrorCode.INVALID_REQUEST, "code_challenge must be 43 characters of base64url")
    return given


def prompts(parameters: Parameters) -> frozenset[Prompt]:
    asked = frozenset((parameters.get("prompt") or "").split())
    if not asked <= set(Prompt):
        raise ClientError(ErrorCode.INVALID_REQUEST, "prompt holds an unknown value")
    if Prompt.NONE in asked and len(asked) > 1:
        raise ClientError(ErrorCode.INVALID_REQUEST, "prompt=none stands alone")
    return frozenset(Prompt(each) for each in asked)


def max_age(parameters: Parameters, client: Client) -> int | None:
    given = parameters.get("max_age")
    if given is None:
        return client.default_max_age
    if not re.fullmatch(r"[0-9]{1,9}", given):
        raise ClientError(ErrorCode.INVALID_REQUEST, "max_age must be a number of seconds")
    return int(given)


def resource(parameters: Parameters, client: Client, response_type: ResponseType) -> str | None:
    """RFC 8707: what the access tokens are for. One, which the client registered, byte for byte."""
    given = parameters.get("resource")
    if given is not None and given not in client.resources:
        raise ClientError(ErrorCode.INVALID_TARGET, "the client did not register this resource")
    if given is not None and Part.TOKEN in response_type:
        raise ClientError(ErrorCode.INVALID_TARGET, "tokens for a resource come from the token endpoint only")
    return given


def dpop_jkt(parameters: Parameters, client: Client, response_type: ResponseType) -> str | None:
    """RFC 9449 section 10: the key without which the code is worth nothing."""
    given = parameters.get("dpop_jkt")
    if given is not None and not SHA256.fullmatch(given):
        raise ClientError(ErrorCode.INVALID_REQUEST, "dpop_jkt must be a SHA-256 thumbprint in base64url")
    if (client.dpop_bound_access_tokens or given is not None) and Part.TOKEN in response_type:
        raise ClientError(
            ErrorCode.INVALID_REQUEST, "tokens that are bound to a key come from the token endpoint only"
        )
    return given


def acr_values(parameters: Parameters, client: Client) -> tuple[str, ...]:
    """A wish, in order of preference; the client's own when the request has none (OIDC Registration section 2)."""
    asked = parameters.get("acr_values")
    return client.default_acr_values if asked is None else known_acr_values(asked.split()[:MOST_VALUES])


def login_hint(parameters: Parameters) -> str:
    """Prefills the name; what can't be a name is left out."""
    given = parameters.get("login_hint") or ""
    return "" if len(given) > LONGEST_LOGIN_HINT or UNFIT.search(given) else given


def ui_locales(parameters: Parameters) -> tuple[str, ...]:
    asked = (parameters.get("ui_locales") or "").split()[:MOST_VALUES]
    return tuple(tag for tag in asked if LANGUAGE_TAG.fullmatch(tag))


def known_acr_values(asked: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(acr for acr in asked if acr in STRENGTH_OF_ACR))


def hinted_subject(
    parameters: Parameters, asked: Mapping[str, Any], client: Client, ring: KeyRing, issuer: str
) -> str | None:
    """The only person who will do: named by an ID token, or by the claim `sub` with a value (OIDC Core 5.5.1)."""
    hinted = by_token(parameters, client, ring, issuer)
    named = {*by_claims(asked), *([hinted] if hinted is not None else [])}
    if len(named) > 1:
        raise ClientError(ErrorCode.INVALID_REQUEST, "id_token_hint and claims name different people")
    return named.pop() if named else None


def by_token(parameters: Parameters, client: Client, ring: KeyRing, issuer: str) -> str | None:
    token = parameters.get("id_token_hint")
    if token is None:
        return None
    hint = hints.read(token, ring, issuer)
    if hint is None or hint.client_id != client.client_id:
        log.warning("hint:refused", extra={"client_id": client.client_id})
        raise ClientError(ErrorCode.INVALID_REQUEST, "id_token_hint is not an ID token for this client")
    return hint.subject


def by_claims(asked: Mapping[str, Any]) -> Iterator[str]:
    for place in CLAIM_PLACES:
        value = (asked.get(place, {}).get("sub") or {}).get("value")
        if value is None:
            continue
        if not isinstance(value, str):
            raise ClientError(ErrorCode.INVALID_REQUEST, "claims must name a person by a text")
        yield value


# The claims parameter (OIDC Core 5.5)


def asked_claims(parameters: Parameters) -> Mapping[str, Any]:
    """{"userinfo": {claim: None or {...}}, "id_token": ...}, with its shape checked; members we don't know are ignored."""
    parameters.refuse_unfit("claims")
    given = parameters.get("claims")
    if given is None:
        return {}
    try:
        asked = strict_json.read(given)
    except ValueError:
        raise ClientError(ErrorCode.INVALID_REQUEST, "claims is not well-formed JSON") from None
    if not isinstance(asked, dict):
        raise ClientError(ErrorCode.INVALID_REQUEST, "claims must be an object")
    return {place: claims_at(asked[place]) for place in CLAIM_PLACES if asked.get(place) is not None}


def claims_at(asked: Any) -> Mapping[str, Any]:
    if not isinstance(asked, dict) or not all(how is None or isinstance(how, dict) for how in asked.values()):
        raise ClientError(ErrorCode.INVALID_REQUEST, "claims must ask each claim with null or an object")
    return asked


def registered_claims(asked: Mapping[str, Any], client: Client) -> Mapping[str, Any]:
    """Only what this client registered: asking by name widens nothing (PR-05)."""
    kept: dict[str, Any] = {}
    for place, claims in asked.items():
        known = {name: how for name, how in claims.items() if name in client.claims or name in FREE_CLAIMS}
        if known:
            kept[place] = known
    return kept


def essential_acr(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """The strengths without which the application wants no answer (OIDC Core 5.5.1.1)."""
    how = asked.get("id_token", {}).get("acr") or {}
    values = how.get("values", [how["value"]] if "value" in how else [])
    if how.get("essential") is not True or values == []:
        return ()
    if not isinstance(values, list):
        raise ClientError(ErrorCode.INVALID_REQUEST, "the values of acr must be a list")
    known = known_acr_values(value for value in values[:MOST_VALUES] if isinstance(value, str))
    if not known:
        raise ClientError(ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS, "no sign-in here has that acr")
    return known
