"""Whom the API doesn't open for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import update

from idp.accounts.records import Account
from idp.authentication.records import BrowserSession
from idp.tokens.records import AccessToken, GrantFamily
from tests.api.tokens import token_for
from tests.portals.desks import Desks, finish_login

PATHS = ["/api/me", "/api/me/applications"]


def ask(desks: Desks, path: str, **headers: str) -> requests.Response:
    return requests.get(desks.provider.issuer + path, headers=headers, timeout=10)


def assert_problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["foutnummer"] == answer.headers["X-Request-Id"]
    return told


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_there_is_a_challenge_without_an_error(desks: Desks, path: str) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}):
        answer = ask(desks, path, **headers)
        assert_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="leerid"'


@pytest.mark.parametrize("path", PATHS)
def test_OA_18_what_is_no_access_token_opens_nothing(desks: Desks, path: str) -> None:
    good = token_for(desks, desks.provider.people.pupil("basic", school=2))
    for wrong in ("x", good[:-1], good + "A", good.swapcase(), f"{good} {good}", "é", "A" * 10_000):
        answer = ask(desks, path, Authorization=f"Bearer {wrong}".encode().decode("latin-1"))
        assert_problem(answer, 401)
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_in_the_address_is_not_read(desks: Desks) -> None:
    good = token_for(desks, desks.provider.people.pupil("basic", school=2))
    assert_problem(ask(desks, f"/api/me?access_token={good}"), 401)


@pytest.mark.parametrize("path", PATHS)
def test_OA_56_CV_26_an_applications_token_opens_nothing_here(desks: Desks, path: str) -> None:
    rp = desks.provider.relying_party()
    asked = rp.ask(scope="openid profile leerid")
    visitor = desks.visitor()
    page = finish_login(visitor, desks.provider.people.pupil("basic", school=2), visitor.get(asked.url))
    assert page.left_for is not None
    token = rp.exchange(rp.code(page.left_for, asked), asked).access_token
    answer = ask(desks, path, Authorization=f"Bearer {token}")
    assert_problem(answer, 403)
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_OA_56_CV_26_the_school_desks_token_does_not_open_the_pupils_dashboard(desks: Desks) -> None:
    token = token_for(desks, desks.provider.people.staff(school=2), "schoolloket")
    answer = ask(desks, "/api/me/applications", Authorization=f"Bearer {token}")
    assert_problem(answer, 403)
    assert 'scope="leerid:self"' in answer.headers["WWW-Authenticate"]


def test_CV_07_a_desk_that_is_no_longer_registered_opens_nothing(desks: Desks) -> None:
    token = token_for(desks, desks.provider.people.pupil("basic", school=2))
    desks.provider.unregister("leerlingloket")
    assert_problem(ask(desks, "/api/me", Authorization=f"Bearer {token}"), 403)


@pytest.mark.parametrize(
    "what", ["blocked", "renewed", "inactive", "session ended", "grant revoked", "token revoked"]
)
def test_CV_07_what_ended_is_refused_at_once(desks: Desks, what: str) -> None:
    pupil = desks.provider.people.pupil("basic", school=2)
    token = token_for(desks, pupil)
    now = desks.provider.clock()
    account = update(Account).where(Account.id == pupil.account_id)
    with desks.provider.db() as db:
        match what:
            case "blocked":
                db.execute(account.values(blocked_at=now))
            case "renewed":
                db.execute(account.values(sign_ins_count_from=now))
            case "inactive":
                db.execute(account.values(active_until=now.date() - timedelta(days=2)))
            case "session ended":
                db.execute(update(BrowserSession).values(ended_at=now))
            case "grant revoked":
                db.execute(update(GrantFamily).values(revoked_at=now))
            case "token revoked":
                db.execute(update(AccessToken).values(revoked_at=now))
    assert_problem(ask(desks, "/api/me", Authorization=f"Bearer {token}"), 401)


def test_CV_39_an_expired_token_is_refused(desks: Desks) -> None:
    token = token_for(desks, desks.provider.people.pupil("basic", school=2))
    desks.provider.clock.move(seconds=desks.provider.settings.tokens.access_seconds + 1)
    assert_problem(ask(desks, "/api/me", Authorization=f"Bearer {token}"), 401)


def test_what_is_not_there_is_a_problem_as_well(desks: Desks) -> None:
    told = assert_problem(ask(desks, "/api/nothing"), 404)
    assert told["type"] == "urn:leerid:problem:not-found"


def test_OA_45_CV_44_no_other_site_may_read_an_answer(desks: Desks) -> None:
    answer = ask(desks, "/api/me", Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in answer.headers
