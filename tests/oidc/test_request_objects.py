"""Requests that their application signed: what they say counts, and nothing else about them is believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.oidc.listening import Application, listening
from tests.oidc.roads import sign_in, through
from tests.oidc.signing_client import KEYS, SigningClient, encoded, public_jwk
from tests.support.browser import Page, Visitor
from tests.support.provider import Provider
from tests.support.relying_party import challenge

VERIFIER = "v" * 43


@pytest.fixture
def signing(provider: Provider) -> SigningClient:
    return SigningClient(provider)


@pytest.fixture
def application() -> Iterator[Application]:
    with listening() as found:
        yield found


def error_at(signing: SigningClient, page: Page) -> str:
    """The error that the application got at its own address; its state is the outer one, if any."""
    assert page.left_for is not None, f"{page.status} {page.text[:300]}"
    answer = signing.rp.answer(page.left_for)
    assert answer["iss"] == signing.provider.issuer
    return answer["error"]


def refused(signing: SigningClient, visitor: Visitor, token: str) -> str:
    address = signing.address(token, redirect_uri=signing.rp.redirect_uri)
    return error_at(signing, visitor.get(address))


# What works


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "JWT", ...])
def test_a_signed_request_goes_all_the_way(provider: Provider, visitor: Visitor, alg: str, typ: Any) -> None:
    signing, pupil = SigningClient(provider, alg), provider.people.pupil()
    visitor.get(signing.address(signing.sign(signing.claims(verifier=VERIFIER), typ=typ)))
    page = sign_in(visitor, pupil)
    assert page.left_for is not None
    answer = signing.rp.answer(page.left_for)
    assert answer["state"] == "from inside"
    tokens = signing.rp.try_exchange(answer["code"], VERIFIER).json()
    assert signing.rp.verify(tokens["id_token"], "nonce-inside")["sub"]


def test_oidcc_ensure_request_object_with_redirect_uri(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    """OIDC Core 6.1: what stands inside wins over the same outside; what stands outside only counts as well."""
    through(visitor, provider.people.pupil(), signing.rp)
    token = signing.sign(signing.claims(state=..., nonce="inside"))
    page = visitor.get(
        signing.address(
            token, redirect_uri="https://evil.example/", state="outside", nonce="outside", scope="openid"
        )
    )
    assert page.left_for is not None
    answer = signing.rp.answer(page.left_for)
    assert (answer["state"], "code" in answer) == ("outside", True)


def test_the_object_s_members_have_the_types_of_JSON(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    through(visitor, provider.people.pupil(), signing.rp)
    claims = signing.claims(max_age=10000, claims={"id_token": {"acr": None}}, unknown=[1, {"x": None}])
    page = visitor.get(signing.address(signing.sign(claims)))
    assert page.left_for is not None
    assert "code" in signing.rp.answer(page.left_for)


def test_OA_68_prompt_inside_can_not_be_dropped_by_the_user_agent(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    through(visitor, provider.people.pupil(), signing.rp)
    for changes in ({"prompt": "login"}, {"max_age": 0}):
        page = visitor.get(signing.address(signing.sign(signing.claims(**changes)), prompt="none"))
        assert page.left_for is None or "error=login_required" in page.left_for
    page = visitor.get(signing.address(signing.sign(signing.claims(prompt="login")), max_age="99999"))
    assert "login-submit" in page.ids


def test_it_is_parked_as_what_it_says_and_looked_at_once(provider: Provider, visitor: Visitor) -> None:
    """A slow typist is not told that the object is over: it was good when it came."""
    signing, pupil = SigningClient(provider), provider.people.pupil()
    visitor.get(signing.address(signing.sign(signing.claims(jti="once"))))
    visitor.submit(button="login-next", username=pupil.username)
    provider.clock.move(minutes=20)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.left_for is not None
    assert "code" in signing.rp.answer(page.left_for)


def test_a_posted_request_may_be_signed_too(provider: Provider, visitor: Visitor) -> None:
    signing, pupil = SigningClient(provider), provider.people.pupil()
    token = signing.sign(signing.claims(jti="posted"))
    form = {"client_id": "oefenapp", "response_type": "code", "scope": "openid", "request": token}
    visitor.post(f"{provider.issuer}/authorize", form)
    page = sign_in(visitor, pupil)
    assert page.left_for is not None
    assert "code" in signing.rp.answer(page.left_for)


def test_what_it_asks_is_checked_like_any_request(visitor: Visitor, signing: SigningClient) -> None:
    for code, changes in (
        ("invalid_scope", {"scope": "profile"}),
        ("invalid_request", {"code_challenge": ..., "code_challenge_method": ...}),
        ("invalid_request", {"code_challenge_method": "plain"}),
        ("invalid_request", {"prompt": "none login"}),
        ("invalid_request", {"max_age": -1}),
        ("invalid_request", {"state": "a\u0000b"}),
        ("invalid_request", {"response_mode": "web_message"}),
        ("registration_not_supported", {"registration": "{}"}),
        ("unsupported_response_type", {"response_type": "code token"}),
    ):
        outside = {"response_type": changes.get("response_type", "code")}
        page = visitor.get(signing.address(signing.sign(signing.claims(**changes)), **outside))  # type: ignore[arg-type]
        assert error_at(signing, page) == code, changes


def test_OA_01_a_signed_address_that_was_not_registered_leads_nowhere(
    visitor: Visitor, signing: SigningClient
) -> None:
    """The key may be stolen: an object opens no address that the registration doesn't have."""
    for changes in ({"redirect_uri": "https://evil.example/"}, {"redirect_uri": ""}, {"redirect_uri": ...}):
        page = visitor.get(signing.address(signing.sign(signing.claims(**changes))))
        assert (page.status, page.left_for, page.history) == (400, None, [])


