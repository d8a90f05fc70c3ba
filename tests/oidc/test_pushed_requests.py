"""RFC 9126: an application brings its request itself, and a browser picks it up once."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from idp.oidc.device import guessing
from idp.oidc.records import PushedRequest
from idp.tokens.records import AuthorizationCode
from tests.oidc.handed_out import error_of
from tests.oidc.node import two_nodes
from tests.oidc.roads import error, sign_in, through
from tests.oidc.signing_client import SigningClient
from tests.oidc.test_parallel import AT_ONCE, ROUNDS
from tests.support.browser import Page, Visitor, parameters
from tests.support.provider import Provider
from tests.support.relying_party import Asked, RelyingParty, basic, challenge
from tests.support.statements import counted, verbs

PREFIX = "urn:ietf:params:oauth:request_uri:"
VERIFIER = "v" * 43


@pytest.fixture
def rp(provider: Provider) -> RelyingParty:
    return provider.relying_party()


def push(rp: RelyingParty, asked: Asked | None = None, **more: str | None) -> requests.Response:
    """Brings what `ask` would have sent through a browser."""
    wanted: dict[str, str | None] = {**parameters((asked or rp.ask()).url), **more}
    return rp.post(rp.metadata["pushed_authorization_request_endpoint"], **wanted)


def pushed(rp: RelyingParty, asked: Asked | None = None, **more: str | None) -> str:
    answer = push(rp, asked, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_uri"])


def address(rp: RelyingParty, request_uri: str, **more: str) -> str:
    bare = dict.fromkeys(
        (
            *("response_type", "redirect_uri", "scope", "state", "nonce"),
            *("code_challenge", "code_challenge_method"),
        )
    )
    return rp.ask(**{**bare, "request_uri": request_uri, **more}).url


def is_gone(page: Page) -> bool:
    return page.status == 400 and page.left_for is None and "Deze stap is al gedaan" in page.text


# What works


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_a_pushed_request_goes_all_the_way(provider: Provider, visitor: Visitor, method: str) -> None:
    rp, pupil = provider.relying_party(token_endpoint_auth_method=method), provider.people.pupil()
    asked = rp.ask(scope="openid profile")
    answer = push(rp, asked)
    assert (answer.status_code, answer.headers["Content-Type"]) == (201, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"request_uri", "expires_in"}
    assert answer.json()["expires_in"] == 60
    assert answer.json()["request_uri"].startswith(PREFIX)
    assert len(answer.json()["request_uri"].removeprefix(PREFIX)) == 43
    visitor.get(address(rp, answer.json()["request_uri"]))
    page = sign_in(visitor, pupil)
    assert page.left_for is not None
    tokens = rp.exchange(rp.code(page.left_for, asked), asked)
    assert rp.verify(tokens.id_token, asked.nonce)["sub"]


def test_what_stands_beside_the_address_counts_for_nothing(
    provider: Provider, visitor: Visitor, rp: RelyingParty
) -> None:
    through(visitor, provider.people.pupil(), rp)
    asked = rp.ask()
    outside = {
        "state": "other",
        "redirect_uri": "https://evil.example/",
        "response_type": "token",
        "response_mode": "fragment",
        "prompt": "login",
        "scope": "nonsense",
    }
    page = visitor.get(address(rp, pushed(rp, asked), **outside))
    assert page.left_for is not None
    assert "?" in page.left_for
    rp.code(page.left_for, asked)


def test_a_post_picks_it_up_as_well(provider: Provider, visitor: Visitor, rp: RelyingParty) -> None:
    asked = rp.ask()
    form = {"client_id": rp.client_id, "request_uri": pushed(rp, asked)}
    visitor.post(f"{provider.issuer}/authorize", form)
    page = sign_in(visitor, provider.people.pupil())
    assert page.left_for is not None
    rp.code(page.left_for, asked)
    assert is_gone(visitor.get(address(rp, form["request_uri"])))


def test_a_slow_typist_has_the_whole_hour(provider: Provider, visitor: Visitor, rp: RelyingParty) -> None:
    """The minute is for the browser to get here; from then on the request waits for its user like any other."""
    pupil, asked = provider.people.pupil(), rp.ask()
    visitor.get(address(rp, pushed(rp, asked)))
    visitor.submit(button="login-next", username=pupil.username)
    provider.clock.move(minutes=30)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.left_for is not None
    rp.code(page.left_for, asked)


def test_max_age_counts_from_when_the_browser_came(
    provider: Provider, visitor: Visitor, rp: RelyingParty
) -> None:
    pupil = provider.people.pupil()
    asked = rp.ask(prompt="login")
    number = pushed(rp, asked)
    provider.clock.move(seconds=30)
    through(visitor, pupil, rp)
    provider.clock.move(seconds=5)
    assert "login-submit" in visitor.get(address(rp, number)).ids, "that sign-in was before the browser came"


def test_a_signed_object_may_be_pushed_and_then_it_alone_counts(provider: Provider, visitor: Visitor) -> None:
    """RFC 9126 section 3."""
    signing = SigningClient(provider, require_signed_request_object=True)
    through_object = signing.sign(signing.claims(verifier=VERIFIER, jti="1"))
    number = pushed(signing.rp, request=through_object, state="outside", nonce="outside")
    visitor.get(address(signing.rp, number))
    page = sign_in(visitor, provider.people.pupil())
    assert page.left_for is not None
    answer = signing.rp.answer(page.left_for)
    assert answer["state"] == "from inside"
    tokens = signing.rp.try_exchange(answer["code"], VERIFIER).json()
    assert signing.rp.verify(tokens["id_token"], "nonce-inside")["sub"]
    for missing in ("client_id", "redirect_uri", "response_type", "code_challenge"):
        refused = push(signing.rp, request=signing.sign(signing.claims(**{missing: ...})))
        of_object = missing == "client_id"  # RFC 9101 section 5: it must say whose it is
        assert error_of(refused) == ("invalid_request_object" if of_object else "invalid_request"), missing
    assert error_of(push(signing.rp, request=through_object)) == "invalid_request_object", "its jti was used"
    assert error_of(push(signing.rp)) == "invalid_request", "this client signs what it asks"


def test_dpop_jkt_and_resource_are_kept_with_the_rest(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party(resources=["https://api.example"])
    number = pushed(rp, dpop_jkt="k" * 43, resource="https://api.example")
    visitor.get(address(rp, number))
    page = sign_in(visitor, provider.people.pupil())
    assert page.left_for is not None
    with provider.reading() as db:
        assert db.scalars(select(AuthorizationCode.jkt)).all() == ["k" * 43]


# par-attempt-…


def test_par_attempt_reuse_request_uri(provider: Provider, visitor: Visitor, rp: RelyingParty) -> None:
    through(visitor, provider.people.pupil(), rp)
    asked = rp.ask()
    number = pushed(rp, asked)
    page = visitor.get(address(rp, number))
    assert page.left_for is not None
    rp.code(page.left_for, asked)
    for again in (visitor, Visitor(provider.issuer)):
        assert is_gone(again.get(address(rp, number)))
    page = visitor.get(address(rp, number, redirect_uri=rp.redirect_uri, state="s"))
    assert page.left_for is not None
    assert rp.answer(page.left_for)["error"] == "invalid_request_uri"
    page = visitor.get(address(rp, number, redirect_uri="https://evil.example/"))
    assert (page.status, page.left_for) == (400, None)


def test_it_is_spent_by_an_error_and_by_a_sign_in_that_never_came(
    provider: Provider, visitor: Visitor, rp: RelyingParty
) -> None:
    silent, asked = rp.ask(prompt="none"), rp.ask()
    for each in (silent, asked):
        number = pushed(rp, each)
        page = visitor.get(address(rp, number))
        assert "login-next" in page.ids or error(rp, page, silent) == "login_required"
        assert is_gone(visitor.get(address(rp, number)))


def test_par_attempt_to_use_expired_request_uri(
    provider: Provider, visitor: Visitor, rp: RelyingParty
) -> None:
    number = pushed(rp)
    provider.clock.move(seconds=59)
    late = pushed(rp)
    provider.clock.move(seconds=2)
    assert is_gone(visitor.get(address(rp, number)))
    assert "login-next" in visitor.get(address(rp, late)).ids


def test_par_attempt_to_use_request_uri_for_different_client(
    provider: Provider, visitor: Visitor, rp: RelyingParty
) -> None:
    """Nor is it burnt by the attempt."""
    other = provider.relying_party("andere")
    number = pushed(rp)
    assert is_gone(visitor.get(address(other, number)))
    page = visitor.get(address(other, number, redirect_uri=other.redirect_uri, state="s"))
    assert page.left_for is not None
    assert page.left_for.startswith(other.redirect_uri)
    assert other.answer(page.left_for)["error"] == "invalid_request_uri"
    assert visitor.get(address(rp, number, client_id="nobody")).status == 400
    assert "login-next" in visitor.get(address(rp, number)).ids


@pytest.mark.parametrize(
    "number",
    [
        PREFIX,
        PREFIX + "x",
        PREFIX + "A" * 43,
        PREFIX + "A" * 44,
        PREFIX + "A" * 100_000,
        PREFIX + "../" * 14 + "A",
        PREFIX + "' or 1=1 --" + "A" * 32,
        PREFIX + PREFIX,
    ],
    ids=lambda each: each[-30:],
)
def test_a_made_up_number_is_nothing(provider: Provider, rp: RelyingParty, number: str) -> None:
    form = {"client_id": rp.client_id, "request_uri": number}
    answer = provider.app.test_client().post("/authorize", data=form, base_url=provider.issuer)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_OA_18_no_other_value_of_ours_is_a_pushed_request(
    provider: Provider, visitor: Visitor, rp: RelyingParty
) -> None:
    left_for, asked = through(visitor, provider.people.pupil(), rp, scope="openid offline_access")
    code = rp.code(left_for, asked)
    tokens = rp.exchange(code, asked)
    assert tokens.refresh_token is not None
    for value in (code, tokens.access_token, tokens.refresh_token, tokens.id_token):
        for number in (PREFIX + value, value):
            page = visitor.get(address(rp, number))
            assert (page.status, page.left_for) == (400, None)
    number = pushed(rp)
    for value in (number, number.removeprefix(PREFIX)):
        assert error_of(rp.try_exchange(value, asked.verifier)) == "invalid_grant"
        assert error_of(rp.try_refresh(value)) == "invalid_grant"
        assert rp.userinfo(value).status_code in (400, 401)
        assert rp.introspect(value).json() == {"active": False}
        page = visitor.get(rp.ask(prompt="none", id_token_hint=value).url)
        assert page.left_for is not None
        assert "error=invalid_request" in page.left_for


def test_two_request_addresses_are_none(visitor: Visitor, rp: RelyingParty) -> None:
    """OA-09: neither of them is picked up."""
    first, second = pushed(rp), pushed(rp)
    page = visitor.get(f"{address(rp, first)}&request_uri={second}")
    assert (page.status, page.left_for) == (400, None)
    page = visitor.get(f"{address(rp, first)}&request=e30.e30.e30")
    assert (page.status, page.left_for) == (400, None)
    assert "login-next" in visitor.get(address(rp, first)).ids


def test_OA_29_CV_32_after_it_is_picked_up_it_belongs_to_that_browser(
    provider: Provider, visitor: Visitor, new_visitor: Any, rp: RelyingParty
) -> None:
    visitor.get(address(rp, pushed(rp)))
    page = sign_in(visitor, provider.people.pupil())
    resumed = next(each.url for each in page.history if "/authorize/resume/" in each.url)
    assert new_visitor().get(resumed).status == 400


# par-ensure-…: what is refused before it gets an address


REFUSED: list[tuple[str, dict[str, str | None]]] = [
    ("invalid_request", {"response_type": None}),
    ("unsupported_response_type", {"response_type": "token"}),
    ("unsupported_response_type", {"response_type": "code id_token"}),
    ("invalid_request", {"redirect_uri": None}),
    ("invalid_request", {"redirect_uri": "https://evil.example/"}),
    ("invalid_request", {"code_challenge": None, "code_challenge_method": None}),
    ("invalid_request", {"code_challenge_method": "plain"}),
    ("invalid_request", {"code_challenge_method": None}),
    ("invalid_request", {"response_mode": "web_message"}),
    ("invalid_request", {"request_uri": PREFIX + "A" * 43}),
    ("invalid_request", {"request_uri": "https://oefenapp.example/request"}),
    ("request_not_supported", {"request": "eyJhbGciOiJub25lIn0.e30."}),
    ("invalid_request_object", {"request": "x"}),
    ("registration_not_supported", {"registration": "{}"}),
    ("invalid_scope", {"scope": None}),
    ("invalid_scope", {"scope": "profile"}),
    ("invalid_request", {"prompt": "none login"}),
    ("invalid_request", {"max_age": "x"}),
    ("invalid_request", {"claims": "{"}),
    ("invalid_request", {"state": "a\x00b"}),
    ("invalid_request", {"nonce": "n" * 2001}),
    ("invalid_request", {"id_token_hint": "x.y.z"}),
    ("invalid_target", {"resource": "https://elsewhere.example"}),
    ("invalid_request", {"dpop_jkt": "x"}),
]


@pytest.mark.parametrize(("code", "wrong"), REFUSED, ids=lambda each: str(each)[:60])
def test_OA_07_what_authorize_would_refuse_gets_no_address(
    provider: Provider, rp: RelyingParty, code: str, wrong: dict[str, str | None]
) -> None:
    answer = push(rp, None, **wrong)
    assert error_of(answer) == code
    assert "Location" not in answer.headers
    with provider.reading() as db:
        assert db.scalar(select(func.count()).select_from(PushedRequest)) == 0


def test_only_the_application_itself_may_push(provider: Provider, rp: RelyingParty) -> None:
    assert rp.secret is not None
    endpoint, form = f"{provider.issuer}/par", parameters(rp.ask().url)
    other = provider.relying_party("andere")
    assert other.secret is not None
    for authorization in (None, basic(rp.client_id, "x"), basic("nobody", rp.secret), "Bearer x"):
        headers = {"Authorization": authorization} if authorization else {}
        answer = requests.post(endpoint, data=form, headers=headers, timeout=10)
        assert error_of(answer, 401) == "invalid_client"
    answer = requests.post(endpoint, data=form, auth=(other.client_id, other.secret), timeout=10)
    assert error_of(answer, 401) == "invalid_client", "and not for another"
    both = {**form, "client_secret": rp.secret}
    answer = requests.post(endpoint, data=both, auth=(rp.client_id, rp.secret), timeout=10)
    assert error_of(answer, 401) == "invalid_client"


def test_its_proof_is_not_kept_with_the_request(provider: Provider) -> None:
    rp = provider.relying_party(token_endpoint_auth_method="client_secret_post")
    pushed(rp, username="x", client_assertion=None)
    with provider.reading() as db:
        kept = db.scalars(select(PushedRequest)).one()
    assert set(kept.parameters) == set(parameters(rp.ask().url))
    assert rp.secret is not None
    assert rp.secret not in str(kept.parameters)


def test_who_proved_who_it_is_need_not_say_it_again(visitor: Visitor, rp: RelyingParty) -> None:
    number = pushed(rp, client_id=None)
    assert "login-next" in visitor.get(address(rp, number)).ids
    assert error_of(push(rp, client_id="andere"), 401) == "invalid_client"


def test_OA_09_only_a_form_counts_and_each_parameter_once(rp: RelyingParty) -> None:
    assert rp.secret is not None
    endpoint, form = f"{rp.issuer}/par", parameters(rp.ask().url)
    auth = (rp.client_id, rp.secret)
    twice = [*form.items(), ("scope", "openid")]
    assert error_of(requests.post(endpoint, data=twice, auth=auth, timeout=10)) == "invalid_request"
    in_query = requests.post(f"{endpoint}?prompt=login", data=form, auth=auth, timeout=10)
    assert error_of(in_query) == "invalid_request"
    assert error_of(requests.post(endpoint, json=form, auth=auth, timeout=10)) == "invalid_request"
    large = {**form, "x": "x" * 70_000}
    assert error_of(requests.post(endpoint, data=large, auth=auth, timeout=10), 413) == "invalid_request"
    for method in ("GET", "PUT", "DELETE"):
        answer = requests.request(method, endpoint, params=form, auth=auth, timeout=10)
        assert error_of(answer, 405) == "invalid_request"


def test_a_client_that_pushes_its_requests_is_not_asked_otherwise(
    provider: Provider, visitor: Visitor
) -> None:
    rp = provider.relying_party(
        require_pushed_authorization_requests=True, request_uris=["https://oefenapp.example/request"]
    )
    asked = rp.ask()
    assert error(rp, visitor.get(asked.url), asked) == "invalid_request"
    asked = rp.ask(request_uri="https://oefenapp.example/request")
    assert error(rp, visitor.get(asked.url), asked) == "invalid_request"
    assert "login-next" in visitor.get(address(rp, pushed(rp))).ids


def test_OA_01_a_registration_that_changed_meanwhile_counts(provider: Provider, visitor: Visitor) -> None:
    """What was good when it was pushed is looked at again when it is picked up."""
    rp = provider.relying_party()
    number = pushed(rp)
    provider.relying_party(redirect_uris=["https://oefenapp.example/moved"])
    page = visitor.get(address(rp, number))
    assert (page.status, page.left_for) == (400, None)


def test_ensure_authorization_request_with_long_state_and_nonce(
    provider: Provider, visitor: Visitor, rp: RelyingParty
) -> None:
    through(visitor, provider.people.pupil(), rp)
    asked = rp.ask(state="s" * 1000, nonce="n" * 1000)
    page = visitor.get(address(rp, pushed(rp, asked)))
    assert page.left_for is not None
    tokens = rp.exchange(rp.code(page.left_for, asked), asked)
    assert rp.verify(tokens.id_token, asked.nonce)


def test_incorrect_pkce_code_verifier_rejected(
    provider: Provider, visitor: Visitor, rp: RelyingParty
) -> None:
    through(visitor, provider.people.pupil(), rp)
    asked = rp.ask(code_challenge=challenge(VERIFIER))
    page = visitor.get(address(rp, pushed(rp, asked)))
    assert page.left_for is not None
    code = rp.code(page.left_for, asked)
    assert error_of(rp.try_exchange(code, "w" * 43)) == "invalid_grant"
    assert rp.try_exchange(code, VERIFIER).status_code == 200


def test_what_it_costs(provider: Provider, visitor: Visitor, rp: RelyingParty) -> None:
    """One row to keep; and to pick it up, one look and one taking beside what every request takes."""
    through(visitor, provider.people.pupil(), rp)
    asked = rp.ask()
    with counted(provider.engine) as pushing:
        number = pushed(rp, asked)
    with counted(provider.engine) as plain:
        visitor.get(rp.ask().url)
    with counted(provider.engine) as picking_up:
        visitor.get(address(rp, number))
    assert verbs(pushing) == ["INSERT"]
    more = verbs(picking_up)
    for each in verbs(plain):
        more.remove(each)
    assert more == ["SELECT", "DELETE"]


# DPoP (RFC 9449 section 10.1)

KEY = ec.generate_private_key(ec.SECP256R1())


def thumbprint(jwk: dict[str, Any]) -> str:
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def proof(rp: RelyingParty, nonce: str | None, **changes: Any) -> str:
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    claims = {
        "htm": "POST",
        "htu": f"{rp.issuer}/par",
        "iat": int(rp.clock().timestamp()),
        "jti": secrets.token_urlsafe(16),
        **({"nonce": nonce} if nonce is not None else {}),
        **changes,
    }
    return jwt.encode(claims, KEY, algorithm="ES256", headers={"typ": "dpop+jwt", "jwk": jwk})


def push_with(rp: RelyingParty, *proofs: str, **more: str | None) -> requests.Response:
    assert rp.secret is not None
    form = {name: value for name, value in {**parameters(rp.ask().url), **more}.items() if value is not None}
    answer = requests.Request("POST", f"{rp.issuer}/par", data=form, auth=(rp.client_id, rp.secret)).prepare()
    for each in proofs:
        answer.headers["DPoP"] = ", ".join(filter(None, (answer.headers.get("DPoP"), each)))
    with requests.Session() as http:
        return http.send(answer, timeout=10)


def test_ensure_mismatched_dpop_jkt_fails(provider: Provider, visitor: Visitor, rp: RelyingParty) -> None:
    through(visitor, provider.people.pupil(), rp)
    own = thumbprint(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True))
    first = push_with(rp, proof(rp, None))
    assert error_of(first) == "use_dpop_nonce"
    nonce = first.headers["DPoP-Nonce"]
    good = proof(rp, nonce)
    for jkt in (None, own):
        page = visitor.get(address(rp, push_with(rp, proof(rp, nonce), dpop_jkt=jkt).json()["request_uri"]))
        assert page.left_for is not None
        assert "code=" in page.left_for
    with provider.reading() as db:
        assert sorted(each or "" for each in db.scalars(select(AuthorizationCode.jkt))) == ["", own, own]
    assert push_with(rp, good).status_code == 201
    for proofs, more in (
        ((good,), {}),  # once
        ((proof(rp, nonce),), {"dpop_jkt": "k" * 43}),
        ((proof(rp, nonce, htu=f"{rp.issuer}/token"),), {}),
        ((proof(rp, nonce, htm="GET"),), {}),
        ((proof(rp, nonce), proof(rp, nonce)), {}),
        (("x",), {}),
    ):
        assert error_of(push_with(rp, *proofs, **more)) == "invalid_dpop_proof"


def test_who_only_looks_at_a_link_uses_nothing_up(provider: Provider, rp: RelyingParty) -> None:
    """A messenger that previews an address, say."""
    where = address(rp, pushed(rp))
    assert requests.head(where, allow_redirects=False, timeout=5).status_code == 200
    assert requests.get(where, allow_redirects=False, timeout=5).status_code == 303


def test_who_proves_nothing_pushes_no_more_than_a_large_school(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    rp = provider.relying_party("openbaar", token_endpoint_auth_method="none")
    monkeypatch.setattr(guessing, "ASKED_BY_NETWORK", 3)
    assert [push(rp).status_code for _ in range(5)] == [201, 201, 201, 429, 429]


# Twenty at once, over two processes


@pytest.fixture
def nodes(provider: Provider, rp: RelyingParty, tmp_path: Path) -> Iterator[list[str]]:
    with two_nodes(provider, tmp_path) as addresses:
        yield addresses


def test_OA_23_of_twenty_browsers_over_two_processes_one_picks_it_up(
    provider: Provider, visitor: Visitor, rp: RelyingParty, nodes: list[str]
) -> None:
    """All of them are signed in, so whoever wins gets a code: exactly one each round. Of refusals too one is heard."""
    through(visitor, provider.people.pupil(), rp)
    crowd = Crowd(nodes, "; ".join(f"{each.name}={each.value}" for each in visitor.http.cookies))
    for _ in range(ROUNDS):
        crowd.picks_up(address(rp, pushed(rp)).removeprefix(provider.issuer))
    with provider.reading() as db:
        assert db.scalar(select(func.count()).select_from(AuthorizationCode)) == ROUNDS + 1
        assert db.scalar(select(func.count()).select_from(PushedRequest)) == 0
    strangers = Crowd(nodes, "")
    for _ in range(5):
        silent = pushed(rp, rp.ask(prompt="none"))
        strangers.picks_up(address(rp, silent).removeprefix(provider.issuer))


class Crowd:
    """Twenty browsers with the same cookies, half of them at each node."""

    def __init__(self, nodes: list[str], cookies: str) -> None:
        self.nodes = nodes
        self.browsers = [requests.Session() for _ in range(AT_ONCE)]
        for browser in self.browsers:
            browser.headers["Cookie"] = cookies

    def picks_up(self, path: str) -> None:
        """One goes on, and the others get a page; nobody is told that it is busy."""
        start = threading.Barrier(AT_ONCE)

        def one(which: int) -> int:
            start.wait()
            url = self.nodes[which % 2] + path
            return self.browsers[which].get(url, allow_redirects=False, timeout=60).status_code

        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert sorted(pool.map(one, range(AT_ONCE))) == [303, *[400] * (AT_ONCE - 1)]


def test_an_address_can_not_be_guessed_and_is_not_kept(provider: Provider, rp: RelyingParty) -> None:
    numbers = {pushed(rp).removeprefix(PREFIX) for _ in range(20)}
    assert len(numbers) == 20
    with provider.reading() as db:
        kept = db.scalars(select(PushedRequest)).all()
    assert not numbers & {each.digest for each in kept}
    assert {each.expires_at - each.created_at for each in kept} == {timedelta(seconds=60)}
