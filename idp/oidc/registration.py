"""Reading one application's registration: strictly, because a misspelt restriction is no restriction (OA-27)."""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from idp.oidc.client import DYNAMIC, Client, ClientFileError, origin_of
from idp.oidc.protocol import (
    API_SCOPES,
    PERSON_CLAIMS,
    RESPONSE_TYPES,
    STRENGTH_OF_ACR,
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
from idp.rules.account_types import Strength
from idp.rules.folding import folded

KEYS = frozenset(
    {
        "client_id", "name", "description", "logo_uri", "policy_uri", "tos_uri",
        "client_secret_sha256", "token_endpoint_auth_method", "token_endpoint_auth_signing_alg",
        "assertion_audience", "jwks", "jwks_uri", "request_object_signing_alg", "require_signed_request_object",
        "request_uris", "require_pushed_authorization_requests", "userinfo_signed_response_alg",
        "dpop_bound_access_tokens", "resources", "default_max_age", "default_acr_values",
        "redirect_uris", "post_logout_redirect_uris", "initiate_login_uri",
        "backchannel_logout_uri", "backchannel_logout_session_required",
        "frontchannel_logout_uri", "frontchannel_logout_session_required",
        "grant_types", "response_types", "pkce", "scope", "subject_type", "sector_identifier",
        "id_token_signed_response_alg", "minimum_acr", "approval", "dashboard", "schools", "first_party", "claims",
    }
)  # fmt: skip

CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
SHA256 = re.compile(r"[0-9a-f]{64}")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
MOST_ADDRESSES = 10
MOST_KEYS = 20
MOST_SECONDS = 2**31 - 1  # more than a lifetime; longer ones would not fit a moment
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# An address that has one of our own answer's parameters would receive it twice, and may believe the wrong one (OA-03).
OWN_PARAMETERS = frozenset(
    {"code", "state", "iss", "error", "error_description", "error_uri", "session_state"}
)
FRAME_PARAMETERS = frozenset({"iss", "sid"})
# A pupil who reads one of these names believes that the page is ours.
OUR_NAMES = ("leerid", "schoolloket", "leerlingloket")
# Every kind of Unicode character that is not seen, or that turns the text around it.
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
PRIVATE_JWK_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

# What a grant to an application can begin with.
STARTING_GRANTS = frozenset(
    {GrantType.AUTHORIZATION_CODE, GrantType.IMPLICIT, GrantType.CLIENT_CREDENTIALS, GrantType.DEVICE_CODE}
)

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class Hosts:
    """Which hosts an address may name besides the public ones."""

    # http on the machine itself, for an application that runs beside its user or beside us (RFC 8252 section 7.3).
    loopback: bool = True
    # What the configuration names, because it has no public address.
    allowed: frozenset[str] = frozenset()

    def let_in(self, scheme: str, host: str) -> bool:
        if scheme == "http":
            return host in LOOPBACK and (self.loopback or host in self.allowed)
        return scheme == "https" and host in self.allowed


FOR_FILES = Hosts()


def for_files(allowed_hosts: str) -> Hosts:
    return Hosts(allowed=frozenset(allowed_hosts.lower().split()))


def read(path: Path, hosts: Hosts = FOR_FILES) -> Client:
    """The application registered in this file. Raises ClientFileError with the file, the key and the reason."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClientFileError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClientFileError(f"{path}: not valid TOML: {error}") from error
    try:
        return parse(table, path, hosts)
    except Wrong as wrong:
        raise ClientFileError(f"{path}: {wrong}") from None


class Wrong(Exception):
    """What is wrong with one key."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


def parse(table: Mapping[str, Any], path: Path, hosts: Hosts) -> Client:
    for key in table:
        if key not in KEYS:
            raise Wrong(key, f"unknown key{nearest(key, KEYS)}")
    return client_of(table, client_id(table, path), hosts, logo_file=logo(table, path))


def client_of(
    table: Mapping[str, Any],
    client_id: str,
    hosts: Hosts,
    *,
    logo_file: Path | None = None,
    has_logo: bool = False,
    dynamic: bool = False,
) -> Client:
    """The application that says this of itself, in a file or by the protocol. Raises Wrong."""
    first_party = flag(table, "first_party", False)
    redirect_uris = addresses(table, "redirect_uris", hosts)
    scope = scopes(table, first_party)
    grant_types = grants(table, scope)
    method = choice(table, "token_endpoint_auth_method", AuthMethod, AuthMethod.CLIENT_SECRET_BASIC)
    pkce = choice(table, "pkce", PkcePolicy, PkcePolicy.REQUIRED)
    if not redirect_uris and uses_redirects(grant_types):
        raise Wrong("redirect_uris", "at least one")
    if method is AuthMethod.NONE and pkce is not PkcePolicy.REQUIRED:
        raise Wrong("pkce", "must be required for a client without a secret (RFC 9700 section 2.1.1)")
    for address in redirect_uris:
        refuse_own_parameters("redirect_uris", address, OWN_PARAMETERS)
    if method is AuthMethod.NONE and GrantType.CLIENT_CREDENTIALS in grant_types:
        raise Wrong("grant_types", "client_credentials needs a client that can prove who it is")
    return Client(
        client_id=client_id,
        dynamic=dynamic,
        name=name(table, first_party),
        description=seen_text(table, "description", 200),
        logo=f"/applications/{client_id}/logo" if logo_file or has_logo else "",
        logo_file=logo_file,
        policy_uri=link(table, "policy_uri", hosts),
        tos_uri=link(table, "tos_uri", hosts),
        client_secret_sha256=secret_digest(table, method),
        token_endpoint_auth_method=method,
        token_endpoint_auth_signing_alg=choice(
            table, "token_endpoint_auth_signing_alg", SigningAlg, SigningAlg.RS256
        ),
        assertion_audience=choice(table, "assertion_audience", AssertionAudience, AssertionAudience.ISSUER),
        jwks=public_keys(table, method),
        jwks_uri=link(table, "jwks_uri", hosts),
        request_object_signing_alg=maybe(table, "request_object_signing_alg", SigningAlg),
        require_signed_request_object=flag(table, "require_signed_request_object", False),
        request_uris=request_addresses(table, hosts),
        require_pushed_authorization_requests=flag(table, "require_pushed_authorization_requests", False),
        userinfo_signed_response_alg=maybe(table, "userinfo_signed_response_alg", SigningAlg),
        dpop_bound_access_tokens=flag(table, "dpop_bound_access_tokens", False),
        resources=resources(table, hosts),
        default_max_age=seconds(table, "default_max_age"),
        default_acr_values=acr_values(table, "default_acr_values"),
        response_types=response_types(table, grant_types),
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=addresses(table, "post_logout_redirect_uris", hosts),
        initiate_login_uri=link(table, "initiate_login_uri", hosts),
        backchannel_logout_uri=link(table, "backchannel_logout_uri", hosts),
        backchannel_logout_session_required=flag(table, "backchannel_logout_session_required", True),
        frontchannel_logout_uri=frontchannel(table, redirect_uris, hosts),
        frontchannel_logout_session_required=flag(table, "frontchannel_logout_session_required", False),
        grant_types=grant_types,
        pkce=pkce,
        scope=scope,
        subject_type=choice(table, "subject_type", SubjectType, SubjectType.PAIRWISE),
        sector_identifier=sector(table, redirect_uris, client_id),
        id_token_signed_response_alg=choice(
            table, "id_token_signed_response_alg", SigningAlg, SigningAlg.RS256
        ),
        minimum_strength=minimum(table),
        approval=choice(table, "approval", ApprovalPolicy, ApprovalPolicy.NOTICE),
        dashboard=flag(table, "dashboard", False),
        schools=school_numbers(table),
        first_party=first_party,
        claims=claims(table, scope),
    )


def client_id(table: Mapping[str, Any], path: Path) -> str:
    value = text(table, "client_id")
    if value.startswith(DYNAMIC):
        raise Wrong("client_id", f"{DYNAMIC} is how the names begin of applications that register themselves")
    if not CLIENT_ID.fullmatch(value):
        raise Wrong("client_id", "small letters, digits, dot, dash and underscore; at most 100")
    if value != path.stem:
        raise Wrong(
            "client_id", f"must be the file's name, {path.stem}: so that no two files can claim one client"
        )
    return value


def name(table: Mapping[str, Any], first_party: bool) -> str:
    value = seen_text(table, "name", 60)
    if not value:
        raise Wrong("name", "must be given")
    if not first_party and any(bare(ours) in bare(value) for ours in OUR_NAMES):
        raise Wrong("name", "could be mistaken for LeerID itself")
    return value


def bare(name: str) -> str:
    """What a hasty reader sees: only plain letters, and i and l alike. "Leer ID", "L·e·e·r·I·D", "LeerlD" are one."""
    return re.sub(r"[^a-z]", "", folded(name).translate(LOOK_ALIKES))


# Digits, signs, Cyrillic and Greek letters that look like a Latin one; and the l, which looks like a large i.
LOOK_ALIKES = str.maketrans("013|!авеікмнорсѕтухӏιοεκɪl", "oieiiabeikmhopcstyxiioekii")


def seen_text(table: Mapping[str, Any], key: str, longest: int) -> str:
    """Text that shows what it holds: no control, zero-width or direction-changing character."""
    value = text(table, key)
    if len(value) > longest:
        raise Wrong(key, f"at most {longest} characters")
    if any(unicodedata.category(character) in UNSEEN for character in value):
        raise Wrong(key, "holds a character that can't be seen")
    return value.strip()


def secret_digest(table: Mapping[str, Any], method: AuthMethod) -> str:
    value = text(table, "client_secret_sha256")
    by_secret = method in (AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST)
    if by_secret and "client_secret_sha256" not in table:
        raise Wrong("client_secret_sha256", 'must be given; "" means that no secret was made yet')
    if by_secret and value and not SHA256.fullmatch(value):
        raise Wrong(
            "client_secret_sha256",
            "must be 64 hexadecimal digits: the SHA-256 of the secret, never the secret",
        )
    if not by_secret and value:
        raise Wrong("client_secret_sha256", f"{method} uses no secret")
    return value


def public_keys(table: Mapping[str, Any], method: AuthMethod) -> Mapping[str, Any] | None:
    value = table.get("jwks")
    if value is not None and "jwks_uri" in table:
        raise Wrong("jwks", "and jwks_uri exclude each other (RFC 7591 section 2)")
    if method is AuthMethod.PRIVATE_KEY_JWT and value is None and "jwks_uri" not in table:
        raise Wrong("jwks", "must be given, or jwks_uri, for private_key_jwt")
    if value is None:
        return None
    keys = value.get("keys") if isinstance(value, Mapping) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, Mapping) for key in keys):
        raise Wrong("jwks", "must hold a list `keys`")
    if len(keys) > MOST_KEYS:
        raise Wrong("jwks", f"at most {MOST_KEYS} keys")
    if any(PRIVATE_JWK_MEMBERS & key.keys() for key in keys):
        raise Wrong("jwks", "holds a private or shared key; only public ones belong here")
    return {"keys": keys}


