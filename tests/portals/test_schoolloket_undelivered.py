"""The operators' page "Niet bezorgd": in words why, and a word when there is nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from tests.api.test_imports import an_operator
from tests.api.test_undelivered import given_up, given_up_notice
from tests.mail.letters import put
from tests.portals.desks import Desks, sign_in
from tests.portals.test_wcag import LOOKS, assert_accessible, come_in
from tests.support.browser import Visitor


@pytest.fixture
def operator(desks: Desks, visitor: Visitor) -> Visitor:
    """Signed in, at no school in particular."""
    sign_in(visitor, an_operator(desks.provider, given_name="Noor"), desks.schoolloket.origin + "/login")
    return visitor


def home(desks: Desks) -> str:
    return desks.schoolloket.origin + "/operators/undelivered"


def test_where_everything_arrives_the_page_says_so(desks: Desks, operator: Visitor) -> None:
    assert operator.get(desks.schoolloket.origin + "/schools").links["Niet bezorgd"] == home(desks)
    page = operator.get(home(desks))
    assert "Alles is bezorgd." in page.text
    assert "mails" not in page.ids
    assert "waiting" not in page.ids


def test_what_did_not_arrive_is_listed_in_words(desks: Desks, operator: Visitor) -> None:
    given_up(desks.provider, "refused SMTPRecipientsRefused 550")
    given_up(desks.provider, "away TimeoutError", expires=timedelta(minutes=5))
    given_up_notice(desks.provider, "rekenrijk")
    put(desks.provider)
    page = operator.get(home(desks))
    for words in (
        "Mail om een e-mailadres te bevestigen",
        "t*****s@ond.vlaanderen.be",
        "De mailserver weigert deze mail",
        "SMTPRecipientsRefused 550",
        "De link in de mail was vervallen",
        "Rekenrijk",
        "Er wacht 1 mail op de mailserver",
    ):
        assert words in page.text, words
    assert "thomas" not in page.html
    assert "Alles is bezorgd." not in page.text


def test_a_kind_of_mail_without_words_is_a_mail(desks: Desks, operator: Visitor) -> None:
    given_up(desks.provider, "away TimeoutError", kind="nothing_we_know")
    assert "Een andere mail" in operator.get(home(desks)).text


def test_OA_54_only_operators_find_it(desks: Desks, visitor: Visitor) -> None:
    staff = desks.provider.people.staff(school=2)
    page = sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    assert "Niet bezorgd" not in page.links
    assert visitor.get(home(desks)).status == 404


def test_wcag_the_page_of_what_did_not_arrive(desks: Desks, chromium: Browser) -> None:
    who = an_operator(desks.provider)
    given_up(desks.provider, "refused SMTPRecipientsRefused 550")
    given_up_notice(desks.provider, "rekenrijk")
    put(desks.provider)
    for width, scheme in LOOKS:
        context = chromium.new_context(
            viewport={"width": width, "height": 640}, color_scheme=scheme, locale="nl-BE"
        )
        page = context.new_page()
        come_in(page, who, desks.schoolloket.origin + "/login")
        page.wait_for_url("**/operators")
        page.goto(home(desks))
        assert_accessible(page)
        context.close()
