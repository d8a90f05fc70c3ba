"""What RFC 9700 (OAuth 2.0 Security Best Current Practice) asks of a provider, clause by clause.

Each check looks at what is set, at every registration, at the provider's own metadata, or at what a provider made from all
these answers to a stranger; and names what deviates. What the RFC only recommends is told, and is no failure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from idp import database_upgrade
from idp.oidc import discovery
from idp.oidc.clients import Client, read_all
from idp.oidc.dynamic.limits import limits
from idp.oidc.dynamic.registered import all_of_them
from idp.oidc.protocol import API_SCOPES, AuthMethod, GrantType, ResponseMode
from idp.oidc.registration import LOOPBACK, for_files
from idp.rehearsal import Answer, Rehearsal, rehearse
from idp.settings import Settings

LONGEST_CODE_SECONDS = 60
LONGEST_ACCESS_SECONDS = 3600
LONGEST_REFRESH_DAYS = 90
LONGEST_INVITATION_HOURS = 168
SHARED_SECRET = (AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST)
# What a `sub` looks like: a digest in base64url.
SUBJECT = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Deployment:
    settings: Settings
    clients: tuple[Client, ...]
    metadata: dict[str, Any]
    rehearsal: Rehearsal
    complete: bool = True  # False: who registered itself could not be read


class Weight(StrEnum):
    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True)
class Clause:
    """A named check; `here` says what is set, `wrong` what isn't as it should be: nothing when all is well."""

    name: str
    asks: str
    here: Callable[[Deployment], str]
    wrong: Callable[[Deployment], Iterator[str]]
    weight: Weight = Weight.MUST


@dataclass(frozen=True)
class Judged:
    name: str
    asks: str
    here: str
    wrong: tuple[str, ...]
    weight: Weight

    @property
    def holds(self) -> bool:
        """A recommendation that isn't followed is no failure."""
        return not self.wrong or self.weight is Weight.SHOULD


def judge(settings: Settings) -> list[Judged]:
    """Every clause with what is wrong. Raises ClientFileError when a registration can't be read."""
    filed = tuple(read_all(settings.clients.directory, for_files(settings.clients.allowed_hosts)).values())
    dynamic = registered_themselves(settings)
    deployed = Deployment(
        settings,
        (*filed, *(dynamic or ())),
        discovery.metadata(settings),
        rehearse(settings, filed),
        complete=dynamic is not None,
    )
    return [
        Judged(each.name, each.asks, each.here(deployed), tuple(each.wrong(deployed)), each.weight)
        for each in CLAUSES
    ]


