"""What an application says of itself (RFC 7591 section 2, OIDC Registration 1.0 section 2): checked, and cut down.

A member that we don't know is not kept, and not answered. What is kept is checked by the same rules as a file, and read
again with the limits of that moment each time it is looked up: when an operator takes a claim away, it is gone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp.oidc import registration
from idp.oidc.client import DYNAMIC, Client
from idp.oidc.dynamic.limits import Limits
from idp.oidc.protocol import (
    ApprovalPolicy,
    AssertionAudience,
    AuthMethod,
    GrantType,
    PkcePolicy,
    Scope,
    SigningAlg,
    SubjectType,
    claims_of,
)
from idp.oidc.registration import LOOPBACK, UNSEEN, Hosts, Wrong, refuse_bad_address, text, texts

Said = dict[str, Any]

# As they stand in a file too, under the same name.
SHARED = (
    "redirect_uris", "grant_types", "response_types", "policy_uri", "tos_uri",
    "token_endpoint_auth_method", "token_endpoint_auth_signing_alg", "jwks", "jwks_uri",
    "id_token_signed_response_alg", "userinfo_signed_response_alg",
    "request_object_signing_alg", "require_signed_request_object", "request_uris",
    "require_pushed_authorization_requests", "dpop_bound_access_tokens",
    "default_max_age", "default_acr_values", "initiate_login_uri", "post_logout_redirect_uris",
    "backchannel_logout_uri", "backchannel_logout_session_required",
    "frontchannel_logout_uri", "frontchannel_logout_session_required",
)  # fmt: skip
KNOWN = (
    "client_name", "client_uri", "logo_uri", "contacts", "application_type", "software_id", "software_version",
    "scope", "subject_type", "sector_identifier_uri", "require_auth_time", *SHARED,
)  # fmt: skip
# What only a page of ours leads to, or only we ask: never on the machine of whoever uses the application.
LINKS = (
    "client_uri", "logo_uri", "policy_uri", "tos_uri", "jwks_uri", "sector_identifier_uri", "initiate_login_uri",
    "backchannel_logout_uri", "frontchannel_logout_uri",
)  # fmt: skip
LISTS = ("contacts", "redirect_uris", "post_logout_redirect_uris", "request_uris", "default_acr_values")
NAMES = {"name": "client_name", "sector_identifier": "sector_identifier_uri"}

LONGEST_NAME = 60
# The end of Latin Extended-A: what comes after it holds letters that look like ours and aren't (OA-27).
LAST_OF_OURS = 0x17F
LONGEST_TEXT = 200
MOST_CONTACTS = 10
DEEPEST = 6
LARGEST_NUMBER = 2**53
# Where another application tells what it wants a claim for.
PURPOSE = "Deze applicatie zei niet waarvoor."


def heard(sent: Mapping[str, Any], limits: Limits) -> Said:
    """What is kept of it, with the safe choice for what was left out (RFC 7592 section 2.2: null is left out too).

    Raises Wrong.
    """
    said = {member: sent[member] for member in KNOWN if sent.get(member) is not None}
    for member, value in said.items():
        refuse_the_unseen(member, value)
    refuse_bad_links(said, limits)
    refuse_long_texts(said)
    said |= {member: list(texts(said, member, [])) for member in LISTS if member in said}
    said["application_type"] = application_type(said)
    said["client_name"] = client_name(said)
    said["grant_types"] = grant_types(said, limits)
    said["response_types"] = response_types(said)
    said.setdefault("token_endpoint_auth_method", AuthMethod.CLIENT_SECRET_BASIC.value)
    said.setdefault("id_token_signed_response_alg", SigningAlg.RS256.value)
    # Nobody looked at a reason why it should know a person by a name that others know too (PR-01).
    said["subject_type"] = SubjectType.PAIRWISE.value
    said["scope"] = " ".join(scope_within(said, limits))
    return said


def client_of(said: Said, client_id: str, secret_sha256: str, limits: Limits, *, has_logo: bool) -> Client:
    """Raises Wrong."""
    scope = scope_within(said, limits)
    table = {key: said[key] for key in SHARED if key in said}
    table |= {
        "name": said["client_name"],
        "scope": " ".join(scope),
        "claims": {claim: PURPOSE for claim in claims_of(scope) if claim in limits.claims},
        "subject_type": SubjectType.PAIRWISE,
        "sector_identifier": sector_of(said, client_id),
        "pkce": PkcePolicy.REQUIRED if said["token_endpoint_auth_method"] == AuthMethod.NONE else limits.pkce,
        "approval": ApprovalPolicy.CONSENT,
        # OIDC Core section 9 tells a library to name the token endpoint, and no metadata could say that it does.
        "assertion_audience": AssertionAudience.TOKEN_ENDPOINT,
    }
    if uses_secret(said):
        table["client_secret_sha256"] = secret_sha256
    try:
        return registration.client_of(
            table, client_id, hosts_of_redirects(said, limits), has_logo=has_logo, dynamic=True
        )
    except Wrong as wrong:
        raise Wrong(NAMES.get(wrong.key, wrong.key), wrong.reason) from None


def uses_secret(said: Said) -> bool:
    return said["token_endpoint_auth_method"] in (
        AuthMethod.CLIENT_SECRET_BASIC,
        AuthMethod.CLIENT_SECRET_POST,
    )


# One member after another


def refuse_the_unseen(member: str, value: Any, depth: int = 0) -> None:
    """Nothing that doesn't show what it is, or that a database may refuse."""
    match value:
        case str():
            if any(unicodedata.category(character) in UNSEEN for character in value):
                raise Wrong(member, "holds a character that can't be seen")
        case Mapping() | list() if depth == DEEPEST:
            raise Wrong(member, "is nested too deeply")
        case Mapping():
            for key, each in value.items():
                refuse_the_unseen(member, key)
                refuse_the_unseen(member, each, depth + 1)
        case list():
            for each in value:
                refuse_the_unseen(member, each, depth + 1)
        case float():
            raise Wrong(member, "holds a number that is not whole")
        case int() if abs(value) > LARGEST_NUMBER:
            raise Wrong(member, "holds a number that is too large")


