"""What RFC 9700 (OAuth 2.0 Security Best Current Practice) asks of a deployment, clause by clause.

Each check looks at what this configuration, these registrations and this provider's own metadata say; what holds for every
deployment, because the code knows no other way, is proved by tests and not asked again here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.oidc import discovery
from idp.oidc.clients import Client, read_all
from idp.oidc.protocol import API_SCOPES, AuthMethod, GrantType
from idp.settings import Settings

LONGEST_CODE_SECONDS = 60
LONGEST_ACCESS_SECONDS = 3600
LONGEST_REFRESH_DAYS = 90
SHARED_SECRET = (AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST)


@dataclass(frozen=True)
class Deployment:
    settings: Settings
    clients: tuple[Client, ...]
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Clause:
    """A named check; `wrong` answers what isn't as it should be, nothing when all is well."""

    name: str
    asks: str
    wrong: Callable[[Deployment], Iterator[str]]


@dataclass(frozen=True)
class Judged:
    name: str
    asks: str
    wrong: tuple[str, ...]


def judge(settings: Settings) -> list[Judged]:
    """Every clause with what is wrong. Raises ClientFileError when a registration can't be read."""
    clients = tuple(read_all(settings.clients.directory).values())
    deployment = Deployment(settings, clients, discovery.metadata(settings.issuer))
    return [Judged(clause.name, clause.asks, tuple(clause.wrong(deployment))) for clause in CLAUSES]


def plain_redirects(deployed: Deployment) -> Iterator[str]:
    for client in deployed.clients:
        yield from (f"{client.client_id}: {each}" for each in client.redirect_uris if not is_https(each))


def missing_pkce(deployed: Deployment) -> Iterator[str]:
    yield from names(client for client in deployed.clients if not client.pkce_required)
    if deployed.metadata["code_challenge_methods_supported"] != ["S256"]:
        yield "methods other than S256 are offered"


def missing_issuer(deployed: Deployment) -> Iterator[str]:
    if deployed.metadata.get("authorization_response_iss_parameter_supported") is not True:
        yield "answers don't say whose they are"


def implicit(deployed: Deployment) -> Iterator[str]:
    if deployed.metadata["response_types_supported"] != ["code"]:
        yield "tokens can be had from the authorization endpoint"


def password_grant(deployed: Deployment) -> Iterator[str]:
    allowed = {GrantType.AUTHORIZATION_CODE.value, GrantType.REFRESH_TOKEN.value}
    yield from sorted(set(deployed.metadata["grant_types_supported"]) - allowed)


def long_lives(deployed: Deployment) -> Iterator[str]:
    tokens = deployed.settings.tokens
    if tokens.access_seconds > LONGEST_ACCESS_SECONDS:
        yield f"tokens.access_seconds is more than {LONGEST_ACCESS_SECONDS}"


def long_codes(deployed: Deployment) -> Iterator[str]:
    if deployed.settings.tokens.code_seconds > LONGEST_CODE_SECONDS:
        yield f"tokens.code_seconds is more than {LONGEST_CODE_SECONDS}"


def long_refreshing(deployed: Deployment) -> Iterator[str]:
    if deployed.settings.tokens.refresh_days > LONGEST_REFRESH_DAYS:
        yield f"tokens.refresh_days is more than {LONGEST_REFRESH_DAYS}"


def wide_scopes(deployed: Deployment) -> Iterator[str]:
    yield from names(
        each for each in deployed.clients if not each.first_party and API_SCOPES & set(each.scope)
    )


def without_secret(deployed: Deployment) -> Iterator[str]:
    yield from names(
        client
        for client in deployed.clients
        if client.token_endpoint_auth_method in SHARED_SECRET and not client.client_secret_sha256
    )


def plain_endpoints(deployed: Deployment) -> Iterator[str]:
    yield from (
        f"{name}: {value}"
        for name, value in deployed.metadata.items()
        if name.endswith(("_endpoint", "_uri", "issuer")) and isinstance(value, str) and not is_https(value)
    )


def believed_proxies(deployed: Deployment) -> Iterator[str]:
    if not deployed.settings.server.trusted_proxies:
        yield (
            "server.trusted_proxies is 0, while a proxy that holds the certificate and takes slow requests in "
            "must stand before it"
        )


CLAUSES = (
    Clause("RFC9700-2.1-redirect-uris", "redirect addresses are exact and https", plain_redirects),
    Clause("RFC9700-2.1-mix-up", "answers carry the issuer", missing_issuer),
    Clause("RFC9700-2.1.1-pkce", "every client uses PKCE with S256", missing_pkce),
    Clause("RFC9700-4.5-code-life", "codes live shortly", long_codes),
    Clause("RFC9700-2.1.2-no-implicit", "no token comes from the authorization endpoint", implicit),
    Clause("RFC9700-4.10-stolen-access-tokens", "a stolen access token is soon worth nothing", long_lives),
    Clause("RFC9700-4.14.2-refresh-tokens", "refreshing ends some day", long_refreshing),
    Clause("RFC9700-2.3-privileges", "the portals' scopes are for the portals only", wide_scopes),
    Clause("RFC9700-2.4-no-password-grant", "only the code and refreshing buy tokens", password_grant),
    Clause("RFC9700-2.5-client-authentication", "who authenticates with a secret has one", without_secret),
    Clause("RFC9700-2.6-end-to-end-tls", "every endpoint is https", plain_endpoints),
    Clause("RFC9700-4.13-reverse-proxy", "it is known how many proxies to believe", believed_proxies),
)


def is_https(address: str) -> bool:
    return urlsplit(address).scheme == "https"


def names(clients: Iterable[Client]) -> Iterator[str]:
    return (client.client_id for client in clients)