def scopes(table: Mapping[str, Any], first_party: bool) -> tuple[str, ...]:
    value = tuple(dict.fromkeys(text(table, "scope").split()))
    for scope in value:
        if scope not in set(Scope):
            raise Wrong("scope", f"unknown scope {scope}{nearest(scope, set(Scope))}")
        if scope in API_SCOPES and not first_party:
            raise Wrong("scope", f"{scope} is for first-party applications only")
    if Scope.OPENID not in value:
        raise Wrong("scope", "must hold openid")
    return value


def grants(table: Mapping[str, Any], scope: Iterable[str]) -> frozenset[GrantType]:
    asked = texts(table, "grant_types", [GrantType.AUTHORIZATION_CODE])
    for each in asked:
        if each not in set(GrantType):
            raise Wrong("grant_types", f"unknown grant {each}{nearest(each, set(GrantType))}")
    if not set(asked) & STARTING_GRANTS:
        raise Wrong("grant_types", f"must hold one of {', '.join(sorted(STARTING_GRANTS))}")
    if Scope.OFFLINE_ACCESS in scope and GrantType.REFRESH_TOKEN not in asked:
        raise Wrong("grant_types", "the scope offline_access needs refresh_token")
    return frozenset(GrantType(each) for each in asked)


def claims(table: Mapping[str, Any], scope: Iterable[str]) -> Mapping[str, str]:
    """PR-05: a claim is known, opened by a scope of this client, and has a purpose that a child can read."""
    value = table.get("claims", {})
    if not isinstance(value, Mapping):
        raise Wrong("claims", "must be a table: claim = purpose")
    opened = claims_of(scope)
    for claim in value:
        if claim not in PERSON_CLAIMS:
            raise Wrong(f"claims.{claim}", f"unknown claim{nearest(claim, PERSON_CLAIMS)}")
        if claim not in opened:
            raise Wrong(f"claims.{claim}", "no scope of this client opens it")
        if not seen_text(value, claim, 200):
            raise Wrong(f"claims.{claim}", "must say its purpose")
    return {claim: seen_text(value, claim, 200) for claim in PERSON_CLAIMS if claim in value}


