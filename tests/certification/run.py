"""One module of the certification: an application, a browser without JavaScript, and somebody who signs in.

What the certification checks in passing, in every module, is checked here.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from tests.certification.houses import CLAIMS, SCOPES
from tests.certification.plans import Plan
from tests.support.browser import Page, Visitor, origin
from tests.support.https import SecureProvider
from tests.support.people import Made
from tests.support.relying_party import Asked, RelyingParty

IN_AN_ERROR = {"error", "error_description", "error_uri", "state", "session_state", "iss"}
NO_PKCE = {"code_challenge": None, "code_challenge_method": None}
SECRET_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
OLDEST_ID_TOKEN = 300
numbers = itertools.count(1)


def certification_client(house: SecureProvider, plan: Plan, **registration: Any) -> RelyingParty:
    """What a certification registers: no PKCE, a secret, every standard claim."""
    rp = house.relying_party(
        f"keuring{next(numbers)}",
        **{
            "pkce": "optional",
            "scope": f"openid {' '.join(SCOPES)} offline_access",
            "claims": dict.fromkeys(CLAIMS, "Om te keuren"),
            "response_types": [plan.response_type],
            "grant_types": plan.grant_types,
            **registration,
        },
    )
    check_provider(rp)
    return rp


def check_provider(rp: RelyingParty) -> None:
    """Discovery and the keys, as every module looks at them first."""
    answer = rp.http.get(f"{rp.issuer}/.well-known/openid-configuration")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["issuer"] == rp.issuer
    keys = rp.http.get(rp.metadata["jwks_uri"]).json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert not SECRET_MEMBERS & key.keys()
        assert key["kty"] in ("RSA", "EC", "OKP")
        assert key["use"] == "sig"
        assert key["alg"] in rp.metadata["id_token_signing_alg_values_supported"]


@dataclass(frozen=True)
class Flow:
    """What one authorization gave: the answer, what the code bought, and the claims of each ID token."""

    asked: Asked
    answer: dict[str, str]
    bought: dict[str, Any]
    claims_of_each: list[dict[str, Any]] = field(repr=False)

    @property
    def claims(self) -> dict[str, Any]:
        return self.claims_of_each[-1]

    @property
    def id_token(self) -> str:
        return str(self.bought.get("id_token") or self.answer["id_token"])

    @property
    def access_token(self) -> str:
        return str(self.bought.get("access_token") or self.answer["access_token"])


class Run:
    def __init__(
        self, house: SecureProvider, plan: Plan, rp: RelyingParty, browser: Visitor, pupil: Made
    ) -> None:
        self.house, self.plan, self.rp, self.browser, self.pupil = house, plan, rp, browser, pupil

    # There

    def ask(self, **parameters: str | None) -> Asked:
        wanted = {"response_type": self.plan.response_type, "response_mode": self.plan.mode, **NO_PKCE}
        return self.rp.ask(**{**wanted, **parameters})

    def visit(self, **parameters: str | None) -> tuple[Page, Asked]:
        """The request in the browser, and where that led."""
        asked = self.ask(**parameters)
        return self.browser.get(asked.url), asked

    def is_sign_in(self, page: Page) -> bool:
        return page.left_for is None and bool({"login-next", "login-submit"} & page.ids)

    def sign_in(self, page: Page) -> Page:
        """From the sign-in page on, until an answer comes."""
        assert self.is_sign_in(page), f"{page.status} {page.url}: {page.text[:300]}"
        if "login-next" in page.ids:
            self.browser.submit(button="login-next", username=self.pupil.username)
        return self.allow(self.browser.submit(button="login-submit", password=self.pupil.password))

    def allow(self, page: Page) -> Page:
        if page.left_for is None and "consent-allow" in page.ids:
            return self.browser.submit(button="consent-allow")
        return page

    # Back

    def travelled(self, page: Page) -> tuple[str, dict[str, str]]:
        """How an answer came, and what it is. Nothing is in the query unless all of it is."""
        if page.left_for is not None:
            assert page.left_for.split("?")[0].split("#")[0] == self.rp.redirect_uri, page.left_for
            parts = urlsplit(page.left_for)
            assert not (parts.query and parts.fragment)
            return ("fragment" if parts.fragment else "query"), once(parts.fragment or parts.query)
        form = page.form()
        assert form.action == self.rp.redirect_uri, f"{page.status} {page.url}: {page.text[:300]}"
        assert form.method == "POST"
        assert form.attributes.get("enctype", "application/x-www-form-urlencoded") in (
            "application/x-www-form-urlencoded"
        )
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=", page.html), "inline script"
        policy = page.headers["Content-Security-Policy"]
        assert f"form-action 'self' {origin(self.rp.redirect_uri)}" in policy
        assert form.buttons, "no button for a browser without scripts"
        return "form_post", form.fields

    def answer_of(self, page: Page, asked: Asked) -> dict[str, str]:
        how, answer = self.travelled(page)
        assert how == self.plan.travels_by
        assert answer.get("state") == (asked.state or None)
        assert answer["iss"] == self.rp.issuer
        return answer

    def refusal(self, page: Page, asked: Asked) -> str:
        """The error that the application got, with nothing beside it."""
        how, answer = self.travelled(page)
        assert answer.get("state") == asked.state
        assert answer["iss"] == self.rp.issuer
        assert answer.keys() <= IN_AN_ERROR
        if "response_type=" in asked.url:
            assert how == self.plan.travels_by
        elif self.plan.mode:
            assert how == self.plan.mode
        return answer["error"]

    # The whole way

    def answered(self, **parameters: str | None) -> tuple[dict[str, str], Asked]:
        """An answer, with a sign-in where one is asked."""
        page, asked = self.visit(**parameters)
        if self.is_sign_in(page):
            page = self.sign_in(page)
        answer = self.answer_of(self.allow(page), asked)
        assert "error" not in answer, answer
        return answer, asked

    def happy(self, **parameters: str | None) -> Flow:
        answer, asked = self.answered(**parameters)
        return self.complete(answer, asked)

    def silent(self, **parameters: str | None) -> Flow:
        """Without any page on the way."""
        page, asked = self.visit(**parameters)
        answer = self.answer_of(page, asked)
        assert "error" not in answer, answer
        return self.complete(answer, asked)

    def complete(self, answer: dict[str, str], asked: Asked, verifier: str | None = None) -> Flow:
        """Buys with the code, if there is one, and checks all that came."""
        self.check_front(answer)
        bought: dict[str, Any] = {}
        if "code" in self.plan.words:
            assert len(answer["code"]) >= 43  # 256 bits
            bought = self.buy(answer["code"], verifier)
        id_tokens = [each["id_token"] for each in (answer, bought) if "id_token" in each]
        claims = [self.check_id_token(each, asked) for each in id_tokens]
        if "id_token" in answer:
            check_hash(claims[0], "at_hash", answer.get("access_token"))
            check_hash(claims[0], "c_hash", answer.get("code"))
        assert len({each["sub"] for each in claims}) == 1
        return Flow(asked, answer, bought, claims)

    def check_front(self, answer: dict[str, str]) -> None:
        """Exactly what was asked for comes from the authorization endpoint."""
        given = {"code": "code", "id_token": "id_token", "token": "access_token"}
        wanted = {given[word] for word in self.plan.words}
        if "token" in self.plan.words:
            assert answer["token_type"] == "Bearer"
            assert int(answer["expires_in"]) > 0
            wanted |= {"token_type", "expires_in"}
        assert answer.keys() - {"state", "iss", "session_state", "scope"} == wanted

    def buy(self, code: str, verifier: str | None = None) -> dict[str, Any]:
        answer = self.rp.try_exchange(code, verifier)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        bought: dict[str, Any] = answer.json()
        assert bought["token_type"].lower() == "bearer"
        assert isinstance(bought["expires_in"], int)
        return bought

    def check_id_token(self, id_token: str, asked: Asked) -> dict[str, Any]:
        claims = self.rp.verify(id_token, asked.nonce or None)
        assert self.house.clock().timestamp() - claims["iat"] < OLDEST_ID_TOKEN
        assert claims["aud"] == self.rp.client_id
        assert claims["sub"].isascii()
        assert 0 < len(claims["sub"]) <= 255
        assert isinstance(claims["acr"], str)
        assert claims["acr"]
        assert jwt.get_unverified_header(id_token)["alg"] != "none"
        return claims

    def userinfo(self, flow: Flow) -> dict[str, Any]:
        answer = self.rp.userinfo(flow.access_token)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        found: dict[str, Any] = answer.json()
        assert found["sub"] == flow.claims["sub"]
        return found

    def known(self, flow: Flow) -> dict[str, Any]:
        """What the application knows of the person: from userinfo, or from the ID token where there is nothing else.

        Only there may it be in an ID token (OIDC Core 5.4).
        """
        if not self.plan.gives_access_token:
            return {name: value for name, value in flow.claims.items() if name in CLAIMS}
        for each in flow.claims_of_each:
            assert not each.keys() & set(CLAIMS)
        return {name: value for name, value in self.userinfo(flow).items() if name != "sub"}


def once(encoded: str) -> dict[str, str]:
    pairs = parse_qsl(encoded, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs), f"a parameter came twice: {encoded}"
    return dict(pairs)


def check_hash(claims: dict[str, Any], name: str, of: str | None) -> None:
    """OIDC Core 3.3.2.11: the left half of the hash, when there is something to hash."""
    if of is None:
        assert name not in claims
        return
    half = hashlib.sha256(of.encode("ascii")).digest()[:16]
    assert claims[name] == base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii")


def is_error_page(page: Page) -> bool:
    """A page of our own, and nothing that leads anywhere."""
    return page.status == 400 and page.left_for is None and not page.history