# What is refused


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE"])
def test_OA_14_oidcc_unsigned_request_object_rejected_as_unsupported(
    visitor: Visitor, signing: SigningClient, alg: str
) -> None:
    header, payload = encoded({"alg": alg}), encoded(signing.claims())
    signature = signing.sign(signing.claims()).split(".")[2]
    for token in (f"{header}.{payload}.", f"{header}.{payload}", f"{header}.{payload}.{signature}"):
        assert refused(signing, visitor, token) == "request_not_supported"


@pytest.mark.parametrize(
    "alg", ["", None, 7, ["ES256"], "HS256", "ES384", "RS384", "PS256", "ES256K", "es256"]
)
def test_OA_14_an_algorithm_that_was_never_offered(
    visitor: Visitor, signing: SigningClient, alg: object
) -> None:
    header = encoded({"alg": alg, "kid": "ES256", "typ": "JWT"})
    _, payload, signature = signing.sign(signing.claims()).split(".")
    for token in (f"{header}.{payload}.{signature}", f"{header}.{payload}.", f"{encoded({})}.{payload}."):
        assert refused(signing, visitor, token) == "invalid_request_object"


def test_OA_15_our_public_keys_and_the_client_s_are_no_shared_secrets(
    visitor: Visitor, signing: SigningClient
) -> None:
    public = KEYS["RS256"].public_key()
    ours = signing.rp.http.get(signing.rp.metadata["jwks_uri"]).text
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(public_jwk(KEYS["RS256"], "RS256")).encode(),
        ours.encode(),
        b"x",
    ):
        signed = f"{encoded({'alg': 'HS256', 'kid': 'RS256'})}.{encoded(signing.claims())}"
        mac = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), "sha256")).rstrip(b"=").decode()
        assert refused(signing, visitor, f"{signed}.{mac}") == "invalid_request_object"


def test_OA_15_the_algorithm_that_was_registered_is_the_only_one(
    provider: Provider, visitor: Visitor
) -> None:
    pinned = SigningClient(provider, "ES256", request_object_signing_alg="RS256")
    assert refused(pinned, visitor, pinned.sign(pinned.claims())) == "invalid_request_object"
    pinned.alg = "RS256"
    page = visitor.get(pinned.address(pinned.sign(pinned.claims())))
    assert "login-next" in page.ids


