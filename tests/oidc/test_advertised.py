"""OA-67: what discovery tells works, each value of it; and what it doesn't tell is refused when somebody asks for it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import jwt
import pytest
import requests
from sqlalchemy import func, select

from idp.accounts.records import Person
from idp.oidc.dynamic import initial_tokens
from idp.oidc.protocol import CLAIMS_OF_SCOPE, PERSON_CLAIMS, PROTOCOL_CLAIMS
from idp.oidc.records import LogoutNotice
from tests.oidc.boards import GRANT, on_board, say_yes, start
from tests.oidc.roads import through
from tests.oidc.signing_client import KEYS, SigningClient, encoded, public_jwk
from tests.support.browser import Visitor, parameters
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.proving import Prover
from tests.support.relying_party import Asked, RelyingParty, Tokens, read_tokens

LEGACY_GRANTS = ["authorization_code", "refresh_token", "implicit"]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
OTHERS = {
    "middle_name": "Jozef", "nickname": "Ardi", "profile": "https://school.example/a", "picture": "https://school.example/a.png",
    "website": "https://a.example", "zoneinfo": "Europe/Brussels", "locale": "nl-BE", "address": {"country": "BE"},
    "phone_number": "+32 2 000 00 00", "phone_number_verified": True,
}  # fmt: skip


@dataclass
class Walk:
    """Somebody signed in, and as many applications as are needed."""

    provider: Provider
    told: dict[str, Any]
    visitor: Visitor
    pupil: Made
    made: int = 0

    def name(self) -> str:
        self.made += 1
        return f"walk{self.made}"

    def rp(self, **registration: Any) -> RelyingParty:
        return self.provider.relying_party(self.name(), **registration)

    def signing(self, alg: str, **registration: Any) -> SigningClient:
        return SigningClient(self.provider, alg, self.name(), **registration)

    def answer(self, rp: RelyingParty, **parameters: str | None) -> tuple[dict[str, str], Asked]:
        """What comes back without a question, because somebody is signed in."""
        asked = rp.ask(**parameters)
        page = self.visitor.get(asked.url)
        assert page.left_for is not None, f"{page.status} {page.url} {page.text[:200]}"
        return rp.answer(page.left_for, asked), asked

    def tokens(self, rp: RelyingParty, **parameters: str | None) -> Tokens:
        answer, asked = self.answer(rp, **parameters)
        assert "code" in answer, answer
        return rp.exchange(answer["code"], asked)


Step = Callable[[Walk, Any], None]
WALKS: dict[str, Step] = {}


def walks(*members: str) -> Callable[[Step], Step]:
    def add(step: Step) -> Step:
        WALKS.update(dict.fromkeys(members, step))
        return step

    return add


@pytest.fixture
def walk(open_provider: Callable[..., Provider], new_visitor: Callable[..., Visitor]) -> Walk:
    provider = open_provider(clients={"legacy_flows": True}, registration={"enabled": True})
    pupil = provider.people.pupil("advanced", email="an@example.be", school=123456, class_code="3A")
    with provider.db() as db:
        person = db.get_one(Person, pupil.person_id)
        person.other_claims, person.sex, person.birth_date = OTHERS, "M", date(2010, 6, 11)
    visitor = new_visitor(provider.origin)
    rp = provider.relying_party("first")
    through(visitor, pupil, rp)
    return Walk(provider, rp.metadata, visitor, pupil)


def test_OA_67_nothing_is_told_that_is_not_tried_here(walk: Walk) -> None:
    assert set(walk.told) == set(WALKS)


def test_OA_67_each_value_that_is_told_works(walk: Walk) -> None:
    wrong = []
    for member, value in walk.told.items():
        try:
            WALKS[member](walk, value)
        except (AssertionError, KeyError) as error:
            wrong.append(f"{member}: {type(error).__name__} {str(error)[:300]}")
    assert wrong == []


# Addresses


@walks("issuer")
def says_who_it_is(walk: Walk, issuer: str) -> None:
    assert walk.answer(walk.rp())[0]["iss"] == issuer


@walks("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
def used_by_every_sign_in(walk: Walk, _address: str) -> None:
    rp = walk.rp()
    tokens = walk.tokens(rp)
    assert rp.verify(tokens.id_token)["sub"] == rp.userinfo(tokens.access_token).json()["sub"]


@walks("registration_endpoint")
def registers(walk: Walk, address: str) -> None:
    with walk.provider.db() as db:
        now = walk.provider.clock()
        token = initial_tokens.make(db, "walk", now, now + timedelta(hours=1))
    said = {"redirect_uris": ["https://zelf.example/callback"], "client_name": "Zelfgemaakt"}
    bearer = {"Authorization": f"Bearer {token}"}
    answer = requests.post(address, json=said, headers=bearer, timeout=10)
    assert answer.status_code == 201, answer.text


@walks("pushed_authorization_request_endpoint")
def takes_pushed_requests(walk: Walk, _address: str) -> None:
    rp = walk.rp(require_pushed_authorization_requests=True)
    assert "code" in bring(walk, rp)


def bring(walk: Walk, rp: RelyingParty) -> dict[str, str]:
    asked = rp.ask()
    answer = rp.post(walk.told["pushed_authorization_request_endpoint"], **parameters(asked.url))
    assert answer.status_code == 201, answer.text
    address = f"{walk.told['authorization_endpoint']}?client_id={rp.client_id}&request_uri={answer.json()['request_uri']}"
    left_for = walk.visitor.get(address).left_for
    assert left_for is not None
    return rp.answer(left_for, asked)


@walks("device_authorization_endpoint")
def signs_in_on_a_device(walk: Walk, _address: str) -> None:
    board = start(on_board(walk.provider))
    say_yes(Visitor(walk.provider.origin), board, walk.pupil)
    assert board.rp.verify(read_tokens(board.ask()).id_token)["sub"]


@walks("end_session_endpoint")
def signs_out(walk: Walk, address: str) -> None:
    rp = walk.rp(post_logout_redirect_uris=["https://oefenapp.example/bye"])
    visitor = Visitor(walk.provider.origin)
    left_for, asked = through(visitor, walk.pupil, rp)
    hint = rp.exchange(rp.code(left_for, asked), asked).id_token
    page = visitor.get(
        f"{address}?id_token_hint={hint}&post_logout_redirect_uri=https://oefenapp.example/bye&state=s"
    )
    assert page.left_for == "https://oefenapp.example/bye?state=s"


@walks("revocation_endpoint")
def revokes(walk: Walk, _address: str) -> None:
    rp = walk.rp()
    tokens = walk.tokens(rp)
    assert rp.revoke(tokens.access_token).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 401


@walks("introspection_endpoint")
def introspects(walk: Walk, _address: str) -> None:
    rp = walk.rp()
    assert rp.introspect(walk.tokens(rp).access_token).json()["active"] is True


@walks("check_session_iframe")
def tells_the_session_state(walk: Walk, address: str) -> None:
    assert requests.get(address, timeout=10).status_code == 200
    assert walk.answer(walk.rp())[0]["session_state"]


@walks("service_documentation")
def explains_itself(walk: Walk, address: str) -> None:
    assert "Sign pupils in" in requests.get(address, timeout=10).text


# Scopes, claims, subjects


@walks("scopes_supported")
def gives_each_scope(walk: Walk, scopes: list[str]) -> None:
    rp = walk.rp(scope=" ".join(scopes))
    tokens = walk.tokens(rp, scope=" ".join(scopes), prompt=None)
    assert set(tokens.raw["scope"].split()) == set(scopes)


@walks("claims_supported", "claim_types_supported")
def gives_each_claim(walk: Walk, told: list[str]) -> None:
    assert told == ["normal"] or set(told) == {*PROTOCOL_CLAIMS, *PERSON_CLAIMS}
    scope = " ".join(("openid", *CLAIMS_OF_SCOPE))
    rp = walk.rp(scope=scope, claims=dict.fromkeys(PERSON_CLAIMS, "Om te tonen"))
    tokens = walk.tokens(rp, scope=scope)
    assert set(PROTOCOL_CLAIMS) <= set(rp.verify(tokens.id_token))
    assert set(PERSON_CLAIMS) <= set(rp.userinfo(tokens.access_token).json())


@walks("claims_parameter_supported")
def reads_the_claims_parameter(walk: Walk, _yes: bool) -> None:
    rp = walk.rp(claims={"given_name": "Om je te begroeten"})
    tokens = walk.tokens(rp, claims=json.dumps({"id_token": {"given_name": None}}))
    assert rp.verify(tokens.id_token)["given_name"] == walk.pupil.given_name


@walks("subject_types_supported")
def names_people_both_ways(walk: Walk, kinds: list[str]) -> None:
    found = {}
    for kind in kinds:
        rp = walk.rp(subject_type=kind)
        found[kind] = rp.verify(walk.tokens(rp).id_token)["sub"]
    with walk.provider.reading() as db:
        assert found["public"] == db.get_one(Person, walk.pupil.person_id).subject
    assert found["pairwise"] != found["public"]


@walks("acr_values_supported")
def knows_each_acr(walk: Walk, values: list[str]) -> None:
    reached = values.index("urn:leerid:acr:password")
    for at, acr in enumerate(values):
        if at <= reached:
            rp = walk.rp()
            assert rp.verify(walk.tokens(rp, acr_values=acr).id_token)["acr"] in values[at:]
        else:  # for staff only: a pupil hears that on a page, and the application when its person goes back
            page = walk.visitor.get(walk.rp(minimum_acr=acr).ask().url)
            assert page.left_for is None


# Response types, modes, grants


@walks("response_types_supported")
def answers_in_each_way(walk: Walk, types: list[str]) -> None:
    rp = walk.rp(response_types=types, grant_types=LEGACY_GRANTS)
    brings = {"code": "code", "id_token": "id_token", "token": "access_token"}
    for each in types:
        answer, _ = walk.answer(rp, response_type=each)
        assert {brings[word] for word in each.split()} <= answer.keys(), each


@walks("response_modes_supported")
def answers_by_each_road(walk: Walk, modes: list[str]) -> None:
    rp = walk.rp()
    for mode in modes:
        asked = rp.ask(response_mode=mode)
        page = walk.visitor.get(asked.url)
        if mode == "form_post":
            form = page.form()
            assert form.action == rp.redirect_uri
            assert form.fields["iss"] == walk.provider.issuer
        else:
            assert page.left_for is not None
            assert ("#" in page.left_for) == (mode == "fragment")
            assert rp.code(page.left_for, asked)


@walks("grant_types_supported")
def gives_tokens_for_each_grant(walk: Walk, grants: list[str]) -> None:
    tried: dict[str, Callable[[], object]] = {
        "authorization_code": lambda: walk.tokens(walk.rp()),
        "refresh_token": lambda: refreshed(walk),
        "client_credentials": lambda: for_itself(walk),
        "implicit": lambda: answers_in_each_way(walk, ["id_token token"]),
        GRANT: lambda: None,  # device_authorization_endpoint
    }
    assert set(grants) == set(tried)
    for grant in grants:
        tried[grant]()


def refreshed(walk: Walk) -> None:
    rp = walk.rp()
    assert rp.refresh(walk.tokens(rp, scope="openid offline_access")).access_token


def for_itself(walk: Walk) -> None:
    rp = walk.rp(
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
        resources=["https://api.example/"],
    )
    answer = rp.token(grant_type="client_credentials", resource="https://api.example/")
    assert answer.status_code == 200, answer.text


@walks("code_challenge_methods_supported")
def binds_codes_by_each_method(walk: Walk, methods: list[str]) -> None:
    assert methods == ["S256"]
    rp = walk.rp()
    answer, asked = walk.answer(rp)
    assert rp.try_exchange(answer["code"], "w" * 43).json()["error"] == "invalid_grant"
    assert walk.tokens(rp).access_token
    assert (
        walk.answer(rp, code_challenge=asked.verifier, code_challenge_method="plain")[0]["error"]
        == "invalid_request"
    )


# Signatures


@walks("id_token_signing_alg_values_supported")
def signs_id_tokens_with_each(walk: Walk, algorithms: list[str]) -> None:
    for alg in algorithms:
        rp = walk.rp(id_token_signed_response_alg=alg)
        id_token = walk.tokens(rp).id_token
        assert rp.verify(id_token)
        assert jwt.get_unverified_header(id_token)["alg"] == alg


@walks("userinfo_signing_alg_values_supported")
def signs_userinfo_with_each(walk: Walk, algorithms: list[str]) -> None:
    for alg in algorithms:
        rp = walk.rp(userinfo_signed_response_alg=alg)
        answer = rp.userinfo(walk.tokens(rp).access_token)
        assert answer.headers["Content-Type"] == "application/jwt"
        assert jwt.get_unverified_header(answer.text)["alg"] == alg


@walks("request_object_signing_alg_values_supported", "request_parameter_supported")
def reads_requests_signed_with_each(walk: Walk, told: Any) -> None:
    for alg in told if isinstance(told, list) else ["ES256"]:
        signing = walk.signing(alg, request_object_signing_alg=alg)
        inside = signing.sign(signing.claims())
        left_for = walk.visitor.get(signing.address(inside)).left_for
        assert left_for is not None
        assert "code=" in left_for, left_for
        assert "state=from+inside" in left_for.replace("%20", "+")


@walks("request_uri_parameter_supported")
def takes_requests_by_their_address(walk: Walk, _yes: bool) -> None:
    takes_pushed_requests(walk, "")  # one that an application keeps itself: test_request_objects.py


@walks("require_request_uri_registration")
def fetches_nothing_that_is_not_registered(walk: Walk, _yes: bool) -> None:
    answer, _ = walk.answer(walk.rp(), request_uri="https://elsewhere.example/request.jwt")
    assert answer["error"] == "request_uri_not_supported"


@walks("require_pushed_authorization_requests")
def takes_requests_from_the_browser(walk: Walk, required: bool) -> None:
    assert required is False
    assert "code" in walk.answer(walk.rp())[0]


@walks("dpop_signing_alg_values_supported")
def binds_tokens_to_keys_of_each(walk: Walk, algorithms: list[str]) -> None:
    for alg in algorithms:
        rp, prover = walk.rp(), Prover(walk.provider.clock, alg)
        answer, asked = walk.answer(rp)
        tokens = read_tokens(
            prover.token(
                rp,
                grant_type="authorization_code",
                code=answer["code"],
                redirect_uri=rp.redirect_uri,
                code_verifier=asked.verifier,
            )
        )
        assert tokens.raw["token_type"] == "DPoP"
        assert prover.userinfo(rp, tokens.access_token).status_code == 200
        assert rp.userinfo(tokens.access_token).status_code == 401


# Client authentication


@walks("token_endpoint_auth_methods_supported")
def believes_each_method(walk: Walk, methods: list[str]) -> None:
    for method in methods:
        if method != "private_key_jwt":
            assert walk.tokens(walk.rp(token_endpoint_auth_method=method)).access_token, method
    assert "private_key_jwt" in methods
    believes_signatures_of_each(walk, ["RS256"])


@walks("token_endpoint_auth_signing_alg_values_supported")
def believes_signatures_of_each(walk: Walk, algorithms: list[str]) -> None:
    for alg in algorithms:
        rp = proving_by_key(walk, alg)
        answer, asked = walk.answer(rp)
        assert rp.exchange(answer["code"], asked, **proof(walk, rp, alg)).id_token


def proving_by_key(walk: Walk, alg: str) -> RelyingParty:
    return walk.rp(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg=alg,
        jwks={"keys": [public_jwk(KEYS[alg], alg, alg)]},
    )


def proof(walk: Walk, rp: RelyingParty, alg: str) -> dict[str, str]:
    now = int(walk.provider.clock().timestamp())
    claims = {"iss": rp.client_id, "sub": rp.client_id, "aud": rp.issuer, "iat": now, "exp": now + 60}
    claims["jti"] = secrets.token_urlsafe(16)
    return {
        "client_assertion_type": ASSERTION,
        "client_assertion": jwt.encode(claims, KEYS[alg], alg, headers={"kid": alg}),
    }


@walks(
    *("revocation_endpoint_auth_methods_supported", "introspection_endpoint_auth_methods_supported"),
    *(
        "revocation_endpoint_auth_signing_alg_values_supported",
        "introspection_endpoint_auth_signing_alg_values_supported",
    ),
)
def believes_the_same_beside_the_token_endpoint(walk: Walk, told: list[str]) -> None:
    for each in told:
        alg = each if each in KEYS else "RS256"
        by_key = each in KEYS or each == "private_key_jwt"
        rp = proving_by_key(walk, alg) if by_key else walk.rp(token_endpoint_auth_method=each)

        def more(rp: RelyingParty = rp, alg: str = alg, by_key: bool = by_key) -> dict[str, str]:
            return proof(walk, rp, alg) if by_key else {}

        answer, asked = walk.answer(rp)
        token = rp.exchange(answer["code"], asked, **more()).access_token
        if each != "none":
            assert rp.introspect(token, **more()).json()["active"] is True, each
        assert rp.revoke(token, **more()).status_code == 200, each


# What an application may ask


@walks("prompt_values_supported")
def knows_each_prompt(walk: Walk, values: list[str]) -> None:
    for prompt in values:
        page = walk.visitor.get(walk.rp().ask(prompt=prompt).url)
        if prompt == "none":
            assert page.left_for is not None
            assert "code=" in page.left_for
        else:
            assert page.left_for is None, prompt
            assert page.status == 200, prompt


@walks("display_values_supported", "ui_locales_supported")
def accepts_each(walk: Walk, values: list[str]) -> None:
    for value in values:
        name = "display" if value in walk.told["display_values_supported"] else "ui_locales"
        assert "code" in walk.answer(walk.rp(), **{name: value})[0], value
    if "fr" in values:
        assert 'lang="fr"' in Visitor(walk.provider.origin).get(walk.rp().ask(ui_locales="fr").url).html


@walks("authorization_response_iss_parameter_supported")
def says_so_in_errors_too(walk: Walk, _yes: bool) -> None:
    assert walk.answer(walk.rp(), scope="profile")[0]["iss"] == walk.provider.issuer


@walks(
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
    *("frontchannel_logout_supported", "frontchannel_logout_session_supported"),
)
def tells_applications(walk: Walk, _yes: bool) -> None:
    rp = walk.rp(
        backchannel_logout_uri="https://oefenapp.example/backchannel",
        frontchannel_logout_uri=f"https://walk{walk.made + 1}.example/frontchannel",
        frontchannel_logout_session_required=True,
    )
    visitor = Visitor(walk.provider.origin)
    left_for, asked = through(visitor, walk.pupil, rp)
    hint = rp.exchange(rp.code(left_for, asked), asked).id_token
    page = visitor.get(f"{walk.told['end_session_endpoint']}?id_token_hint={hint}")
    sid = rp.verify(hint)["sid"]
    assert "frontchannel" in page.html
    with walk.provider.reading() as db:
        counted = select(func.count()).select_from(LogoutNotice).where(LogoutNotice.sid == sid)
        assert db.scalar(counted)


# What isn't told


@pytest.mark.parametrize(
    "grant",
    [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:uma-ticket",
        "urn:openid:params:grant-type:ciba",
        "Authorization_Code",
    ],
)
def test_OA_67_no_other_grant(provider: Provider, grant: str) -> None:
    rp = provider.relying_party()
    assert grant not in rp.metadata["grant_types_supported"]
    answer = rp.token(grant_type=grant, username="jan", password="x", assertion="a.b.c", subject_token="x")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"response_mode": "jwt"}, "invalid_request"),
        ({"response_mode": "query.jwt"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"request": f"{encoded({'alg': 'none'})}.{encoded({})}."}, "request_not_supported"),
        ({"request_uri": "https://elsewhere.example/r"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"resource": "https://elsewhere.example/"}, "invalid_target"),
    ],
)
def test_OA_67_nothing_else_at_the_authorization_endpoint(
    provider: Provider, visitor: Visitor, wanted: dict[str, str | None], error: str
) -> None:
    rp = provider.relying_party()
    asked = rp.ask(**wanted)
    page = visitor.get(asked.url)
    if "response_mode" in wanted and page.left_for is None:
        assert page.status == 400  # not known how to answer: a page
        return
    assert page.left_for is not None, page.text[:200]
    assert rp.answer(page.left_for, asked)["error"] == error


@pytest.mark.parametrize("alg", ["none", "HS256", "RS384", "RS512", "PS256", "ES384", "ES512", "ES256K"])
def test_OA_67_OA_14_OA_15_no_other_algorithm_can_be_registered(provider: Provider, alg: str) -> None:
    for member in (
        "id_token_signed_response_alg",
        "userinfo_signed_response_alg",
        "request_object_signing_alg",
    ):
        provider.relying_party(**{member: alg})
        answer = requests.get(provider.relying_party("andere").ask(client_id="oefenapp").url, timeout=10)
        assert answer.status_code == 400, "a registration that is refused registers nobody"
    told = {name: value for name, value in document(provider).items() if "_alg_" in name}
    assert all(alg not in value for value in told.values())


@pytest.mark.parametrize("method", ["client_secret_jwt", "tls_client_auth", "self_signed_tls_client_auth"])
def test_OA_67_no_other_client_authentication_can_be_registered(provider: Provider, method: str) -> None:
    provider.relying_party(token_endpoint_auth_method=method)
    answer = requests.get(provider.relying_party("andere").ask(client_id="oefenapp").url, timeout=10)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/register",
        "/bc-authorize",
        "/backchannel_authentication",
        "/.well-known/webfinger",
        "/.well-known/openid-federation",
    ],
)
def test_OA_67_no_other_address(provider: Provider, path: str) -> None:
    for method in ("GET", "POST"):
        answer = requests.request(method, f"{provider.issuer}{path}", timeout=10)
        assert answer.status_code == 404


def test_OA_67_without_its_switch_nothing_is_told_of_it(provider: Provider) -> None:
    told = document(provider)
    assert told["response_types_supported"] == ["code"]
    assert "implicit" not in told["grant_types_supported"]
    assert "registration_endpoint" not in told


def document(provider: Provider) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(
        f"{provider.issuer}/.well-known/openid-configuration", timeout=10
    ).json()
    return found
