"""Every address of the protocol under requests that nobody should send (FT-16, CV-40, CV-48): no fault of ours, no slow
answer, and nobody sent anywhere before application and address are trusted (OA-01)."""

from __future__ import annotations

import base64
import json
import logging
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from idp.oidc.dynamic import initial_tokens
from idp.tokens.records import GrantFamily
from tests.oidc.roads import through
from tests.oidc.signing_client import SigningClient
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, basic

SLOWEST_SECONDS = 2.0
HOME = "https://oefenapp.example"
FORM = "application/x-www-form-urlencoded"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def token_of(header: object, claims: object, signature: str = "") -> str:
    """What looks like a JWT."""
    parts = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in (header, claims)
    )
    return ".".join((*parts, signature))


# Already percent-encoded: what stands after the `=`.
VALUES = (
    "", "%00", "a%00b", "%ff", "%c0%80", "%ed%a0%80", "%0d%0aX-Own%3A1", "%09", "%20", "%e2%80%ae", "%f0%9f%90%8c",
    "%", "%zz", "null", "true", "[]", "{}", "%7B%22a%22%3A", "-1", "0", "1e400", "NaN", "%D9%A3", "9" * 20, "9" * 5_000,
    "a" * 5_000, "a+" * 500, "a%20" * 2_000, "'%20or%201=1--", "../../etc/passwd", "<script>", "%22%3E%3Cimg%20src=x%3E",
    "https://elsewhere.example/", "//elsewhere.example", "urn:ietf:params:oauth:request_uri:x", "[" * 5_000,
)  # fmt: skip
TOKENS = (
    "a.b.c", "..", "a..c", ".".join("a" * 5), token_of({"alg": "none"}, {}), token_of([], []), token_of({"alg": []}, 1),
    token_of({"alg": "RS256", "kid": 1}, {"iss": []}, "AAAA"), token_of({"alg": "HS256"}, {"exp": "x"}, "AAAA"),
    token_of({"alg": "ES256", "crit": ["x"], "kid": "ES256"}, {"exp": 10**400}, "AAAA"), "e30.e30.e30",
    token_of({"alg": "RS256", "jwk": {"kty": "oct", "k": "AA"}, "jku": HOME}, {"nbf": {}}, "AAAA"),
    quote(token_of({"alg": "ES256"}, {"a": "\ud800"}, "é")),
)  # fmt: skip
NAMES = (
    "%00",
    "%ff",
    "",
    "a" * 5_000,
    "__proto__",
    "request%5B%5D",
    "resource",
    "client_assertion",
    "dpop_jkt",
    "iss",
)
# What a JWT may stand in.
HOLDS_TOKENS = {
    "request",
    "id_token_hint",
    "client_assertion",
    "token",
    "access_token",
    "code",
    "refresh_token",
}


@dataclass(frozen=True)
class Door:
    """An address, with a request to it that is right."""

    method: str
    path: str
    right: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def line(self) -> list[tuple[str, str]]:
        return [(name, quote(value, safe="")) for name, value in self.right.items()]


@dataclass(frozen=True)
class Sent:
    """What is wrong with it, and what is sent."""

    door: Door
    wrong: str
    line: str
    trusted: bool  # who asks and where the answer goes are as registered


@dataclass
class Town:
    """A provider with an application that may do everything, and a browser in which somebody is signed in."""

    provider: Provider
    rp: RelyingParty
    client: FlaskClient
    doors: list[Door]
    initial: str
    slow: list[str] = field(default_factory=list)

    def send(self, sent: Sent) -> str | None:
        """What is wrong with the answer."""
        door = sent.door
        body = door.method in ("POST", "PUT")
        headers = {"Content-Type": FORM, **door.headers} if body else dict(door.headers)
        began = time.monotonic()
        answer = self.client.open(
            door.path,
            method=door.method,
            query_string="" if body else sent.line,
            data=sent.line.encode() if body else None,
            headers=headers,
        )
        took = time.monotonic() - began
        return self.complaint(answer, sent.trusted, took)

    def complaint(self, answer: Any, trusted: bool, took: float) -> str | None:
        if answer.status_code >= 500:
            return f"status {answer.status_code}"
        if took > SLOWEST_SECONDS:
            return f"{took:.1f} s"
        leads_to = answer.headers.get("Location", "")
        if leads_to and not self.is_local(leads_to) and not (trusted and leads_to.startswith(f"{HOME}/")):
            return f"sent to {leads_to[:80]}"
        if b"Traceback" in answer.data:
            return "a traceback"
        return None

    def is_local(self, address: str) -> bool:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}" == self.provider.issuer or (
            not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith("//")
        )