def test_OA_15_a_key_that_is_not_the_client_s(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    short = rsa.generate_private_key(65537, 2048)
    stranger = ec.generate_private_key(ec.SECP256R1())
    for token in (
        signing.sign(signing.claims(), key=stranger),
        signing.sign(signing.claims(), key=stranger, kid=...),
        signing.sign(signing.claims(), kid="RS256"),
        signing.sign(signing.claims(), kid="elsewhere"),
    ):
        assert refused(signing, visitor, token) == "invalid_request_object"
    page = visitor.get(signing.address(signing.sign(signing.claims(), kid=...)))
    assert "login-next" in page.ids, "the only key of its algorithm needs no name"
    weak = SigningClient(provider, "RS256", "zwak", jwks={"keys": [public_jwk(short, "RS256")]})
    assert refused(weak, visitor, weak.sign(weak.claims(), key=short, kid="k1")) == "invalid_request_object"


LEADING_ELSEWHERE: list[dict[str, Any]] = [
    {"kid": "../../dev/null"},
    {"kid": "' or 1=1"},
    {"kid": "x" * 201},
    {"kid": 1},
    {"kid": ["ES256"]},
    {"jku": "https://evil.example/jwks"},
    {"x5u": "https://evil.example/key"},
    {"x5c": ["MIIB"]},
    {"jwk": public_jwk(KEYS["ES256"], "ES256")},
    {"crit": ["exp"], "exp": 1},
    {"b64": False},
    {"zip": "DEF"},
    {"typ": "dpop+jwt"},
    {"typ": "at+jwt"},
    {"typ": "logout+jwt"},
    {"typ": "client-authentication+jwt"},
    {"typ": "oauth-authz-req+jwt "},
    {"typ": 7},
]


def test_OA_16_a_header_that_would_lead_elsewhere(visitor: Visitor, signing: SigningClient) -> None:
    page = visitor.get(signing.address(with_header(signing, {})))
    assert "login-next" in page.ids, "without any of these it is good"
    for header in LEADING_ELSEWHERE:
        assert refused(signing, visitor, with_header(signing, header)) == "invalid_request_object", header


def with_header(signing: SigningClient, header: dict[str, Any]) -> str:
    _, payload, _ = signing.sign(signing.claims()).split(".")
    first = encoded({"alg": "ES256", "kid": "ES256", "typ": "oauth-authz-req+jwt", **header})
    signature = jwt.get_algorithm_by_name("ES256").sign(f"{first}.{payload}".encode(), KEYS["ES256"])
    return f"{first}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_OA_17_a_bomb_costs_nothing(provider: Provider, signing: SigningClient) -> None:
    good = signing.sign(signing.claims())
    header, payload, signature = good.split(".")
    client = provider.app.test_client()
    for token in (
        "A" * 60_000,
        f"{'A' * 50_000}.{payload}.{signature}",
        f"{header}.{'A' * 50_000}.{signature}",
        f"{header}.{payload}.{'A' * 50_000}",
        f"{encoded({'alg': 'ES256', 'kid': 'ES256'})}.{deep()}.{signature}",
        f"{deep()}.{payload}.{signature}",
        f"{header}.{payload}.{signature}.{payload}.{signature}",
        f"{good} ",
        f" {good}",
        f"{good}=",
        f"{good}\n",
        json.dumps({"payload": payload, "protected": header, "signatures": []}),
        json.dumps({"payload": payload, "protected": header, "signature": signature}),
        f"{encoded({'alg': 'PBES2-HS256+A128KW', 'enc': 'A256GCM', 'p2c': 2**31})}.a.b.c.d",
        "..",
        ".",
    ):
        outside = {"redirect_uri": signing.rp.redirect_uri, "response_type": "code", "client_id": "oefenapp"}
        started = time.thread_time()  # what this thread did, however busy the machine is
        answer = client.post("/authorize", data={**outside, "request": token}, base_url=provider.issuer)
        assert time.thread_time() - started < 0.5
        assert answer.status_code == 303
        assert "error=invalid_request_object" in answer.headers["Location"], token[:80]


def deep() -> str:
    return base64.urlsafe_b64encode(b"[" * 9_999).decode().rstrip("=")


MAY_NOT_SAY: list[dict[str, Any]] = [
    {"iss": "andere"},
    {"iss": ["oefenapp"]},
    {"iss": None},
    {"aud": "ISSUER/"},
    {"aud": "ISSUER/authorize"},
    {"aud": "https://elders.example"},
    {"aud": []},
    {"aud": None},
    {"aud": {"ISSUER": 1}},
    {"aud": [["ISSUER"]]},
    {"aud": ["ISSUER", 7]},
    {"exp": 0},
    {"exp": "9999999999"},
    {"exp": True},
    {"exp": None},
    {"nbf": 9999999999},
    {"nbf": "x"},
    {"iat": 9999999999},
    {"sub": "oefenapp"},
    {"events": {}},
    {"client_id": "andere"},
    {"client_id": ["oefenapp"]},
    {"response_type": "code id_token"},
    {"response_type": ["code"]},
    {"request": "e30.e30.e30"},
    {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
    {"request": None},
    {"jti": ""},
    {"jti": 7},
    {"jti": "x" * 256},
    {"jti": "for ever", "exp": ...},
    {"jti": "too long", "exp": 9999999999},
    {"scope": ["openid"]},
    {"state": 7},
    {"nonce": None},
    {"state": "\ud800"},
    {"redirect_uri": ["https://oefenapp.example/callback"]},
    {"max_age": True},
    {"max_age": 1.5},
    {"claims": [1]},
    {"claims": {"userinfo": {"\ud800": None}}},
    {"prompt": ["login"]},
    {"resource": ["https://a.example", "https://b.example"]},
]


def test_what_an_object_may_not_say_of_itself(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    for changes in MAY_NOT_SAY:
        kept = {name: value for name, value in changes.items() if value is not ...}
        filled = json.loads(json.dumps(kept).replace("ISSUER", provider.issuer))
        filled.update({name: ... for name, value in changes.items() if value is ...})
        token = signing.sign(signing.claims(**filled))
        assert refused(signing, visitor, token) == "invalid_request_object", changes


def test_an_object_may_name_several_providers_and_need_not_name_any(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    for changes in (
        {"aud": [provider.issuer, "https://elders.example"]},
        {"aud": ..., "iss": ..., "exp": ...},
        {"response_type": ..., "client_id": ...},
        {"sub": "somebody"},
    ):
        page = visitor.get(signing.address(signing.sign(signing.claims(**changes))))
        assert "login-next" in page.ids, changes


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"7", b"null", b'{"a":1,"a":2}', b'{"max_age":NaN}', b"\xff"]
)
def test_OA_09_what_can_be_read_in_two_ways_is_read_in_none(
    visitor: Visitor, signing: SigningClient, payload: bytes
) -> None:
    assert refused(signing, visitor, signing.sign(payload)) == "invalid_request_object"


def test_OA_09_two_requests_are_none(provider: Provider, visitor: Visitor, signing: SigningClient) -> None:
    token = signing.sign(signing.claims())
    address = signing.address(token, redirect_uri=signing.rp.redirect_uri)
    for more in (
        f"&request={token}",
        "&request_uri=https://oefenapp.example/r",
        "&request=x",
        "&scope=openid",
    ):
        assert error_at(signing, visitor.get(address + more)) == "invalid_request"


def test_OA_18_a_client_assertion_is_no_request(provider: Provider, visitor: Visitor) -> None:
    """RFC 9101 section 10.8: what was signed to prove who asks must not ask anything."""
    signing = SigningClient(provider, require_signed_request_object=True)
    now = int(provider.clock().timestamp())
    assertion = {"iss": "oefenapp", "sub": "oefenapp", "aud": provider.issuer, "exp": now + 60, "jti": "a"}
    token = signing.sign(assertion, typ="JWT")
    assert refused(signing, visitor, token) == "invalid_request_object"


def test_OA_18_an_object_of_another_application_is_nothing_here(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    """Both have the same key, as a supplier with two applications may: then what it says of itself decides."""
    other = SigningClient(provider, client_id="andere")
    token = signing.sign(signing.claims())
    assert refused(other, visitor, token) == "invalid_request_object"


def test_OA_20_an_object_with_a_name_is_good_once(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    token = signing.sign(signing.claims(jti="j-1"))
    assert "login-next" in visitor.get(signing.address(token)).ids
    assert refused(signing, visitor, token) == "invalid_request_object"
    other = SigningClient(provider, client_id="andere")
    assert "login-next" in visitor.get(other.address(other.sign(other.claims(jti="j-1")))).ids
    nameless = signing.sign(signing.claims())
    for _ in range(2):
        assert "login-next" in visitor.get(signing.address(nameless)).ids


def test_a_client_that_signs_its_requests_is_never_asked_without(
    provider: Provider, visitor: Visitor
) -> None:
    """RFC 9101 section 6.3 and 10.5: nothing counts but what was signed, so nobody can add to it."""
    signing = SigningClient(provider, require_signed_request_object=True)
    asked = signing.rp.ask()
    assert error_at(signing, visitor.get(asked.url)) == "invalid_request"
    for missing in ("client_id", "response_type", "redirect_uri", "scope", "code_challenge"):
        token = signing.sign(signing.claims(**{missing: ...}))
        page = visitor.get(signing.address(token, **{missing: "code"} if missing == "response_type" else {}))
        assert page.left_for is None or "error=" in page.left_for, missing
        assert page.left_for is not None or page.status == 400, missing
    token = signing.sign(signing.claims(state=..., prompt="none"))
    page = visitor.get(signing.address(token, state="added", prompt="login", response_mode="fragment"))
    assert page.left_for is not None
    answer = signing.rp.answer(page.left_for)
    assert (answer["error"], "state" in answer, "?" in page.left_for) == ("login_required", False, True)


# By reference


def registered(provider: Provider, application: Application, **registration: Any) -> SigningClient:
    """A client that registered an address for its requests, with and without the digest of what stands there."""
    place = f"{application.origin}/request.jwt"
    signing = SigningClient(provider, request_uris=[place], **registration)
    application.page = signing.sign(signing.claims(exp=..., verifier=VERIFIER)).encode()
    fragment = digest_of(application.page)
    return SigningClient(provider, request_uris=[place, f"{place}#{fragment}"], **registration)


def digest_of(document: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(document).digest()).rstrip(b"=").decode()


def test_oidcc_request_uri_signed_rs256(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    signing, pupil = registered(provider, application), provider.people.pupil()
    place = f"{application.origin}/request.jwt"
    visitor.get(signing.address(request_uri=f"{place}#{digest_of(application.page)}"))
    page = sign_in(visitor, pupil)
    assert page.left_for is not None
    answer = signing.rp.answer(page.left_for)
    assert signing.rp.try_exchange(answer["code"], VERIFIER).status_code == 200
    page = visitor.get(signing.address(request_uri=place))
    assert page.left_for is not None
    assert "code" in signing.rp.answer(page.left_for), "an address can be used again"
    assert set(application.opened) == {"/request.jwt"}, "the digest is for us"


def test_OA_23_an_address_that_was_not_registered_is_refused_without_a_look(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    signing = registered(provider, application)
    place = f"{application.origin}/request.jwt"
    for address in (
        f"{place}?x=1",
        f"{place}/",
        f"{place}#",
        f"{place}#{'A' * 43}",
        f"{application.origin}/other.jwt",
        f"{application.origin}//request.jwt",
        f"{application.origin}/./request.jwt",
        place.replace("127.0.0.1", "localhost"),
        place.upper(),
        f"{place} ",
        f" {place}",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "https://oefenapp.example/request.jwt",
        "data:,x",
        "urn:ietf:params:oauth:other:x",
        "x" * 9000,
    ):
        page = visitor.get(signing.address(request_uri=address, redirect_uri=signing.rp.redirect_uri))
        assert error_at(signing, page) == "request_uri_not_supported", address
    assert application.opened == []


def test_an_address_with_a_digest_holds_that_very_document(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    signing = registered(provider, application)
    digest = digest_of(application.page)
    application.page = signing.sign(signing.claims(exp=...)).encode()
    place = f"{application.origin}/request.jwt#{digest}"
    page = visitor.get(signing.address(request_uri=place, redirect_uri=signing.rp.redirect_uri))
    assert error_at(signing, page) == "invalid_request_uri"


@pytest.mark.parametrize("status", [404, 302, 500])
def test_OA_26_nothing_at_the_address_tells_nothing_more(
    provider: Provider, visitor: Visitor, application: Application, status: int
) -> None:
    signing = registered(provider, application)
    application.status = status
    place = f"{application.origin}/request.jwt"
    page = visitor.get(signing.address(request_uri=place, redirect_uri=signing.rp.redirect_uri))
    assert error_at(signing, page) == "invalid_request_uri"
    assert application.opened == ["/request.jwt"]


def test_OA_14_what_stands_there_must_be_signed_too(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    signing = registered(provider, application)
    place = f"{application.origin}/request.jwt"
    for page_there in (
        f"{encoded({'alg': 'none'})}.{encoded(signing.claims())}.".encode(),
        b"<h1>",
        b"\xff\xfe",
    ):
        application.page = page_there
        page = visitor.get(signing.address(request_uri=place, redirect_uri=signing.rp.redirect_uri))
        assert error_at(signing, page) == "invalid_request_object"
        provider.clock.move(minutes=3)


def test_OA_25_an_address_is_visited_once_however_many_ask(
    provider: Provider, visitor: Visitor, application: Application
) -> None:
    signing = registered(provider, application)
    for _ in range(5):
        visitor.get(signing.address(request_uri=f"{application.origin}/request.jwt"))
    assert len(application.opened) == 1


def test_the_challenge_inside_binds_the_code(
    provider: Provider, visitor: Visitor, signing: SigningClient
) -> None:
    """OA-07: a challenge that somebody adds outside does not replace the one that was signed."""
    through(visitor, provider.people.pupil(), signing.rp)
    token = signing.sign(signing.claims(verifier=VERIFIER))
    mine = challenge("m" * 43)
    page = visitor.get(signing.address(token, code_challenge=mine, code_challenge_method="S256"))
    assert page.left_for is not None
    code = signing.rp.answer(page.left_for)["code"]
    assert signing.rp.try_exchange(code, "m" * 43).status_code == 400
    assert signing.rp.try_exchange(code, VERIFIER).status_code == 200