def registered_themselves(settings: Settings) -> tuple[Client, ...] | None:
    """None when the database isn't there, or doesn't answer."""
    url = database_upgrade.read_url(settings.database.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None  # asking would make it
    waiting = {"connect_timeout": 3} if url.get_backend_name() == "postgresql" else {}
    engine = create_engine(url, connect_args=waiting)
    try:
        with Session(engine) as db:
            return tuple(each.client for each in all_of_them(db, limits(settings)))
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()


# What is set


def applications(deployed: Deployment) -> str:
    themselves = sum(client.dynamic for client in deployed.clients)
    here = f"{len(deployed.clients)} applications"
    return f"{here}, of which {themselves} registered themselves" if themselves else here


def told(member: str) -> Callable[[Deployment], str]:
    def here(deployed: Deployment) -> str:
        value = deployed.metadata.get(member)
        return f"{member} = {' '.join(value) if isinstance(value, list) else json.dumps(value)}"

    return here


def set_to(table: str, key: str) -> Callable[[Deployment], str]:
    def here(deployed: Deployment) -> str:
        return f"{table}.{key} = {getattr(getattr(deployed.settings, table), key)}"

    return here


def rehearsed(deployed: Deployment) -> str:
    return f"asked for a stranger and for {len(deployed.rehearsal.clients)} applications"


def all_of(*each: Callable[[Deployment], str]) -> Callable[[Deployment], str]:
    return lambda deployed: "; ".join(here(deployed) for here in each)


# What deviates


def plain_redirects(deployed: Deployment) -> Iterator[str]:
    for client in deployed.clients:
        yield from (f"{client.client_id}: {each}" for each in client.redirect_uris if not is_https(each))


def loose_redirects(deployed: Deployment) -> Iterator[str]:
    for client_id, asked in deployed.rehearsal.clients.items():
        if not asked.whole.leads_to.startswith("/"):
            yield f"{client_id}: its own address isn't accepted (status {asked.whole.status})"
        if asked.near.leads_to:
            yield f"{client_id}: another address than a registered one is accepted"


def open_redirector(deployed: Deployment) -> Iterator[str]:
    stranger = deployed.rehearsal.stranger
    if stranger.leads_to:
        yield f"a stranger is sent to {stranger.leads_to}"


def missing_issuer(deployed: Deployment) -> Iterator[str]:
    if deployed.metadata.get("authorization_response_iss_parameter_supported") is not True:
        yield "answers don't say whose they are"
    for client_id, refused in refusals(deployed):
        if "iss=" not in refused.leads_to:
            yield f"{client_id}: an error doesn't say whose it is"


def refusals(deployed: Deployment) -> Iterator[tuple[str, Answer]]:
    """What every application gets for a method that nobody may use."""
    return ((client_id, asked.plain) for client_id, asked in deployed.rehearsal.clients.items())


def missing_pkce(deployed: Deployment) -> Iterator[str]:
    coded = [each for each in deployed.clients if GrantType.AUTHORIZATION_CODE in each.grant_types]
    yield from (f"{client.client_id}: pkce is optional" for client in coded if not client.pkce_required)
    if deployed.settings.registration.enabled and deployed.settings.registration.pkce != "required":
        yield f"registration.pkce is {deployed.settings.registration.pkce}"
    required = {each.client_id for each in coded if each.pkce_required}
    for client_id, asked in deployed.rehearsal.clients.items():
        if client_id in required and "error=invalid_request" not in asked.bare.leads_to:
            yield f"{client_id}: a request without code_challenge isn't refused"


def weak_challenges(deployed: Deployment) -> Iterator[str]:
    if deployed.metadata["code_challenge_methods_supported"] != ["S256"]:
        yield "methods other than S256 are offered"
    for client_id, refused in refusals(deployed):
        if "error=invalid_request" not in refused.leads_to:
            yield f"{client_id}: plain isn't refused"


def implicit(deployed: Deployment) -> Iterator[str]:
    if deployed.metadata["response_types_supported"] != ["code"]:
        yield "clients.legacy_flows: tokens can be had from the authorization endpoint"
    for client in deployed.clients:
        old = [each for each in client.response_types if each != "code"]
        if old or GrantType.IMPLICIT in client.grant_types:
            yield f"{client.client_id}: {', '.join(old) or 'the grant implicit'}"


def bearer_tokens(deployed: Deployment) -> Iterator[str]:
    if not deployed.metadata.get("dpop_signing_alg_values_supported"):
        yield "no token can be bound to a key"
    yield from (
        f"{client.client_id}: dpop_bound_access_tokens is off"
        for client in deployed.clients
        if not client.dpop_bound_access_tokens
    )


def password_grant(deployed: Deployment) -> Iterator[str]:
    known = {grant.value for grant in GrantType if grant is not GrantType.IMPLICIT}
    if deployed.settings.clients.legacy_flows:
        known.add(GrantType.IMPLICIT)
    yield from sorted(set(deployed.metadata["grant_types_supported"]) - known)


def long_lives(deployed: Deployment) -> Iterator[str]:
    if deployed.settings.tokens.access_seconds > LONGEST_ACCESS_SECONDS:
        yield f"tokens.access_seconds is more than {LONGEST_ACCESS_SECONDS}"


def long_codes(deployed: Deployment) -> Iterator[str]:
    for name in ("code_seconds", "pushed_seconds"):
        if getattr(deployed.settings.tokens, name) > LONGEST_CODE_SECONDS:
            yield f"tokens.{name} is more than {LONGEST_CODE_SECONDS}"


def long_refreshing(deployed: Deployment) -> Iterator[str]:
    if deployed.settings.tokens.refresh_days > LONGEST_REFRESH_DAYS:
        yield f"tokens.refresh_days is more than {LONGEST_REFRESH_DAYS}"


def wide_scopes(deployed: Deployment) -> Iterator[str]:
    for client in deployed.clients:
        if not client.first_party and API_SCOPES & set(client.scope):
            yield client.client_id


def without_audience(deployed: Deployment) -> Iterator[str]:
    yield from (
        f"{client.client_id}: client_credentials, and no resources"
        for client in deployed.clients
        if GrantType.CLIENT_CREDENTIALS in client.grant_types and not client.resources
    )


def without_secret(deployed: Deployment) -> Iterator[str]:
    for client in deployed.clients:
        if client.token_endpoint_auth_method in SHARED_SECRET and not client.client_secret_sha256:
            yield client.client_id


def shared_secrets(deployed: Deployment) -> Iterator[str]:
    for client in deployed.clients:
        if client.token_endpoint_auth_method in SHARED_SECRET:
            yield f"{client.client_id}: {client.token_endpoint_auth_method}"


def plain_endpoints(deployed: Deployment) -> Iterator[str]:
    for name, value in deployed.metadata.items():
        if name.endswith(("_endpoint", "_uri", "_iframe", "issuer")) and not is_https(value):
            yield f"{name}: {value}"


def plain_client_addresses(deployed: Deployment) -> Iterator[str]:
    for client in deployed.clients:
        for name in ("backchannel_logout_uri", "frontchannel_logout_uri", "initiate_login_uri", "jwks_uri"):
            value = getattr(client, name)
            if value and not is_https(value) and urlsplit(value).hostname not in LOOPBACK:
                yield f"{client.client_id}: {name} {value}"


def untrue_metadata(deployed: Deployment) -> Iterator[str]:
    published = deployed.rehearsal.misled
    if published.status != 200 or json.loads(published.text) != deployed.metadata:
        yield "the discovery document isn't there, or changes with who asks"


def open_to_scripts(deployed: Deployment) -> Iterator[str]:
    for name, answer in answers(deployed):
        if any(each.startswith("Access-Control-") for each in answer.headers):
            yield f"{name}: scripts of other sites may read what /authorize answers"


def referring(deployed: Deployment) -> Iterator[str]:
    for name, answer in answers(deployed):
        if answer.header("Referrer-Policy") != "no-referrer":
            yield f"{name}: the next site learns this page's address"


def kept(deployed: Deployment) -> Iterator[str]:
    for name, answer in answers(deployed):
        if "no-store" not in answer.header("Cache-Control"):
            yield f"{name}: an answer may be kept"


def repeating_redirects(deployed: Deployment) -> Iterator[str]:
    for client_id, asked in deployed.rehearsal.clients.items():
        if asked.posted.status != 303:
            yield f"{client_id}: a posted form is answered with {asked.posted.status}, not with 303"


def frames(deployed: Deployment) -> Iterator[str]:
    stranger = deployed.rehearsal.stranger
    if "frame-ancestors 'none'" not in stranger.header("Content-Security-Policy"):
        yield "pages may be shown in other sites' frames (Content-Security-Policy)"
    if stranger.header("X-Frame-Options") != "DENY":
        yield "old browsers may show pages in other sites' frames (X-Frame-Options)"


def messages(deployed: Deployment) -> Iterator[str]:
    known = {mode.value for mode in ResponseMode}
    yield from sorted(set(deployed.metadata["response_modes_supported"]) - known)


def believed_proxies(deployed: Deployment) -> Iterator[str]:
    if not deployed.settings.server.trusted_proxies:
        yield (
            "server.trusted_proxies is 0, while a proxy that holds the certificate and takes slow requests in "
            "must stand before it"
        )


def confusable_names(deployed: Deployment) -> Iterator[str]:
    """Who acts for itself is named in `sub` by its client_id."""
    for client in deployed.clients:
        if SUBJECT.fullmatch(client.client_id):
            yield f"{client.client_id}: reads as the name of a person"


def long_invitations(deployed: Deployment) -> Iterator[str]:
    registration = deployed.settings.registration
    if registration.enabled and registration.token_hours > LONGEST_INVITATION_HOURS:
        yield f"registration.token_hours is more than {LONGEST_INVITATION_HOURS}"
    if registration.enabled and not deployed.complete:
        yield "the database doesn't say who registered itself"
    for client in deployed.clients:
        if client.dynamic and client.first_party:
            yield f"{client.client_id}: registered itself, and is trusted as one of ours"


def answers(deployed: Deployment) -> Iterator[tuple[str, Answer]]:
    """Of /authorize, to everybody who asked."""
    yield "a stranger", deployed.rehearsal.stranger
    for client_id, asked in deployed.rehearsal.clients.items():
        yield from ((client_id, each) for each in (asked.whole, asked.posted, asked.near, asked.plain))


SHOULD = Weight.SHOULD
METHODS = told("token_endpoint_auth_methods_supported")
CODE_LIVES = all_of(set_to("tokens", "code_seconds"), set_to("tokens", "pushed_seconds"))
REGISTERING = all_of(set_to("registration", "enabled"), set_to("registration", "token_hours"))
LEGACY = all_of(set_to("clients", "legacy_flows"), told("response_types_supported"))
PKCE = all_of(applications, set_to("registration", "enabled"), set_to("registration", "pkce"))

CLAUSES = (
    Clause("RFC9700-2.1-redirect-uris", "redirect addresses are https", applications, plain_redirects),
    Clause(
        "RFC9700-4.1-exact-redirect-uris",
        "an address is a registered one, letter by letter",
        rehearsed,
        loose_redirects,
    ),
    Clause(
        "RFC9700-4.11-open-redirector",
        "nobody is sent on to an address that isn't registered",
        rehearsed,
        open_redirector,
    ),
    Clause(
        "RFC9700-2.1-mix-up",
        "answers carry the issuer",
        told("authorization_response_iss_parameter_supported"),
        missing_issuer,
    ),
    Clause("RFC9700-2.1.1-pkce", "every client uses PKCE", PKCE, missing_pkce),
    Clause(
        "RFC9700-4.8-pkce-downgrade",
        "S256 is the only method, and known from the metadata",
        told("code_challenge_methods_supported"),
        weak_challenges,
    ),
    Clause("RFC9700-4.5-code-life", "codes and pushed requests live shortly", CODE_LIVES, long_codes),
    Clause("RFC9700-2.1.2-no-implicit", "no token comes from the authorization endpoint", LEGACY, implicit),
    Clause(
        "RFC9700-2.2.1-sender-constrained",
        "access tokens are bound to a key of their application",
        told("dpop_signing_alg_values_supported"),
        bearer_tokens,
        SHOULD,
    ),
    Clause(
        "RFC9700-4.10-stolen-access-tokens",
        "a stolen access token is soon worth nothing",
        set_to("tokens", "access_seconds"),
        long_lives,
    ),
    Clause(
        "RFC9700-4.14.2-refresh-tokens",
        "refreshing ends some day",
        set_to("tokens", "refresh_days"),
        long_refreshing,
    ),
    Clause(
        "RFC9700-2.3-privileges",
        "the portals' scopes are for the portals only",
        all_of(applications, set_to("registration", "scope")),
        wide_scopes,
    ),
    Clause(
        "RFC9700-2.3-audience",
        "who acts for itself gets tokens for a named resource",
        applications,
        without_audience,
    ),
    Clause(
        "RFC9700-2.4-no-password-grant",
        "no password buys tokens",
        told("grant_types_supported"),
        password_grant,
    ),
    Clause(
        "RFC9700-2.5-client-authentication",
        "who authenticates with a secret has one",
        METHODS,
        without_secret,
    ),
    Clause(
        "RFC9700-2.5-asymmetric",
        "applications prove with a key of their own who they are",
        METHODS,
        shared_secrets,
        SHOULD,
    ),
    Clause("RFC9700-2.6-end-to-end-tls", "every endpoint is https", told("issuer"), plain_endpoints),
    Clause(
        "RFC9700-2.6-client-tls",
        "what is sent to an application goes by https",
        applications,
        plain_client_addresses,
    ),
    Clause(
        "RFC9700-2.6-metadata",
        "the metadata is published, and the same for everybody",
        told("issuer"),
        untrue_metadata,
    ),
    Clause("RFC9700-2.6-no-cors", "no script of another site reads /authorize", rehearsed, open_to_scripts),
    Clause("RFC9700-4.2-referrer", "no address with a code is told to the next site", rehearsed, referring),
    Clause("RFC9700-4.3-history", "nothing with a code or token is kept", rehearsed, kept),
    Clause("RFC9700-4.12-no-307", "a redirect never sends a form on", rehearsed, repeating_redirects),
    Clause(
        "RFC9700-4.13-reverse-proxy",
        "it is known how many proxies to believe",
        set_to("server", "trusted_proxies"),
        believed_proxies,
    ),
    Clause(
        "RFC9700-4.15-impersonation", "no application is named like a person", applications, confusable_names
    ),
    Clause(
        "RFC9700-4.15-registration",
        "who registers itself was invited shortly before, and is none of ours",
        REGISTERING,
        long_invitations,
    ),
    Clause("RFC9700-4.16-clickjacking", "no page is shown in another site's frame", rehearsed, frames),
    Clause(
        "RFC9700-4.17-messages",
        "no answer goes by a message between windows",
        told("response_modes_supported"),
        messages,
    ),
)


def is_https(address: str) -> bool:
    return urlsplit(address).scheme == "https"