def sector(table: Mapping[str, Any], redirect_uris: Iterable[str], client_id: str) -> str:
    """PR-03: which applications see the same pupil under the same name; never by accident."""
    value = text(table, "sector_identifier")
    hosts = {urlsplit(address).hostname or "" for address in redirect_uris}
    if not value and len(hosts) > 1:
        raise Wrong("sector_identifier", "must be given, because redirect_uris name several hosts")
    if value and not HOST.fullmatch(value):
        raise Wrong("sector_identifier", "must be a host name in small letters")
    return value or (hosts.pop() if hosts else client_id)


def uses_redirects(grant_types: Iterable[GrantType]) -> bool:
    return bool({GrantType.AUTHORIZATION_CODE, GrantType.IMPLICIT} & set(grant_types))


def response_types(table: Mapping[str, Any], grant_types: Iterable[GrantType]) -> tuple[str, ...]:
    """In the order of their words in the specification; each needs the grant that its words stand for."""
    asked = texts(table, "response_types", ["code"] if GrantType.AUTHORIZATION_CODE in grant_types else [])
    known = {frozenset(each.split()): each for each in RESPONSE_TYPES}
    for each in asked:
        words = frozenset(each.split())
        if words not in known:
            raise Wrong("response_types", f"unknown response type {each}")
        if "code" in words and GrantType.AUTHORIZATION_CODE not in grant_types:
            raise Wrong("response_types", f"{each} needs the grant authorization_code")
        if words - {"code"} and GrantType.IMPLICIT not in grant_types:
            raise Wrong("response_types", f"{each} needs the grant implicit")
    return tuple(known[frozenset(each.split())] for each in asked)


