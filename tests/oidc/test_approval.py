"""What an application gets is shown before it gets it: once, to the person, in this browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from idp.accounts.records import Account
from idp.tokens import approvals
from idp.tokens.records import Approval
from tests.oidc.roads import error, sign_in, told
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import Asked, RelyingParty

CLAIMS = {"given_name": "Om je te begroeten", "school": "Om de juiste oefeningen te kiezen"}


def application(provider: Provider, approval: str, **registration: Any) -> RelyingParty:
    return provider.relying_party(approval=approval, **{"claims": CLAIMS, **registration})


def first_visit(
    visitor: Visitor, pupil: Made, rp: RelyingParty, **parameters: str | None
) -> tuple[Page, Asked]:
    asked = rp.ask(**{"scope": "openid profile leerid", **parameters})
    visitor.get(asked.url)
    return sign_in(visitor, pupil), asked


def again(visitor: Visitor, rp: RelyingParty, **parameters: str | None) -> tuple[Page, Asked]:
    asked = rp.ask(**{"scope": "openid profile leerid", **parameters})
    return visitor.get(asked.url), asked


def test_PR_12_a_notice_says_what_the_application_gets_and_why(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(given_name="Amélie"), application(provider, "notice")
    page, asked = first_visit(visitor, pupil, rp)
    assert page.left_for is None
    for words in (
        "Je voornaam",
        "Om je te begroeten",
        "Je school",
        "Om de juiste oefeningen te kiezen",
        "Amélie",
    ):
        assert words in page.text
    page = visitor.submit(button="consent-allow")
    assert page.left_for is not None
    assert told(rp, page.left_for, asked)["sub"]


def test_PR_20_a_notice_is_shown_once_and_again_for_a_new_claim(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), application(provider, "notice")
    first_visit(visitor, pupil, rp)
    visitor.submit(button="consent-allow")
    page, asked = again(visitor, rp)
    assert page.left_for is not None
    rp.code(page.left_for, asked)
    rp = application(provider, "notice", claims={**CLAIMS, "class": "Om je klas te tonen"})
    page, asked = again(visitor, rp)
    assert "Je klas" in page.text
    page = visitor.submit(button="consent-allow")
    assert page.left_for is not None
    rp.code(page.left_for, asked)
    assert again(visitor, rp)[0].left_for is not None


@pytest.mark.parametrize("policy", ["none", "notice", "consent"])
def test_PR_20_whoever_ends_an_application_sees_the_notice_again(
    provider: Provider, visitor: Visitor, policy: str
) -> None:
    """Also of one that their school chose, and that told nothing the first time."""
    pupil, rp = provider.people.pupil(), application(provider, policy)
    page, _ = first_visit(visitor, pupil, rp)
    if page.left_for is None:
        visitor.submit(button="consent-allow")
    with provider.db() as db:
        approvals.withdraw(db, pupil.account_id, rp.client_id, provider.clock())
    assert again(visitor, rp)[0].left_for is None
    assert visitor.submit(button="consent-allow").left_for is not None
    assert again(visitor, rp)[0].left_for is not None


def test_saying_no_is_told_to_the_application(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil()
    for policy in ("notice", "consent"):
        rp = application(provider, policy)
        asked = rp.ask()
        visitor.get(asked.url)
        if visitor.cookie("leerid_session") is None:
            sign_in(visitor, pupil)
        assert error(rp, visitor.submit(button="consent-deny"), asked) == "access_denied"
    with provider.reading() as db:
        assert db.scalars(select(Approval)).all() == []


def test_OA_29_CV_32_another_browser_can_not_answer(
    provider: Provider, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    victim, thief = provider.people.pupil(), provider.people.pupil()
    rp = application(provider, "consent")
    page, _ = first_visit(visitor, victim, rp)
    other = new_visitor()
    first_visit(other, thief, rp)
    assert other.get(page.url).status == 400
    answer = other.post(page.url, {**page.form("consent-allow").fields, "answer": "allow"})
    assert (answer.status, answer.left_for) == (403, None), "the token of a form is for one browser"


def test_OA_29_CV_32_an_approval_page_can_not_be_answered_twice(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), application(provider, "consent")
    page, _ = first_visit(visitor, pupil, rp)
    form = page.form("consent-allow")
    assert visitor.submit(button="consent-allow").left_for is not None
    again_posted = visitor.post(
        page.url, {**form.fields, "answer": "allow"}, headers={"Origin": provider.issuer}
    )
    assert (again_posted.status, again_posted.left_for) == (400, None)


def test_OA_31_a_page_that_somebody_else_read_counts_for_nobody(provider: Provider, visitor: Visitor) -> None:
    """In another tab another pupil signed in; the page still open shows the first one's name."""
    first, second = provider.people.pupil(given_name="Eerste"), provider.people.pupil(given_name="Tweede")
    rp = application(provider, "consent")
    page, _ = first_visit(visitor, first, rp)
    form = page.form("consent-allow")
    other = provider.relying_party("andere")
    asked = other.ask(prompt="select_account")
    visitor.get(asked.url)
    sign_in(visitor, second)
    visitor.page = page
    shown = visitor.post(page.url, {**form.fields, "answer": "allow"}, headers={"Origin": provider.issuer})
    assert shown.left_for is None
    assert "Tweede" in shown.text
    with provider.reading() as db:
        assert db.scalars(select(Approval)).all() == []


def test_consent_covers_its_scopes_too(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), application(provider, "consent")
    first_visit(visitor, pupil, rp)
    visitor.submit(button="consent-allow")
    assert again(visitor, rp)[0].left_for is not None
    assert again(visitor, rp, scope="openid profile leerid offline_access")[0].left_for is None


def test_oidcc_refresh_token_prompt_consent_shows_the_page(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), application(provider, "none")
    page, asked = first_visit(visitor, pupil, rp, scope="openid offline_access", prompt="consent")
    assert "consent-allow" in page.ids
    page = visitor.submit(button="consent-allow")
    assert page.left_for is not None
    assert rp.exchange(rp.code(page.left_for, asked), asked).refresh_token
    assert again(visitor, rp)[0].left_for is not None, "without the prompt it is not asked"


def test_prompt_none_before_the_first_approval_is_refused_without_a_page(
    provider: Provider, visitor: Visitor
) -> None:
    pupil, rp = provider.people.pupil(), application(provider, "notice")
    first_visit(visitor, pupil, rp)
    page, asked = again(visitor, rp, prompt="none")
    assert error(rp, page, asked) == "consent_required"


def test_OA_33_the_page_needs_its_token(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), application(provider, "consent")
    first_visit(visitor, pupil, rp)
    assert visitor.submit(button="consent-allow", csrf_token=None).status == 403


def test_the_page_may_lead_on_to_the_application(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), application(provider, "consent")
    page, _ = first_visit(visitor, pupil, rp)
    assert "form-action 'self' https://oefenapp.example;" in page.headers["Content-Security-Policy"]


def test_a_blocked_pupil_can_not_say_yes_any_more(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = provider.people.pupil(), application(provider, "consent")
    first_visit(visitor, pupil, rp)
    with provider.db() as db:
        account = db.get(Account, pupil.account_id)
        assert account is not None
        account.blocked_at = provider.clock()
    page = visitor.submit(button="consent-allow")
    assert page.left_for is None
    assert {"login-next", "login-submit"} & page.ids
