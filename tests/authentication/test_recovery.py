"""A lost password, from "Wachtwoord vergeten?" to the next sign-in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from idp.accounts import passwords
from idp.accounts.records import Account, AuditEvent
from idp.authentication.views.recovery_mails import answer_waiting
from idp.oidc.records import LogoutNotice
from idp.web.waking import wake
from idp.worker import BackgroundWork
from tests.authentication.doors import (
    NO_PASSWORDS,
    WRONG,
    account_of,
    events,
    is_in,
    say_name,
    say_password,
    sign_in,
)
from tests.authentication.recovery import (
    ADDRESS,
    GONE,
    NEW,
    SENT,
    answer,
    ask,
    change,
    choose,
    details,
    is_reset,
    links_in,
    mailed,
    mails,
    reset,
    waiting,
)
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

NewVisitor = Callable[..., Visitor]


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced", username="ardalan.bhatti", email=ADDRESS, given_name="Ardalan")


def sign_in_with(visitor: Visitor, who: Made, password: str) -> Page:
    say_name(visitor, who.username)
    return say_password(visitor, password)


# The whole road


@pytest.mark.parametrize("typed", ["ardalan.bhatti", " Ardalan.BHATTI ", ADDRESS, ADDRESS.upper()])
def test_R15_R48_a_mail_gives_a_new_password(
    provider: Provider, visitor: Visitor, pupil: Made, typed: str
) -> None:
    page = ask(visitor, typed)
    assert SENT in page.text
    assert "60 minuten" in page.text
    assert answer(provider) == 1
    (mail,) = mails(provider)
    assert (mail.recipient, mail.subject) == (ADDRESS, "Kies een nieuw wachtwoord voor je LeerID")
    assert mail.expires_at == mail.created_at + timedelta(minutes=60)
    (link,) = links_in(mail)
    assert link.startswith(f"{provider.issuer}/reset/")
    for words in ("Ardalan", "ardalan.bhatti", "60 minuten"):
        assert words in mail.text
        assert words in mail.html
    page = visitor.get(link)
    assert "ardalan.bhatti" in page.text
    assert is_reset(choose(visitor))
    say_name(visitor, pupil.username)
    assert WRONG in say_password(visitor, pupil.password).text
    assert is_in(say_password(visitor, NEW), provider)


def test_the_log_says_what_happened_under_the_number_of_the_request(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    reset(visitor, mailed(provider, visitor, pupil.username))
    with provider.reading() as db:
        wanted = AuditEvent.what.in_(["account:recovery-asked", "account:password-reset"])
        found = db.scalars(select(AuditEvent).where(wanted).order_by(AuditEvent.id)).all()
        assert [(each.what, each.account_id, each.detail) for each in found] == [
            ("account:recovery-asked", pupil.account_id, {}),
            ("account:password-reset", pupil.account_id, {}),
        ]
        assert all(len(each.request_id) == 11 for each in found)


def test_R5_R16_the_page_says_whom_to_ask_and_leads_back(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    page = say_name(visitor, pupil.username)
    login = page.url
    page = visitor.get(page.links["Wachtwoord vergeten?"])
    for words in ("je juf of meester", "de LeerID-beheerder van je school", "Gebruikersnaam of e-mailadres"):
        assert words in page.text
    assert page.links["Terug naar aanmelden"] == login
    page = visitor.submit(button="forgot-submit", username=pupil.username)
    assert page.url.split("?")[0].endswith("/forgot/sent")
    assert [answer.status_code for answer in page.history] == [303]
    for words in (SENT, "De link is 60 minuten geldig.", "je spamfolder", "je juf, je meester"):
        assert words in page.text
    assert page.links["Terug naar aanmelden"] == login


def test_a_name_must_be_typed(provider: Provider, visitor: Visitor) -> None:
    page = ask(visitor, " \u200b\t ")
    assert page.url.split("?")[0].endswith("/forgot")
    assert "Vul je gebruikersnaam in." in page.text
    assert waiting(provider) == 0


@pytest.mark.parametrize("path", ["/forgot", "/forgot/sent"])
@pytest.mark.parametrize("back", ["//boos.example", "https://boos.example", "/\\boos.example"])
def test_OA_04_the_way_back_leads_nowhere_else(
    provider: Provider, visitor: Visitor, path: str, back: str
) -> None:
    page = visitor.get(path, params={"back": back})
    assert page.links["Terug naar aanmelden"] == f"{provider.issuer}/login"
    if path == "/forgot":
        page = visitor.submit(button="forgot-submit", username="x", back=back)
        assert page.links["Terug naar aanmelden"] == f"{provider.issuer}/login"


# The link


@pytest.mark.parametrize(("minutes", "works"), [(59, True), (61, False)])
def test_PW_26_the_link_works_for_an_hour(
    provider: Provider, visitor: Visitor, pupil: Made, minutes: int, works: bool
) -> None:
    link = mailed(provider, visitor, pupil.username)
    provider.clock.move(minutes=minutes)
    page = visitor.get(link)
    assert page.status == (200 if works else 404)
    assert (GONE in page.text) is not works
    assert ("Vraag een nieuwe mail" in page.links) is not works


def test_PW_26_a_page_that_stayed_open_for_longer_sets_nothing(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    visitor.get(mailed(provider, visitor, pupil.username))
    before = account_of(provider, pupil).sealed_secret
    provider.clock.move(minutes=61)
    page = choose(visitor)
    assert (page.status, GONE in page.text) == (404, True)
    assert account_of(provider, pupil).sealed_secret == before


def test_PW_26_the_operator_may_set_another_time(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(mail={"recovery_minutes": 20})
    visitor, pupil = Visitor(provider.origin), provider.people.pupil("advanced", email=ADDRESS)
    link = mailed(provider, visitor, pupil.username)
    (mail,) = mails(provider)
    assert mail.expires_at == mail.created_at + timedelta(minutes=20)
    assert "20 minuten" in mail.text
    provider.clock.move(minutes=19)
    assert visitor.get(link).status == 200
    provider.clock.move(minutes=2)
    assert visitor.get(link).status == 404


def test_PW_31_looking_uses_nothing_up(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    link = mailed(provider, visitor, pupil.username)
    for _ in range(3):
        assert requests.get(link, timeout=10).status_code == 200
        assert requests.head(link, timeout=10).status_code == 200
    assert is_reset(reset(visitor, link))


def test_PW_27_a_link_works_once(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    link = mailed(provider, visitor, pupil.username)
    page = visitor.get(link)
    form = page.form("password-submit")
    assert is_reset(choose(visitor))
    assert visitor.get(link).status == 404
    late = visitor.post(link, {**form.fields, "new_password": "Een-heel-ander-pad-5"})
    assert (late.status, GONE in late.text) == (404, True)
    assert is_in(sign_in_with(visitor, pupil, NEW), provider)


def test_PW_29_a_new_link_kills_the_older_one(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    old = mailed(provider, visitor, pupil.username)
    provider.clock.move(minutes=1)
    new = mailed(provider, visitor, ADDRESS)
    assert old != new
    assert visitor.get(old).status == 404
    assert is_reset(reset(visitor, new))


def test_PW_29_a_renewal_kills_the_link(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    link = mailed(provider, visitor, pupil.username)
    provider.clock.move(seconds=5)
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        passwords.hand_out(account, "v1.renewed", account.secret_kind, provider.clock())
    assert visitor.get(link).status == 404


@pytest.mark.parametrize(("password", "words"), NO_PASSWORDS)
def test_R9_R10_what_must_be_mended_is_said_and_costs_no_link(
    provider: Provider, visitor: Visitor, pupil: Made, password: str, words: str
) -> None:
    link = mailed(provider, visitor, pupil.username)
    page = reset(visitor, link, password)
    assert words in page.text
    assert page.title.startswith("Fout")
    assert not password or password not in page.html + page.url
    assert is_reset(choose(visitor))


def test_R61_R64_the_same_checks_and_tips_as_at_the_first_sign_in(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    page = visitor.get(mailed(provider, visitor, pupil.username))
    for text in ("Nieuw wachtwoord", "met minstens 12 karakters", "0/12", "Wachtwoord tips", "Sterk bezig!"):
        assert text in page.text
    assert {each.get("name") for each in page.form("password-submit").inputs} >= {"username", "new_password"}


# What a new password ends, and begins


def test_PW_30_everything_of_before_ends_and_nobody_is_signed_in(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made
) -> None:
    app = provider.relying_party(backchannel_logout_uri="https://oefenapp.example/logout")
    elsewhere = new_visitor()
    sign_in(elsewhere, pupil)
    asked = app.ask(scope="openid offline_access")
    tokens = app.exchange(app.code(elsewhere.get(asked.url).left_for or "", asked), asked)
    provider.clock.move(minutes=1)
    assert is_reset(reset(visitor, mailed(provider, visitor, pupil.username)))
    assert visitor.cookie("leerid_session") is None
    assert "login-next" in visitor.get("/login").ids
    assert "login-next" in elsewhere.get("/login").ids
    assert app.try_refresh(tokens.refresh_token).status_code == 400
    assert app.introspect(tokens.access_token).json() == {"active": False}
    with provider.reading() as db:
        assert [each.client_id for each in db.scalars(select(LogoutNotice))] == ["oefenapp"]
    (notice,) = mails(provider, "password_changed")
    assert notice.recipient == ADDRESS
    assert "ardalan.bhatti" in notice.text
    assert "http" not in notice.text + notice.html.split("<body>")[1]
    assert NEW not in notice.text + notice.html


def test_PW_30_a_login_that_was_half_way_begins_again(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    change(provider, pupil, email=ADDRESS, email_folded=ADDRESS, email_verified_at=provider.clock())
    elsewhere = new_visitor()
    assert sign_in(elsewhere, pupil).url.endswith("/new-password")
    provider.clock.move(minutes=1)
    assert is_reset(reset(visitor, mailed(provider, visitor, pupil.username)))
    assert "/name" in choose(elsewhere, "Een-heel-ander-pad-5").url
    assert is_in(sign_in_with(visitor, pupil, NEW), provider)


def test_PW_05_PW_07_a_protected_account_is_free_again(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    change(provider, pupil, protected_at=provider.clock())
    assert WRONG in sign_in_with(visitor, pupil, pupil.password).text
    assert is_reset(reset(visitor, mailed(provider, visitor, pupil.username)))
    assert account_of(provider, pupil).protected_at is None
    assert is_in(sign_in_with(visitor, pupil, NEW), provider)


def test_R12_a_temporary_password_that_expired_is_no_hindrance(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    now = provider.clock()
    change(
        provider, pupil, email=ADDRESS, email_folded=ADDRESS, email_verified_at=now,
        temporary_until=now - timedelta(days=1),
    )  # fmt: skip
    assert is_reset(reset(visitor, mailed(provider, visitor, pupil.username)))
    assert account_of(provider, pupil).temporary_until is None
    assert is_in(sign_in_with(visitor, pupil, NEW), provider)


# Brothers and sisters


def test_one_mail_for_brother_and_sister_with_a_link_each(provider: Provider, visitor: Visitor) -> None:
    brother = provider.people.pupil("advanced", email=ADDRESS, given_name="Ardalan")
    sister = provider.people.pupil("advanced", email=ADDRESS, given_name="Shirin")
    blocked = provider.people.pupil("advanced", email=ADDRESS, given_name="Dara")
    change(provider, blocked, blocked_at=provider.clock())
    provider.people.pupil("advanced", email="een.ander@example.org")
    ask(visitor, ADDRESS)
    assert answer(provider) == 1
    (mail,) = mails(provider)
    for who in (brother, sister):
        assert who.given_name in mail.text
        assert who.username in mail.text
    assert blocked.username not in mail.text
    assert len(links_in(mail)) == 2
    assert events(provider, "account:recovery-asked") == 2
    by_name = {}
    for link in links_in(mail):
        page = visitor.get(link)
        by_name[brother.username if brother.username in page.text else sister.username] = link
    assert is_reset(reset(visitor, by_name[sister.username]))
    assert is_in(sign_in_with(visitor, sister, NEW), provider)
    visitor.forget()
    assert is_in(sign_in_with(visitor, brother, brother.password), provider)
    assert visitor.get(by_name[brother.username]).status == 200  # hers doesn't cost him his


def test_a_username_is_about_that_one_account(provider: Provider, visitor: Visitor) -> None:
    brother = provider.people.pupil("advanced", email=ADDRESS)
    sister = provider.people.pupil("advanced", email=ADDRESS)
    mailed(provider, visitor, brother.username)
    assert sister.username not in mails(provider)[0].text


def test_a_mail_goes_to_the_address_as_it_was_proven(provider: Provider, visitor: Visitor) -> None:
    """Two ways of writing may be two mailboxes: each gets what was proven from there."""
    capital = provider.people.pupil("advanced", email="Ardalan@example.org")
    small = provider.people.pupil("advanced", email=ADDRESS)
    ask(visitor, "\uff41rdalan@EXAMPLE.org")
    assert answer(provider) == 2
    told = {mail.recipient: mail.text for mail in mails(provider)}
    assert set(told) == {"Ardalan@example.org", ADDRESS}
    assert capital.username in told["Ardalan@example.org"]
    assert small.username not in told["Ardalan@example.org"]


# In whose language


def test_the_mail_speaks_the_language_of_its_reader(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    def asked_in_french() -> str:
        ask(visitor, pupil.username)
        answer(provider)
        provider.clock.move(seconds=1)
        return mails(provider)[-1].html.split("\n")[1]

    visitor.get("/forgot")
    visitor.submit("/language", language="fr")
    assert '<html lang="fr">' in asked_in_french()
    change(provider, pupil, language="en")
    assert '<html lang="en">' in asked_in_french()


def test_brother_and_sister_with_two_languages_get_that_of_the_page(
    provider: Provider, visitor: Visitor
) -> None:
    for language in ("en", "fr"):
        change(provider, provider.people.pupil("advanced", email=ADDRESS), language=language)
    ask(visitor, ADDRESS)
    answer(provider)
    assert '<html lang="nl">' in mails(provider)[0].html


def test_the_page_behind_the_link_speaks_as_the_mail_did(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    link = mailed(provider, visitor, change(provider, pupil, language="fr").username)
    assert '<html lang="fr"' in visitor.get(link).html


# The worker


def test_the_worker_answers_in_its_round(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    ask(visitor, pupil.username)
    work = BackgroundWork(provider.app)
    with provider.app.app_context():
        work.go_round()
        work.go_round()
    assert len(mails(provider)) == 1
    assert waiting(provider) == 0


def test_asking_wakes_the_worker(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    visitor.get("/forgot")
    wake.clear()
    visitor.submit(button="forgot-submit", username=pupil.username)
    assert wake.wait(5)


def test_two_workers_never_answer_one_twice(provider: Provider, new_visitor: NewVisitor) -> None:
    for number in range(12):
        pupil = provider.people.pupil("advanced", email=f"leerling{number}@example.org")
        ask(new_visitor(), pupil.username)
    provider.another_node()
    with ThreadPoolExecutor(6) as pool:
        answered = list(pool.map(answer_waiting, provider.apps * 3))
    assert sum(answered) == 12
    assert len({mail.recipient for mail in mails(provider)}) == len(mails(provider)) == 12
    assert events(provider, "account:recovery-asked") == 12


def test_one_that_goes_wrong_waits_and_keeps_nobody_else_waiting(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    odd = provider.people.pupil("advanced")
    change(provider, odd, email="a@é.example", email_folded="a@é.example", email_verified_at=provider.clock())
    ask(visitor, odd.username)
    provider.clock.move(seconds=1)
    ask(visitor, pupil.username)
    assert answer(provider) == 1
    assert [mail.recipient for mail in mails(provider)] == [ADDRESS]
    assert waiting(provider) == 1
    assert events(provider, "account:recovery-asked") == 1
    provider.clock.move(minutes=60)
    assert answer(provider) == 0
    assert waiting(provider) == 0


@pytest.mark.parametrize(("minutes", "mailed_after_all"), [(59, 1), (61, 0)])
def test_who_asked_too_long_ago_gets_no_mail(
    provider: Provider, visitor: Visitor, pupil: Made, minutes: int, mailed_after_all: int
) -> None:
    ask(visitor, pupil.username)
    provider.clock.move(minutes=minutes)
    assert answer(provider) == mailed_after_all
    assert waiting(provider) == 0
    assert details(provider, "account:recovery-asked") == [{}] * mailed_after_all