def refuse_bad_links(said: Said, limits: Limits) -> None:
    for member in LINKS:
        if member in said:
            refuse_bad_address(member, text(said, member), limits.hosts)
    # Third-party login: our page sends people there (OIDC Core section 4).
    if not said.get("initiate_login_uri", "https://").startswith("https://"):
        raise Wrong("initiate_login_uri", "must be https")
    for address in texts(said, "request_uris", []):
        refuse_bad_address("request_uris", address.partition("#")[0], limits.hosts)


def refuse_long_texts(said: Said) -> None:
    contacts = texts(said, "contacts", [])
    if len(contacts) > MOST_CONTACTS:
        raise Wrong("contacts", f"at most {MOST_CONTACTS}")
    named = {member: text(said, member) for member in ("software_id", "software_version")}
    for member, value in (*named.items(), *(("contacts", contact) for contact in contacts)):
        if len(value) > LONGEST_TEXT:
            raise Wrong(member, f"at most {LONGEST_TEXT} characters")
    registration.flag(said, "require_auth_time", False)


def application_type(said: Said) -> str:
    value = text(said, "application_type", "web")
    if value not in ("web", "native"):
        raise Wrong("application_type", "must be web or native")
    return value


def client_name(said: Said) -> str:
    """The host's name for one that says none. A long one is cut: it has to fit a page."""
    name = text(said, "client_name").strip()
    if any(character.isalpha() and ord(character) > LAST_OF_OURS for character in name):
        raise Wrong("client_name", "may hold the letters of the languages of this country only")
    addresses = texts(said, "redirect_uris", [])
    if not name:
        name = (host_of(addresses[0]) if addresses else "") or "Applicatie"
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def grant_types(said: Said, limits: Limits) -> list[str]:
    asked = texts(said, "grant_types", [GrantType.AUTHORIZATION_CODE.value])
    for each in asked:
        if each not in limits.grants:
            raise Wrong("grant_types", f"{each} isn't one of {', '.join(limits.grants)}")
    return list(asked)


def response_types(said: Said) -> list[str]:
    """In the words of the specification, whatever the order they were sent in; each needs a grant that may be had."""
    return list(registration.response_types(said, [GrantType(each) for each in said["grant_types"]]))


def scope_within(said: Said, limits: Limits) -> tuple[str, ...]:
    """What was asked of what may be had (RFC 7591 section 2 lets us decide); asked nothing, all of that."""
    asked = text(said, "scope").split() or limits.scope
    refreshes = GrantType.REFRESH_TOKEN in said["grant_types"]
    return tuple(
        scope
        for scope in limits.scope
        if scope == Scope.OPENID or (scope in asked and (refreshes or scope != Scope.OFFLINE_ACCESS))
    )


def sector_of(said: Said, client_id: str) -> str:
    """OIDC Core 8.1. Whatever runs on its user's own machine shares no sector with everything else that does."""
    if "sector_identifier_uri" in said:
        return host_of(said["sector_identifier_uri"])
    hosts = {host_of(address) for address in texts(said, "redirect_uris", [])}
    if len(hosts) > 1:
        raise Wrong("sector_identifier_uri", "must be given, because redirect_uris name several hosts")
    host = hosts.pop() if hosts else ""
    if host.startswith(DYNAMIC):
        raise Wrong(
            "redirect_uris", f"no host's name begins with {DYNAMIC}: that is how other sectors are named"
        )
    return client_id if not host or host in LOOPBACK else host


def hosts_of_redirects(said: Said, limits: Limits) -> Hosts:
    """OIDC Registration section 2: only a native application listens on its user's own machine (OA-05)."""
    native = said["application_type"] == "native"
    return Hosts(loopback=native, allowed=limits.allowed_hosts)


def host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