@pytest.fixture
def town(open_provider: Any, new_visitor: Any) -> Town:
    provider: Provider = open_provider(registration={"enabled": True}, clients={"legacy_flows": True})
    types = ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"]
    grants = ["authorization_code", "refresh_token", "implicit", "client_credentials", DEVICE]
    signing = SigningClient(
        provider,
        response_types=types,
        grant_types=grants,
        resources=["https://api.example/"],
        post_logout_redirect_uris=[f"{HOME}/bye"],
        request_uris=[f"{HOME}/request.jwt"],
    )
    visitor: Visitor = new_visitor(provider)
    through(visitor, provider.people.pupil("advanced"), signing.rp)
    client = provider.app.test_client()
    for cookie in visitor.http.cookies:
        client.set_cookie(cookie.name, str(cookie.value), domain="127.0.0.1")
    with provider.db() as db:
        now = provider.clock()
        initial = initial_tokens.make(db, "fuzz", now, now + timedelta(hours=1), once=False)
    # In this process, and without what a browser adds: only the application is asked, some thousands of times.
    client.environ_base["HTTP_HOST"] = urlsplit(provider.issuer).netloc
    return Town(provider, signing.rp, client, [*doors(provider, signing.rp)], initial)


def doors(provider: Provider, rp: RelyingParty) -> Iterator[Door]:
    assert rp.secret is not None
    known = {"Authorization": basic(rp.client_id, rp.secret)}
    asked = {
        "client_id": rp.client_id, "redirect_uri": rp.redirect_uri, "response_type": "code", "scope": "openid",
        "state": "s", "nonce": "n", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip
    more = {
        "response_mode": "query", "prompt": "login", "max_age": "10", "acr_values": "urn:leerid:acr:basic",
        "ui_locales": "nl", "claims_locales": "nl", "login_hint": "jan", "display": "page", "claims": "{}",
        "resource": "https://api.example/",
    }  # fmt: skip
    yield Door("GET", "/authorize", {**asked, **more})
    yield Door("POST", "/authorize", {**asked, "response_type": "code id_token"})
    yield Door("GET", "/authorize", {**asked, "id_token_hint": "a.b.c"})
    yield Door("GET", "/authorize", {**asked, "request": "a.b.c"})
    yield Door("GET", "/authorize", {**asked, "request_uri": f"{HOME}/request.jwt"})
    yield Door("POST", "/par", {**asked, **more}, known)
    proof = {"DPoP": token_of({"typ": "dpop+jwt", "alg": "ES256"}, {"htm": "POST"}, "AAAA")}
    code = {
        "grant_type": "authorization_code",
        "code": "x",
        "redirect_uri": rp.redirect_uri,
        "code_verifier": "v" * 43,
    }
    yield Door("POST", "/token", code, known)
    yield Door(
        "POST", "/token", {"grant_type": "refresh_token", "refresh_token": "x", "scope": "openid"}, known
    )
    yield Door(
        "POST", "/token", {"grant_type": "client_credentials", "resource": "https://api.example/"}, known
    )
    yield Door("POST", "/token", {"grant_type": DEVICE, "device_code": "x"}, known)
    yield Door("POST", "/token", code, {**known, **proof})
    assertion = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    yield Door(
        "POST", "/token", {**code, **assertion, "client_assertion": "a.b.c", "client_id": rp.client_id}
    )
    yield Door("POST", "/token", {**code, "client_id": rp.client_id, "client_secret": "x"})
    yield Door("GET", "/userinfo", {}, {"Authorization": "Bearer x"})
    yield Door("POST", "/userinfo", {"access_token": "x"})
    for path in ("/revoke", "/introspect"):
        yield Door("POST", path, {"token": "x", "token_type_hint": "access_token"}, known)
    yield Door("POST", "/device_authorization", {"client_id": rp.client_id, "scope": "openid"}, known)
    yield Door("GET", "/device", {"user_code": "BCDF-GHJK"})
    yield Door("GET", "/device/confirm", {"user_code": "BCDF-GHJK"})
    yield Door("GET", "/device/board", {"user_code": "BCDF-GHJK"})
    hint = {
        "id_token_hint": "a.b.c",
        "client_id": rp.client_id,
        "post_logout_redirect_uri": f"{HOME}/bye",
        "state": "s",
    }
    yield Door("GET", "/end_session", hint)
    yield Door("POST", "/end_session", hint)
    for path in ("/jwks", "/check_session", "/developers", "/.well-known/openid-configuration"):
        yield Door("GET", path, {"a": "b"})


def wrongs(door: Door) -> Iterator[Sent]:
    """One thing wrong at a time."""
    line = door.line()
    for at, (name, value) in enumerate(line):
        trusted = name not in ("client_id", "redirect_uri", "post_logout_redirect_uri")
        others = [f"{each}={its}" for i, (each, its) in enumerate(line) if i != at]

        def made(
            wrong: str, *changed: str, others: list[str] = others, trusted: bool = trusted, name: str = name
        ) -> Sent:
            return Sent(door, f"{name}: {wrong}", "&".join((*others, *changed)), trusted)

        yield made("missing")
        yield made("doubled", f"{name}={value}", f"{name}={value}")
        yield made("twice", f"{name}={value}", f"{name}=x")
        yield made("array", f"{name}%5B%5D={value}")
        yield made("indexed", f"{name}%5B0%5D={value}")
        yield made("capital", f"{name.upper()}={value}")
        yield made("no value", name)
        yield made("padded", f"{name}=%20{value}%0A")
        for wrong in (*VALUES, *(TOKENS if name in HOLDS_TOKENS else ())):
            yield made(wrong[:40], f"{name}={wrong}")
    right = "&".join(f"{name}={value}" for name, value in line)
    for name in NAMES:
        yield Sent(door, f"also {name[:40]}", f"{right}&{name}=x", True)
    yield Sent(door, "a thousand fields", right + "&a=b" * 1_000, True)
    yield Sent(door, "only separators", "&" * 1_000 + "=;=;", False)


def complaints(town: Town, all_sent: list[Sent]) -> list[str]:
    found = []
    for sent in all_sent:
        wrong = town.send(sent)
        if wrong is not None:
            found.append(f"{sent.door.method} {sent.door.path} ({sent.wrong}): {wrong}")
    return found


@pytest.mark.usefixtures("quiet")
def test_FT_16_OA_01_one_thing_wrong_at_a_time(town: Town) -> None:
    """At a signed-in browser, where most can go wrong; some as a stranger. All of them take a minute, so: a third."""
    all_sent = [sent for door in town.doors for sent in wrongs(door)]
    assert len(all_sent) > 5_000
    all_sent = random.Random(16).sample(all_sent, len(all_sent) // 3)
    assert complaints(town, all_sent) == []
    stranger = Town(town.provider, town.rp, town.provider.app.test_client(), [], "")
    stranger.client.environ_base["HTTP_HOST"] = town.client.environ_base["HTTP_HOST"]
    assert complaints(stranger, [each for each in all_sent[::8] if "/authorize" in each.door.path]) == []


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of refusals are not for the report of a failure; faults are."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    yield
    logging.disable(before)


# Headers, and bodies that are no form

HEADERS = (
    "", " ", "Basic", "Basic =", "Basic //8=", "Basic Og==", "Basic \xe9", "Basic " + "QQ" * 5_000, "Basic QQ:QQ",
    "Bearer", "Bearer \xe9", "Bearer a b", "Bearer a,b", "Bearer " + "a" * 9_000, "DPoP x", "DPoP", "Digest x", "\xff\xfe",
    "Basic b2VmZW5hcHA6JQ==", "Basic b2VmZW5hcHA6JTAw", "Basic Jjoq", 'Digest a="b', "Bearer a\tb",
)  # fmt: skip
KINDS = (
    "", "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=", FORM + "; charset=utf-7",
    FORM + "; charset=\xff", "application/jwt", "a" * 5_000, "multipart/form-data; boundary=" + "-" * 500,
)  # fmt: skip
BODIES = (
    b"", b"\x00", b"\xff\xfe", b"{}", b"[]", b"null", b"--x\r\n", b"a=b&" * 5_000, b"a" * 100_000, b"%" * 1_000,
    b"grant_type=authorization_code\x00", b"grant_type=refresh_token&refresh_token=\xed\xa0\x80", b"[" * 50_000,
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND")


@pytest.mark.usefixtures("quiet")
def test_FT_16_OA_11_CV_48_no_header_and_no_body_is_a_fault_of_ours(town: Town) -> None:
    found = []
    for door in {each.path: each for each in town.doors}.values():
        line = "&".join(f"{name}={value}" for name, value in door.line()).encode()
        for name in ("Authorization", "DPoP"):
            for value in (*HEADERS, *TOKENS):
                given = {"Content-Type": FORM, name: value}
                answer = town.client.open(door.path, method=door.method, data=line, headers=given)
                found += said(town, door, f"{name}: {value[:40]}", answer)
        for kind, body in (
            *((kind, line) for kind in KINDS),
            *((kind, body) for body in BODIES for kind in (FORM, "application/json")),
        ):
            given = {"Content-Type": kind, **door.headers}
            answer = town.client.open(door.path, method="POST", data=body, headers=given)
            found += said(town, door, f"{kind[:30]} {body[:20]!r}", answer)
        for method in METHODS:
            answer = town.client.open(door.path, method=method, data=b"a=b", headers={"Content-Type": FORM})
            found += said(town, door, method, answer)
    assert found == []


def said(town: Town, door: Door, wrong: str, answer: Any) -> list[str]:
    """Without its parameters in the right place a request says not even who asks."""
    trusted = door.path == "/authorize"
    complaint = town.complaint(answer, trusted, 0.0)
    return [] if complaint is None else [f"{door.method} {door.path} ({wrong}): {complaint}"]


# What registers itself: JSON

REGISTRATION = {
    "client_name": "Oefenapp", "redirect_uris": [f"{HOME}/callback"], "grant_types": ["authorization_code"],
    "response_types": ["code"], "token_endpoint_auth_method": "client_secret_basic", "scope": "openid",
    "application_type": "web", "contacts": ["jan@example.be"], "logo_uri": "", "policy_uri": f"{HOME}/p",
    "tos_uri": f"{HOME}/t",
    "jwks": {"keys": []}, "jwks_uri": f"{HOME}/jwks", "sector_identifier_uri": f"{HOME}/sector", "subject_type": "pairwise",
    "id_token_signed_response_alg": "RS256", "userinfo_signed_response_alg": "RS256", "request_uris": [f"{HOME}/r#x"],
    "default_max_age": 10, "require_auth_time": True, "default_acr_values": ["urn:leerid:acr:basic"],
    "initiate_login_uri": f"{HOME}/login", "post_logout_redirect_uris": [f"{HOME}/bye"], "software_statement": "a.b.c",
    "backchannel_logout_uri": f"{HOME}/b", "frontchannel_logout_uri": f"{HOME}/f", "dpop_bound_access_tokens": True,
}  # fmt: skip
JSON_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**400, 1.5, "", "\x00", "\ud800", "\u202e", "a" * 5_000, [], [[]], [None], [1], ["\x00"],
    ["\ud800"], {}, {"a": 1}, [{}], ["a"] * 2_000, "https://elsewhere.example:99999/", "https://[::1", "http://", "//x",
    ["https://[::1"], ["https://a.example:port/"],
    {"keys": [{}]}, {"keys": [{"kty": []}]}, {"keys": [{"kty": "RSA", "n": "", "e": ""}]},
    {"keys": 1},
    {"keys": [{"kty": "EC", "crv": "P-256", "x": "!", "y": []}]}, {"keys": [{"kty": "OKP", "crv": {}, "x": "A"}]},
)  # fmt: skip
DOCUMENTS = (
    b"", b"null", b"[]", b"1", b"{", b"{}}", b"\xff\xfe{", b'{"a":NaN}', b'{"a":1e400}',
    b'{"client_name":"a","client_name":"b"}',
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000, b"[" * 60_000, b'{"a":' + b"9" * 6_000 + b"}", b'{"\\ud800":1}', b'{"":{}}',
)  # fmt: skip


@pytest.mark.usefixtures("quiet")
def test_FT_16_OA_27_what_no_application_is_called_is_refused_in_its_own_words(town: Town) -> None:
    known = {"Authorization": f"Bearer {town.initial}", "Content-Type": "application/json"}
    base = {name: REGISTRATION[name] for name in ("client_name", "redirect_uris")}
    bodies = [json.dumps({**base, name: value}).encode() for name in REGISTRATION for value in JSON_VALUES]
    for body in (*bodies, *DOCUMENTS):
        answer = town.client.post("/register", data=body, headers=known)
        assert answer.status_code in (201, 400, 413), (body[:120], answer.status_code)
        told = answer.get_json()
        if answer.status_code == 400:
            assert told["error"] in ("invalid_client_metadata", "invalid_redirect_uri"), body[:120]
        if answer.status_code == 201:
            assert told["redirect_uris"] == base["redirect_uris"], body[:120]


# And whatever comes to mind


@pytest.mark.usefixtures("quiet")
def test_FT_16_anything_at_all(town: Town) -> None:
    paths = sorted({door.path for door in town.doors} | {"/register", "/register/dyn-x"})
    text = st.text(max_size=40)

    @settings(
        max_examples=250,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(
        st.sampled_from(paths),
        st.sampled_from(METHODS),
        st.lists(
            st.tuples(
                st.sampled_from(["client_id", "request", "code", "scope", "claims", "token"]) | text, text
            ),
            max_size=6,
        ),
        st.binary(max_size=60),
        st.sampled_from(
            ["Authorization", "Cookie", "Accept", "DPoP", "Content-Type", "Origin", "If-None-Match"]
        ),
        st.binary(max_size=30).map(lambda raw: raw.translate(None, b"\r\n").decode("latin-1")),
    )
    def ask(
        path: str, method: str, line: list[tuple[str, str]], body: bytes, header: str, value: str
    ) -> None:
        written = "&".join(f"{q(name)}={q(each)}" for name, each in line)
        answer = town.client.open(
            path, method=method, query_string=written, data=body, headers={header: value}
        )
        assert town.complaint(answer, False, 0.0) is None

    ask()
    with town.provider.reading() as db:
        assert (db.scalar(select(func.count()).select_from(GrantFamily)) or 0) < 50, "tokens for the asking"


def q(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
