"""The link that proves an e-mail address, as everybody meets it: pupils, mail scanners, and who clicks fifty times."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import select

from idp.accounts import emails, passwords
from idp.accounts.records import Account
from idp.mail.records import OutboxMail
from tests.authentication.doors import account_of, events
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

OLD, NEW = "ardalan@example.org", "nieuw@example.org"


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced", email=OLD)


@pytest.fixture
def link(provider: Provider, pupil: Made) -> str:
    """Where the mail to another address leads."""
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        token = emails.ask_to_verify(db, account, NEW, provider.clock(), hours=24)
    return f"{provider.issuer}/verify-email/{token}"


def notices(provider: Provider) -> list[OutboxMail]:
    with provider.reading() as db:
        return list(db.scalars(select(OutboxMail).where(OutboxMail.kind == "email_changed")))


def click(visitor: Visitor, link: str) -> Page:
    visitor.get(link)
    return visitor.submit(button="email-submit")


def test_R69_R74_the_link_proves_the_address_and_the_old_one_hears_of_it(
    provider: Provider, visitor: Visitor, pupil: Made, link: str
) -> None:
    page = visitor.get(link)
    assert NEW in page.text
    assert pupil.username in page.text
    assert OLD not in page.text
    assert "Je e-mailadres is bevestigd" in visitor.submit(button="email-submit").text
    account = account_of(provider, pupil)
    assert (account.email, account.email_verified_at is not None) == (NEW, True)
    (notice,) = notices(provider)
    assert notice.recipient == OLD
    assert NEW not in notice.text + notice.html
    assert events(provider, "account:email-verified") == 1


def test_DEV_7_CV_18_the_link_signs_nobody_in(visitor: Visitor, link: str) -> None:
    page = click(visitor, link)
    assert visitor.cookie("leerid_session") is None
    assert page.links["Ga naar het Leerlingloket"]


def test_the_page_speaks_the_language_of_the_mail_and_then_of_who_reads_it(
    provider: Provider, visitor: Visitor, pupil: Made, link: str
) -> None:
    with provider.db() as db:
        db.get_one(Account, pupil.account_id).language = "fr"
    assert '<html lang="fr"' in visitor.get(link).html
    visitor.submit("/language", language="en")
    assert '<html lang="en"' in visitor.get(link).html
    assert '<html lang="en"' in visitor.submit(button="email-submit").html
    visitor.forget()
    assert '<html lang="fr"' in visitor.get("/verify-email/done?ui_locales=fr").html
    assert '<html lang="nl"' in visitor.get("/verify-email/done?ui_locales=../x").html


def test_PW_26_a_page_that_was_opened_in_time_is_too_late_after_a_day(
    provider: Provider, visitor: Visitor, pupil: Made, link: str
) -> None:
    provider.clock.move(hours=23, minutes=59)
    visitor.get(link)
    provider.clock.move(minutes=2)
    page = visitor.submit(button="email-submit")
    assert (page.status, "Deze link werkt niet meer" in page.text) == (404, True)
    assert account_of(provider, pupil).email == OLD
    assert notices(provider) == []


def test_PW_31_what_a_scanner_of_mail_does_uses_nothing_up(
    provider: Provider, visitor: Visitor, pupil: Made, link: str
) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        assert requests.request(method, link, timeout=10).status_code == 200
    assert requests.post(link, timeout=10).status_code == 403, "a press of the button, and nothing less"
    assert requests.post(link, json={}, timeout=10).status_code == 403
    assert account_of(provider, pupil).email == OLD
    assert "bevestigd" in click(visitor, link).text


def test_PW_28_the_page_of_a_link_is_kept_nowhere_and_leads_nobody_to_it(link: str) -> None:
    headers = requests.get(link, timeout=10).headers
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == "no-referrer"


def test_OA_65_PW_27_fifty_clicks_over_two_nodes_are_one_success_and_one_notice(
    provider: Provider, visitor: Visitor, pupil: Made, link: str
) -> None:
    page = visitor.get(link)
    fields, cookies = page.form("email-submit").fields, visitor.http.cookies.get_dict()
    nodes = [link, link.replace(provider.issuer, provider.another_node())]

    def press(number: int) -> str:
        answer = requests.post(
            nodes[number % 2], data=fields, cookies=cookies, allow_redirects=False, timeout=60
        )
        return answer.headers["Location"]

    with ThreadPoolExecutor(10) as pool:
        places = list(pool.map(press, range(50)))
    assert sum(place.endswith("/done") for place in places) == 1
    assert events(provider, "account:email-verified") == 1
    assert len(notices(provider)) == 1
    assert account_of(provider, pupil).email == NEW


@pytest.mark.parametrize("what", ["dropped", "kept", "asked again", "password", "blocked", "used"])
def test_PW_28_PW_29_CV_18_a_link_that_no_longer_fits_is_like_one_that_never_was(
    provider: Provider, visitor: Visitor, pupil: Made, link: str, what: str
) -> None:
    never = visitor.get(f"/verify-email/{'A' * 43}")
    provider.clock.move(minutes=5)
    if what == "used":
        click(visitor, link)
    else:
        undo(provider, pupil, what)
    page = visitor.get(link)
    assert (page.status, page.text) == (404, never.text)
    assert account_of(provider, pupil).email != NEW or what == "used"


def undo(provider: Provider, pupil: Made, what: str) -> None:
    now = provider.clock()
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        match what:
            case "dropped":
                emails.drop(db, account, now)
            case "kept":
                emails.keep(db, account)
            case "asked again":
                emails.ask_to_verify(db, account, "anders@example.org", now, hours=24)
            case "password":
                passwords.choose(account, "sealed", now)
            case "blocked":
                account.blocked_at, account.blocked_by = now, "beheer"


def test_OA_58_CV_35_a_hostile_address_is_words_on_the_page(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    """No such address passes the form; a feed of later years may be less careful."""
    hostile = "<script>alert(1)</script>@example.org"
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        token = emails.ask_to_verify(db, account, hostile, provider.clock(), hours=24)
    page = visitor.get(f"/verify-email/{token}")
    assert "<script>alert" not in page.html
    assert hostile in page.text


def test_OA_66_two_who_share_a_mailbox_each_prove_it(
    provider: Provider, new_visitor: Callable[..., Visitor], link: str
) -> None:
    sister = provider.people.pupil("advanced")
    with provider.db() as db:
        account = db.get_one(Account, sister.account_id)
        token = emails.ask_to_verify(db, account, NEW, provider.clock(), hours=24)
    assert "bevestigd" in click(new_visitor(), link).text
    assert "bevestigd" in click(new_visitor(), f"{provider.issuer}/verify-email/{token}").text
    assert account_of(provider, sister).email == NEW
    assert len(notices(provider)) == 1, "who had none before has no old address"
