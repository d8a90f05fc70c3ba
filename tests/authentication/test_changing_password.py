"""Another password, by who knows the one of now (R59-R66)."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect
from sqlalchemy import select

from idp.accounts import emails, passwords
from idp.accounts.records import Account, AuditEvent
from idp.authentication import known_devices
from idp.authentication.records import KnownDevice
from idp.oidc.records import LogoutNotice
from tests.authentication.doors import (
    NO_PASSWORDS,
    WRONG,
    account_of,
    counted,
    events,
    fail,
    hashing_is_busy,
    is_in,
    say_name,
    say_password,
    sign_in,
)
from tests.authentication.factor_doors import sign_in_fully
from tests.authentication.recovery import ADDRESS, NEW, change, choose, details, links_in, mailed, mails
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

NewVisitor = Callable[..., Visitor]
OTHER = "Een-heel-ander-pad-5"


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced", username="ardalan.bhatti", email=ADDRESS)


def signed_in(visitor: Visitor, who: Made) -> Visitor:
    sign_in(visitor, who)
    assert visitor.cookie("leerid_session")
    return visitor


def change_to(visitor: Visitor, password: str = NEW, *, others: bool = True) -> Page:
    visitor.get("/password")
    if others:
        return choose(visitor, password)
    return visitor.submit(button="password-submit", new_password=password, others=None)


def is_done(page: Page) -> bool:
    return page.url.endswith("/password/done")


def is_signed_in(visitor: Visitor, provider: Provider) -> bool:
    return is_in(visitor.get("/login"), provider)


def works(provider: Provider, visitor: Visitor, who: Made, password: str) -> bool:
    visitor.forget()
    say_name(visitor, who.username)
    page = say_password(visitor, password)
    assert is_in(page, provider) or WRONG in page.text
    return is_in(page, provider)


# The page


def test_R59_R65_the_page_says_what_the_manual_says(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    page = signed_in(visitor, pupil).get("/password")
    for text in (
        "Terug naar overzicht", "Pas je wachtwoord aan", "Nieuw wachtwoord", "met minstens 12 karakters", "0/12",
        "zonder (een deel van) je gebruikersnaam", "Sterk bezig!", "Wachtwoord tips",
        "Gebruik 2 woorden met cijfers of speciale tekens tussen", "Gebruik kleine en hoofdletters (a-z + A-Z)",
        "Gebruik cijfers (0-9)", "Gebruik speciale tekens (@ ! & $ ' ...)", "Annuleer", "Bevestig wachtwoord",
        "Meld me af op alle andere toestellen",
    ):  # fmt: skip
        assert text in page.text
    profile = f"{provider.settings.portals.leerlingloket}/profile"
    assert page.links["Terug naar overzicht"] == page.links["Annuleer"] == profile


def test_R60_one_field_and_not_the_password_of_now(visitor: Visitor, pupil: Made) -> None:
    form = signed_in(visitor, pupil).get("/password").form("password-submit")
    (field,) = [each for each in form.inputs if each.get("type") == "password"]
    assert field["name"] == "new_password"
    assert field["placeholder"] == "Kies een wachtwoord"
    assert field["autocomplete"] == "new-password"
    assert form.fields["others"] == "yes"


def test_R61_R63_the_checks_are_live(provider: Provider, page: BrowserPage, pupil: Made) -> None:
    page.goto(provider.issuer + "/password")
    page.fill("#username", pupil.username)
    page.click("#login-next")
    page.fill("#password", pupil.password)
    page.click("#login-submit")
    page.fill("#new_password", "fietsen-in-zee-17")
    expect(page.get_by_text("17/12")).to_be_visible()
    expect(page.get_by_text("Sterk bezig!").first).to_be_visible()
    page.fill("#new_password", "ardalan-in-zee-17")
    expect(page.locator("[data-praise]")).to_be_hidden()
    page.fill("#new_password", NEW)
    page.click("#password-submit")
    expect(page.get_by_role("heading", name="Je wachtwoord is aangepast.")).to_be_visible()


def test_R66_the_result_is_told_and_leads_to_the_profile(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    page = change_to(signed_in(visitor, pupil))
    assert is_done(page)
    assert "Je wachtwoord is aangepast." in page.text
    assert "Je kan nu op LeerID aanmelden met je nieuw wachtwoord." in page.text
    assert page.links["Ga naar de profiel pagina"] == f"{provider.settings.portals.leerlingloket}/profile"


def test_R13_it_can_be_changed_again_and_again(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    signed_in(visitor, pupil)
    assert is_done(change_to(visitor, NEW))
    assert is_done(change_to(visitor, OTHER))
    assert not works(provider, visitor, pupil, pupil.password)
    assert not works(provider, visitor, pupil, NEW)
    assert works(provider, visitor, pupil, OTHER)


@pytest.mark.parametrize(("password", "words"), NO_PASSWORDS)
@pytest.mark.parametrize("others", [True, False])
def test_R61_R62_what_must_be_mended_is_said_and_the_tick_is_kept(
    provider: Provider, visitor: Visitor, pupil: Made, password: str, words: str, others: bool
) -> None:
    page = change_to(signed_in(visitor, pupil), password, others=others)
    assert words in page.text
    assert page.title.startswith("Fout")
    assert ("others" in page.form("password-submit").fields) is others
    assert not password or password not in page.html + page.url
    assert works(provider, visitor, pupil, pupil.password)


# Who may


def test_R4_a_basic_pupil_is_told_whom_to_ask(provider: Provider, visitor: Visitor) -> None:
    for kind in ("basic", "pictures"):
        who = provider.people.pupil(kind)
        visitor.forget()
        page = signed_in(visitor, who).get("/password")
        assert "aan je juf of meester" in page.text
        assert "password-submit" not in page.ids
        before = account_of(provider, who).sealed_secret
        token = page.form("csrf_token").fields["csrf_token"]
        assert visitor.post("/password", {"csrf_token": token, "new_password": NEW}).status == 403
        assert account_of(provider, who).sealed_secret == before


def test_who_is_not_signed_in_signs_in_and_comes_back(visitor: Visitor, pupil: Made) -> None:
    page = visitor.get("/password")
    assert "login-next" in page.ids
    visitor.submit(button="login-next", username=pupil.username)
    assert say_password(visitor, pupil.password).url.endswith("/password")
    assert is_done(choose(visitor))


@pytest.mark.parametrize(("seconds", "asked"), [(4 * 60 + 50, False), (5 * 60 + 10, True)])
def test_R60_the_password_of_now_is_asked_when_the_sign_in_is_not_recent(
    provider: Provider, visitor: Visitor, pupil: Made, seconds: int, asked: bool
) -> None:
    signed_in(visitor, pupil)
    provider.clock.move(seconds=seconds)
    page = visitor.get("/password")
    assert ("login-submit" in page.ids) is asked
    assert ("password-submit" in page.ids) is not asked
    if asked:
        assert pupil.username in page.text
        assert WRONG in say_password(visitor, "fout-wachtwoord").text
        assert say_password(visitor, pupil.password).url.split("?")[0].endswith("/password")
    assert is_done(choose(visitor))


@pytest.mark.parametrize(("minutes", "in_time"), [(9, True), (11, False)])
def test_who_opened_the_page_in_time_may_think_for_a_while(
    provider: Provider, visitor: Visitor, pupil: Made, minutes: int, in_time: bool
) -> None:
    signed_in(visitor, pupil).get("/password")
    provider.clock.move(minutes=minutes)
    page = choose(visitor)
    assert is_done(page) is in_time
    assert ("login-submit" in page.ids) is not in_time
    assert works(provider, visitor, pupil, NEW if in_time else pupil.password)


def test_CV_08_wrong_passwords_here_count_as_everywhere(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    """PW-06: or the tablet of somebody who is signed in is a place to guess without end."""
    signed_in(visitor, pupil)
    provider.clock.move(minutes=6)
    visitor.get("/password")
    fail(visitor, 3)
    assert counted(provider) == 3


def test_staff_change_theirs_with_their_second_factor(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(staff={"second_factor": "required"})
    visitor, who = Visitor(provider.origin), provider.people.staff(school=123456, totp=True)
    sign_in_fully(provider, visitor, who)
    page = visitor.get("/password")
    assert page.links["Terug naar overzicht"] == provider.settings.portals.schoolloket
    page = choose(visitor)
    assert page.links["Ga naar het Schoolloket"] == provider.settings.portals.schoolloket
    assert "factor-add-app" in visitor.get("/second-factor").ids  # still with two factors, and recent
    provider.clock.move(minutes=6)
    assert "login-submit" in visitor.get("/password").ids
    assert say_password(visitor, NEW).url.split("?")[0].endswith("/second-factor")


def test_CV_46_a_sign_in_of_before_the_second_factor_changes_no_password(
    provider: Provider, visitor: Visitor
) -> None:
    who = provider.people.staff(school=123456)
    signed_in(visitor, who).get("/password")
    provider.people.give_app(replace(who))
    assert "login-submit" in choose(visitor).ids
    assert details(provider, "account:password-changed") == []


# What it ends


def test_everything_of_before_ends_but_this_browser(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made
) -> None:
    app = provider.relying_party(backchannel_logout_uri="https://oefenapp.example/logout")
    elsewhere = signed_in(new_visitor(), pupil)
    asked = app.ask(scope="openid offline_access")
    tokens = app.exchange(app.code(elsewhere.get(asked.url).left_for or "", asked), asked)
    provider.clock.move(minutes=1)
    assert is_done(change_to(signed_in(visitor, pupil)))
    assert is_signed_in(visitor, provider)
    assert "login-next" in elsewhere.get("/login").ids
    assert app.try_refresh(tokens.refresh_token).status_code == 400
    assert app.introspect(tokens.access_token).json() == {"active": False}
    with provider.reading() as db:
        assert [each.client_id for each in db.scalars(select(LogoutNotice))] == ["oefenapp"]
    assert details(provider, "account:password-changed") == [{"others_ended": True}]


def test_without_the_tick_the_others_stay(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made
) -> None:
    app = provider.relying_party()
    elsewhere = signed_in(new_visitor(), pupil)
    asked = app.ask(scope="openid offline_access")
    tokens = app.exchange(app.code(elsewhere.get(asked.url).left_for or "", asked), asked)
    provider.clock.move(minutes=1)
    assert is_done(change_to(signed_in(visitor, pupil), others=False))
    assert is_signed_in(visitor, provider)
    assert is_signed_in(elsewhere, provider)
    assert app.try_refresh(tokens.refresh_token).status_code == 200
    assert details(provider, "account:password-changed") == [{"others_ended": False}]
    assert not works(provider, elsewhere, pupil, pupil.password)


@pytest.mark.parametrize("others", [True, False])
def test_PW_29_links_of_before_die_whatever_stays(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made, others: bool
) -> None:
    link = mailed(provider, new_visitor(), pupil.username)
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        token = emails.ask_to_verify(db, account, "nieuw@example.org", provider.clock(), hours=24)
    assert visitor.get(f"/verify-email/{token}").status == 200
    assert is_done(change_to(signed_in(visitor, pupil), others=others))
    assert visitor.get(link).status == 404
    assert visitor.get(f"/verify-email/{token}").status == 404


@pytest.mark.parametrize("others", [True, False])
def test_OA_35_this_browser_gets_another_cookie_and_a_sign_in_of_now(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made, others: bool
) -> None:
    signed_in(visitor, pupil)
    old = visitor.cookie("leerid_session")
    provider.clock.move(minutes=4)
    assert is_done(change_to(visitor, others=others))
    assert visitor.cookie("leerid_session") not in (old, None)
    thief = new_visitor()
    thief.http.cookies.set("leerid_session", str(old), domain="127.0.0.1", path="/")
    assert "login-next" in thief.get("/login").ids
    provider.clock.move(minutes=4)
    assert "password-submit" in visitor.get("/password").ids  # dated when it was changed


def test_a_sign_in_lasts_no_longer_however_often_it_is_changed(
    open_provider: Callable[..., Provider],
) -> None:
    """Or who found a screen open keeps it for good, without ever showing the second factor."""
    provider = open_provider(staff={"second_factor": "required"}, sessions={"staff_hours": 1})
    visitor, who = Visitor(provider.origin), provider.people.staff(school=123456, totp=True)
    sign_in_fully(provider, visitor, who)
    for number in range(14):
        provider.clock.move(minutes=4)
        assert is_done(change_to(visitor, f"{NEW}-{number}")), number
    provider.clock.move(minutes=5)
    assert "login-next" in visitor.get("/password").ids


@pytest.mark.parametrize("others", [True, False])
def test_the_change_is_told_by_mail(provider: Provider, visitor: Visitor, pupil: Made, others: bool) -> None:
    assert is_done(change_to(signed_in(visitor, pupil), others=others))
    (mail,) = mails(provider, "password_changed")
    assert (mail.recipient, mail.expires_at) == (ADDRESS, None)
    assert "ardalan.bhatti" in mail.text
    assert links_in(mail) == []


def test_OA_66_no_mail_to_an_address_that_nobody_proved(provider: Provider, visitor: Visitor) -> None:
    who = change(provider, provider.people.pupil("advanced"), email=ADDRESS, email_folded=ADDRESS)
    assert is_done(change_to(signed_in(visitor, who)))
    assert mails(provider, "password_changed") == []


def test_the_browser_stays_a_known_one(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    """A bully's failures elsewhere must not shut out who just changed the password (PW-04)."""
    signed_in(visitor, pupil)
    provider.clock.move(minutes=1)
    assert is_done(change_to(visitor))
    since = account_of(provider, pupil).secret_set_at
    assert since is not None
    with provider.reading() as db:
        row = db.scalars(select(KnownDevice)).one()
        assert known_devices.knows(db, row.digest, pupil.account_id, secret_since=since, now=provider.clock())