def request_addresses(table: Mapping[str, Any], hosts: Hosts) -> tuple[str, ...]:
    """OIDC Core 6.2: a fragment may hold the digest of what stands there."""
    value = texts(table, "request_uris", [])
    if len(value) > MOST_ADDRESSES:
        raise Wrong("request_uris", f"at most {MOST_ADDRESSES}")
    for each in value:
        refuse_bad_address("request_uris", each.partition("#")[0], hosts)
    return value


def resources(table: Mapping[str, Any], hosts: Hosts) -> tuple[str, ...]:
    """RFC 8707 section 2: absolute addresses without a fragment."""
    value = texts(table, "resources", [])
    for each in value:
        refuse_bad_address("resources", each, hosts)
    return value


def acr_values(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = texts(table, key, [])
    for each in value:
        if each not in STRENGTH_OF_ACR:
            raise Wrong(key, f"unknown acr {each}{nearest(each, STRENGTH_OF_ACR)}")
    return value


def seconds(table: Mapping[str, Any], key: str) -> int | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_SECONDS:
        raise Wrong(key, f"must be a number of seconds, at most {MOST_SECONDS}")
    return value


def maybe(table: Mapping[str, Any], key: str, kind: type[Choice]) -> Choice | None:
    return choice(table, key, kind, next(iter(kind))) if key in table else None


def minimum(table: Mapping[str, Any]) -> Strength | None:
    value = text(table, "minimum_acr")
    if value and value not in STRENGTH_OF_ACR:
        raise Wrong("minimum_acr", f"unknown acr {value}{nearest(value, STRENGTH_OF_ACR)}")
    return STRENGTH_OF_ACR[value] if value else None


def school_numbers(table: Mapping[str, Any]) -> frozenset[int]:
    value = table.get("schools", [])
    if not isinstance(value, list) or any(
        isinstance(each, bool) or not isinstance(each, int) for each in value
    ):
        raise Wrong("schools", "must be a list of instellingsnummers")
    return frozenset(value)


def logo(table: Mapping[str, Any], path: Path) -> Path | None:
    value = text(table, "logo_uri")
    if not value:
        return None
    file = path.parent / value
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*\.(svg|png)", value) or not file.is_file():
        raise Wrong(
            "logo_uri",
            "must be the name of an .svg or .png file beside the registration: we serve it ourselves",
        )
    return file


def addresses(table: Mapping[str, Any], key: str, hosts: Hosts) -> tuple[str, ...]:
    value = texts(table, key, [])
    if len(value) > MOST_ADDRESSES:
        raise Wrong(key, f"at most {MOST_ADDRESSES}")
    for each in value:
        refuse_bad_address(key, each, hosts)
    return value


def link(table: Mapping[str, Any], key: str, hosts: Hosts) -> str:
    value = text(table, key)
    if value:
        refuse_bad_address(key, value, hosts)
    return value


def refuse_bad_address(key: str, address: str, hosts: Hosts) -> None:
    """https, or http on this very machine; nothing in it that two readers could understand differently."""
    if len(address) > 2000 or not re.fullmatch(r"[!-~]+", address) or set(address) & set("\\*<>\"'`{}|^"):
        raise Wrong(key, f"{address!r} holds a character that an address may not have (wildcards included)")
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise Wrong(key, f"{address} is no address") from None
    if "#" in address:
        raise Wrong(key, f"{address} has a fragment")
    if "@" in parts.netloc:
        raise Wrong(key, f"{address} has user information")
    if (
        not host
        or parts.netloc != parts.netloc.lower()
        or not address.startswith(f"{parts.scheme}://{parts.netloc}")
    ):
        raise Wrong(key, f"{address} needs a host name in small letters")
    if any(
        segment in (".", "..")
        for segment in re.split(r"[/;]", parts.path.replace("%2e", ".").replace("%2E", "."))
    ):
        raise Wrong(key, f"{address} has a dot segment in its path")
    if hosts.let_in(parts.scheme, host):
        return
    if parts.scheme != "https":
        only = " (http is for 127.0.0.1, [::1] and localhost only)" if hosts.loopback else ""
        raise Wrong(key, f"{address} must be https{only}")
    if not HOST.fullmatch(host) or is_private(host):
        raise Wrong(key, f"{address} names no public host")


def is_private(host: str) -> bool:
    """OA-22: an address of the machine itself or its network, in any spelling that a resolver would understand."""
    last = host.rsplit(".", 1)[-1]
    if re.fullmatch(
        r"[0-9]+|0x[0-9a-f]*", last
    ):  # 10.0.0.1, 2130706433, 0x7f.1: the URL standard reads all as IPv4
        try:
            return not ipaddress.IPv4Address(host).is_global
        except ValueError:
            return True
    return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def frontchannel(table: Mapping[str, Any], redirect_uris: Iterable[str], hosts: Hosts) -> str:
    """Front-Channel Logout 1.0 section 2: only where the application is at home, as our page opens it in a frame."""
    key = "frontchannel_logout_uri"
    value = link(table, key, hosts)
    if value:
        refuse_own_parameters(key, value, FRAME_PARAMETERS)
        if origin_of(value) not in map(origin_of, redirect_uris):
            raise Wrong(key, f"{value} needs the scheme, host and port of one of the redirect_uris")
    return value


def refuse_own_parameters(key: str, address: str, own: Iterable[str]) -> None:
    for parameter, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True):
        if parameter in own:
            raise Wrong(key, f"{address} already has the parameter {parameter}, which our answer adds")


def choice(table: Mapping[str, Any], key: str, kind: type[Choice], default: Choice) -> Choice:
    value = text(table, key, default)
    if value not in set(kind):
        raise Wrong(key, f"{value!r} isn't one of {', '.join(kind)}{nearest(value, set(kind))}")
    return kind(value)


def text(table: Mapping[str, Any], key: str, default: str = "") -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise Wrong(key, "must be text")
    return value


def texts(table: Mapping[str, Any], key: str, default: list[Any]) -> tuple[str, ...]:
    value = table.get(key, default)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Wrong(key, "must be a list of texts")
    return tuple(dict.fromkeys(value))


def flag(table: Mapping[str, Any], key: str, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise Wrong(key, "must be true or false")
    return value


def nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, [str(each) for each in known], n=1)
    return f"; did you mean {close[0]}?" if close else ""
