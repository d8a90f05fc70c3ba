"""Where somebody is signed in, ending it there, and "Dit was ik niet": only one's own, and dead at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from idp.accounts import links
from idp.accounts.links import Purpose
from idp.accounts.records import Account, AuditEvent
from idp.authentication.records import BrowserSession, KnownDevice
from idp.oidc.records import LogoutNotice
from tests.api.staff import Caller, nobody, signed_in
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider

SCHOOL = 2
LONG = timedelta(hours=12)


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced", school=SCHOOL, email="amelie@post.example")


def listed(caller: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.told("/api/me/sign-ins")["sign_ins"]
    return found


def alive(*callers: Caller) -> list[bool]:
    return [caller.get("/api/me").status_code == 200 for caller in callers]


def happened(provider: Provider, what: str) -> list[dict[str, Any]]:
    with provider.reading() as db:
        return list(db.scalars(select(AuditEvent.detail).where(AuditEvent.what == what)))


def test_PR_12_each_sign_in_is_listed_and_this_one_comes_first(provider: Provider, pupil: Made) -> None:
    here = signed_in(provider, pupil, "leerid:self")
    provider.clock.move(minutes=2)
    there = signed_in(provider, pupil, "leerid:self")
    for caller in (here, there):
        found = listed(caller)
        assert [each["this_one"] for each in found] == [True, False]
        assert len({each["ref"] for each in found}) == 2
    assert listed(here)[0]["since"] < listed(there)[0]["since"]
    signed_in(provider, provider.people.pupil("basic", school=SCHOOL), "leerid:self")
    assert len(listed(here)) == 2, "one's own only"


def test_OA_57_a_reference_is_no_digest_and_opens_nothing(provider: Provider, pupil: Made) -> None:
    here = signed_in(provider, pupil, "leerid:self")
    answer = here.get("/api/me/sign-ins")
    with provider.reading() as db:
        (session,) = db.scalars(select(BrowserSession))
        for kept in (session.digest, session.cookie_digest, session.sid_seed):
            assert kept not in answer.text
            assert listed(here)[0]["ref"] not in kept


def test_a_sign_in_elsewhere_ends_at_once_and_its_applications_are_told(
    provider: Provider, pupil: Made
) -> None:
    here = signed_in(provider, pupil, "leerid:self")
    there, application, token = elsewhere(provider, pupil)
    assert userinfo(application, token) == 200
    (other,) = [each for each in listed(here) if not each["this_one"]]
    assert here.ask("DELETE", f"/api/me/sign-ins/{other['ref']}").status_code == 204
    assert userinfo(application, token) == 401
    assert alive(here) == [True]
    assert [each["this_one"] for each in listed(here)] == [True]
    with provider.reading() as db:
        assert db.scalars(select(LogoutNotice.client_id)).all() == ["rekenapp"]
    assert happened(provider, "account:session-ended") == [{"count": 1}]
    assert here.ask("DELETE", f"/api/me/sign-ins/{other['ref']}").status_code == 404, "it ended already"
    there.close()


def test_OA_54_nobody_ends_a_sign_in_of_somebody_else(provider: Provider, pupil: Made) -> None:
    here = signed_in(provider, pupil, "leerid:self")
    bully = signed_in(provider, provider.people.pupil("advanced", school=SCHOOL), "leerid:self")
    ref = listed(here)[0]["ref"]
    for who, name, status in (
        (bully, ref, 404),
        (bully, "0" * 32, 404),
        (bully, "\u00e9", 404),
        (nobody(provider), ref, 401),
    ):
        assert who.ask("DELETE", f"/api/me/sign-ins/{name}").status_code == status
    assert bully.post("/api/me/sign-ins/end-others").status_code == 204
    assert alive(here, bully) == [True, True]


def test_all_the_others_end_together_and_this_one_stays(provider: Provider, pupil: Made) -> None:
    here, *others = (signed_in(provider, pupil, "leerid:self") for _ in range(3))
    assert here.post("/api/me/sign-ins/end-others").status_code == 204
    assert alive(here, *others) == [True, False, False]
    assert happened(provider, "account:session-ended") == [{"count": 2}]
    assert here.post("/api/me/sign-ins/end-others").status_code == 204
    assert len(happened(provider, "account:session-ended")) == 1, "nothing ended, so nothing happened"


def test_PW_29_not_me_ends_everything_that_began_before(provider: Provider, pupil: Made) -> None:
    """Here too: sign-ins, tokens that outlive them, mailed links, browsers that were known. And the school sees it."""
    there, application, token = elsewhere(provider, pupil)
    here = signed_in(provider, pupil, "leerid:self")
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        mailed = links.make(db, Purpose.VERIFY_EMAIL, account, "x@post.example", provider.clock(), LONG)
    provider.clock.move(seconds=1)
    assert here.post("/api/me/not-me").status_code == 204
    assert alive(here) == [False]
    assert userinfo(application, token) == 401
    asked = application.ask(prompt="none")
    assert "login_required" in str(there.get(asked.url).left_for), "and that browser is signed out"
    with provider.reading() as db:
        account = db.get_one(Account, pupil.account_id)
        assert account.not_me_at is not None
        assert account.sealed_secret is not None, "the password is the pupil's to change, or the school's"
        assert links.look(db, Purpose.VERIFY_EMAIL, mailed, provider.clock()) is None
        assert not db.scalar(select(func.count()).select_from(KnownDevice))
        assert db.scalars(select(LogoutNotice.client_id)).all() == ["rekenapp"]
        assert db.scalars(select(BrowserSession).where(BrowserSession.ended_at.is_(None))).all() == []
    assert happened(provider, "account:not-me") == [{}]
    there.close()


def test_after_not_me_the_pupil_signs_in_anew(provider: Provider, pupil: Made) -> None:
    assert signed_in(provider, pupil, "leerid:self").post("/api/me/not-me").status_code == 204
    provider.clock.move(seconds=1)
    assert alive(signed_in(provider, pupil, "leerid:self")) == [True]


def elsewhere(provider: Provider, pupil: Made) -> tuple[Visitor, Any, str]:
    """Another browser, in which an application was opened that works on without it."""
    application = provider.relying_party(
        "rekenapp",
        backchannel_logout_uri="https://rekenapp.example/logout",
        grant_types=["authorization_code", "refresh_token"],
    )
    visitor = Visitor(provider.origin)
    asked = application.ask(scope="openid")
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.left_for is not None, page.text
    token = application.exchange(application.code(page.left_for, asked), asked).access_token
    return visitor, application, token


def userinfo(application: Any, token: str) -> int:
    answer: requests.Response = application.userinfo(token)
    return answer.status_code