def test_OA_46_who_changes_it_without_end_fills_no_queue(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    signed_in(visitor, pupil)
    for number in range(12):
        assert is_done(change_to(visitor, f"{NEW}-{number}"))
    assert len(mails(provider, "password_changed")) == 10
    assert events(provider, "account:password-changed") == 12


def test_CV_15_a_tab_of_the_pupil_before_changes_nothing_of_the_next(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    fields = signed_in(visitor, pupil).get("/password").form("password-submit").fields
    provider.clock.move(minutes=45)
    following = provider.people.pupil("advanced")
    signed_in(visitor, following)
    before = account_of(provider, following).sealed_secret
    page = visitor.post("/password", {**fields, "new_password": NEW})
    assert "password-submit" in page.ids
    assert account_of(provider, following).sealed_secret == before
    assert is_done(choose(visitor))


# Races


def test_OA_65_of_two_tabs_one_changes_it(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    page = signed_in(visitor, pupil).get("/password")
    fields = page.form("password-submit").fields
    assert is_done(choose(visitor))
    late = Visitor(provider.origin)
    late.http.cookies.update(visitor.http.cookies)
    assert is_done(change_to(late, OTHER))  # who has the new cookie may go on
    stale = visitor.post("/password", {**fields, "new_password": "Nog-een-derde-weg-8"})
    assert "login-next" in stale.ids
    assert works(provider, visitor, pupil, OTHER)


def test_OA_65_of_many_at_once_one_changes_it(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    fields = signed_in(visitor, pupil).get("/password").form("password-submit").fields
    cookies = visitor.http.cookies.get_dict()

    def send(number: int) -> str:
        one = Visitor(provider.origin)
        one.http.cookies.update(cookies)
        page = one.post("/password", {**fields, "new_password": f"{NEW}-{number}"})
        one.close()
        return page.url

    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(send, range(16)))
    assert sum(place.endswith("/done") for place in places) == 1
    assert len(details(provider, "account:password-changed")) == 1


def wait_for_a_hash(provider: Provider) -> None:
    """Until somebody's password waits for its turn to be hashed."""
    queue = provider.app.extensions["leerid.authentication"].threads._work_queue
    deadline = time.monotonic() + 20
    while not queue.qsize() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert queue.qsize()


@pytest.mark.parametrize("what", ["signed out elsewhere", "renewed by the school", "blocked"])
def test_what_happens_while_the_hash_runs_wins(open_provider: Callable[..., Provider], what: str) -> None:
    provider = open_provider(hashing={"at_once": 1, "queue_seconds": 30})
    visitor, pupil = Visitor(provider.origin), provider.people.pupil("advanced")
    signed_in(visitor, pupil).get("/password")
    with ThreadPoolExecutor(1) as pool:
        with hashing_is_busy(provider):
            answered = pool.submit(choose, visitor)
            wait_for_a_hash(provider)
            with provider.db() as db:
                account = db.get_one(Account, pupil.account_id)
                if what == "renewed by the school":
                    passwords.hand_out(account, "v1.renewed", account.secret_kind, provider.clock())
                elif what == "blocked":
                    account.blocked_at = provider.clock()
                else:
                    passwords.end_sign_ins(account, provider.clock())
                before = account.sealed_secret
        assert "/login/" in answered.result().url
    assert account_of(provider, pupil).sealed_secret == before
    assert events(provider, "account:password-changed") == 0


def test_the_log_has_no_secret(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    assert is_done(change_to(signed_in(visitor, pupil)))
    with provider.reading() as db:
        rows = repr([vars(each) for each in db.scalars(select(AuditEvent))])
    assert NEW not in rows
    assert ADDRESS not in rows
