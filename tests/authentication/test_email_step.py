"""Offering to link an e-mail address, and the link in the mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import select

from idp.mail.records import OutboxMail
from tests.authentication.doors import account_of, events, is_in, sign_in
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider

ADDRESS = "ardalan@example.org"


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced", offer_email=True)


def mails(provider: Provider) -> list[OutboxMail]:
    with provider.reading() as db:
        return list(db.scalars(select(OutboxMail)))


def link_in(mail: OutboxMail) -> str:
    found = re.search(r"https?://\S+", mail.text)
    assert found is not None
    assert found.group() in mail.html
    return found.group()


def linked(provider: Provider, visitor: Visitor, pupil: Made) -> str:
    sign_in(visitor, pupil)
    visitor.submit(button="email-submit", email=ADDRESS)
    return link_in(mails(provider)[0])


def test_R14_R67_the_offer_comes_once_and_may_be_skipped(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    page = sign_in(visitor, pupil)
    for text in (
        "Voeg een e-mailadres toe",
        "E-mailadres",
        "Bevestig e-mailadres",
        "Je hoeft dit niet te doen.",
    ):
        assert text in page.text
    assert visitor.cookie("leerid_session") is None
    assert is_in(visitor.submit(button="email-skip"), provider)
    visitor.forget()
    assert is_in(sign_in(visitor, pupil), provider)
    provider.clock.move(days=31)
    visitor.forget()
    assert sign_in(visitor, pupil).url.endswith("/email")


@pytest.mark.parametrize("kind", ["basic", "pictures"])
def test_R17_basic_pupils_are_not_asked(provider: Provider, visitor: Visitor, kind: str) -> None:
    assert is_in(sign_in(visitor, provider.people.pupil(kind, offer_email=True)), provider)


def test_R68_R69_R70_a_mail_goes_out_and_the_pupil_goes_on(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    sign_in(visitor, pupil)
    page = visitor.submit(button="email-submit", email=f" {ADDRESS} ")
    for text in (
        "Pas je e-mailadres aan",
        "We hebben een e-mail verzonden naar je e-mailadres",
        ADDRESS,
        "24 uur geldig",
    ):
        assert text in page.text
    assert visitor.cookie("leerid_session")
    assert page.links["Ga verder"] == f"{provider.settings.portals.leerlingloket}/login"
    (mail,) = mails(provider)
    assert (mail.recipient, mail.subject) == (ADDRESS, "Bevestig je e-mailadres voor LeerID")
    for written in (mail.text, mail.html):
        assert pupil.given_name in written
        assert pupil.username in written
        assert "Ben jij dit niet?" in written
    assert pupil.password not in mail.text + mail.html
    assert mail.expires_at is not None
    account = account_of(provider, pupil)
    assert (account.email, account.email_verified_at) == (ADDRESS, None)


def test_the_page_after_the_mail_is_its_owners_only(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    sign_in(visitor, pupil)
    page = visitor.submit(button="email-submit", email=ADDRESS)
    visitor.http.cookies.clear(domain="127.0.0.1", path="/", name="leerid_session")
    assert ADDRESS not in visitor.get(page.url).html


def test_an_address_that_is_none_is_told(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    sign_in(visitor, pupil)
    for typed in ("geen adres", "a@example.org\r\nBcc: b@example.org", ""):
        page = visitor.submit(button="email-submit", email=typed)
        assert "Dit is geen e-mailadres." in page.text
    assert mails(provider) == []


def test_PW_31_R69_looking_changes_nothing_and_the_button_verifies(
    provider: Provider, visitor: Visitor, pupil: Made, new_visitor: Callable[..., Visitor]
) -> None:
    link = linked(provider, visitor, pupil)
    for _ in range(2):
        assert requests.get(link, timeout=10).status_code == 200
        assert requests.head(link, timeout=10).status_code == 200
    assert account_of(provider, pupil).email_verified_at is None
    phone = new_visitor()
    page = phone.get(link)
    assert ADDRESS in page.text
    assert pupil.username in page.text
    assert "Dit ben ik niet" in page.text
    page = phone.submit(button="email-submit")
    assert "Je e-mailadres is bevestigd" in page.text
    assert account_of(provider, pupil).email_verified_at is not None
    assert events(provider, "account:email-verified") == 1
    assert phone.cookie("leerid_session") is None


@pytest.mark.parametrize(("minutes", "status"), [(23 * 60 + 59, 200), (24 * 60 + 1, 404)])
def test_PW_26_the_link_works_for_a_day(
    provider: Provider, visitor: Visitor, pupil: Made, minutes: int, status: int
) -> None:
    link = linked(provider, visitor, pupil)
    provider.clock.move(minutes=minutes)
    assert visitor.get(link).status == status


def test_PW_27_of_many_clicks_at_once_one_counts(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    link = linked(provider, visitor, pupil)
    visitor.get(link)
    assert visitor.page is not None
    fields = visitor.page.form("email-submit").fields
    cookies = visitor.http.cookies.get_dict()

    def click(_n: int) -> str:
        answer = requests.post(link, data=fields, cookies=cookies, allow_redirects=False, timeout=30)
        return answer.headers["Location"]

    with ThreadPoolExecutor(10) as pool:
        places = list(pool.map(click, range(50)))
    assert sum(place.endswith("/done") for place in places) == 1
    assert events(provider, "account:email-verified") == 1


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "a" * 2000])
def test_PW_28_a_link_that_never_was_says_no_more_than_an_old_one(
    provider: Provider, visitor: Visitor, token: str
) -> None:
    page = visitor.get(f"/verify-email/{token}")
    assert page.status == 404
    assert "Deze link werkt niet meer" in page.text


def test_R48_forgotten_tells_everybody_the_same(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get("/login")
    visitor.submit(button="login-next", username=provider.people.pupil("basic").username)
    assert visitor.page is not None
    page = visitor.get(visitor.page.links["Wachtwoord vergeten?"])
    assert "aan je juf of meester" in page.text
    assert "LeerID-beheerder" in page.text
    assert visitor.get(page.links["Terug naar aanmelden"]).url.endswith("/password")


@pytest.mark.parametrize(
    "back", ["//boos.example", "https://boos.example", "/\\boos.example", "javascript:alert(1)"]
)
def test_OA_04_forgotten_leads_nowhere_else(provider: Provider, visitor: Visitor, back: str) -> None:
    page = visitor.get("/forgot", params={"back": back})
    assert page.links["Terug naar aanmelden"] == f"{provider.issuer}/login"


# OA-46: nobody is buried in mails


def test_OA_46_one_pupil_does_not_bomb_a_mailbox(
    provider: Provider, pupil: Made, new_visitor: Callable[..., Visitor]
) -> None:
    """Many screens, each with a proven login that waits at the offer; the first answer is the only one."""
    waiting = [new_visitor() for _ in range(4)]
    for each in waiting:
        assert sign_in(each, pupil).url.endswith("/email")
    pages = [
        each.submit(button="email-submit", email=f"slachtoffer{n}@example.org")
        for n, each in enumerate(waiting)
    ]
    assert [mail.recipient for mail in mails(provider)] == ["slachtoffer0@example.org"]
    assert "We hebben een e-mail verzonden" in pages[0].text
    assert all(is_in(page, provider) for page in pages[1:])


def test_OA_46_answers_at_the_same_time_are_one_mail(
    provider: Provider, pupil: Made, new_visitor: Callable[..., Visitor]
) -> None:
    waiting = [new_visitor() for _ in range(6)]
    for each in waiting:
        sign_in(each, pupil)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda each: each.submit(button="email-submit", email=ADDRESS), waiting))
    assert len(mails(provider)) == 1
    assert all(each.cookie("leerid_session") for each in waiting)


def test_OA_46_many_pupils_do_not_bomb_a_mailbox_and_see_the_same_page(
    provider: Provider, new_visitor: Callable[..., Visitor]
) -> None:
    heard = []
    for written in (ADDRESS, ADDRESS.upper(), "ardalan+school@example.org", ADDRESS):
        visitor, pupil = new_visitor(), provider.people.pupil("advanced", offer_email=True)
        sign_in(visitor, pupil)
        page = visitor.submit(button="email-submit", email=written)
        heard.append(page.text.replace(written, "…").replace(pupil.username, "…"))
        assert visitor.cookie("leerid_session")
    assert len(mails(provider)) == 2
    assert heard[3] == heard[0]
    provider.clock.move(hours=1)
    linked(provider, new_visitor(), provider.people.pupil("advanced", offer_email=True))
    assert len(mails(provider)) == 3
