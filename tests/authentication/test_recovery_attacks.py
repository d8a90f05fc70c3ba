"""What a stranger learns from "Wachtwoord vergeten?", and every road to a new password without its link."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import select

from idp.accounts import opaque
from idp.accounts.records import Account, OneTimeLink
from idp.authentication.records import RecoveryRequest
from idp.mail.records import OutboxMail
from tests.api.staff import signed_in as signed_in_at_desk
from tests.authentication.doors import (
    account_of,
    events,
    hashing_is_busy,
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
from tests.support.statements import counted

NewVisitor = Callable[..., Visitor]
# What differs from one visit to the next, whoever it is.
CHANGING = {"Date", "X-Request-Id", "Set-Cookie"}


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced", email=ADDRESS)


def of_every_kind(provider: Provider) -> list[str]:
    """Somebody of each kind by name and by address, then names and addresses that nobody has."""
    people, now = provider.people, provider.clock()
    pupil = people.pupil
    unproven = change(provider, pupil("advanced"), email="b@example.org", email_folded="b@example.org")
    shared = [pupil("advanced", email="samen@example.org") for _ in range(2)]
    refused = [
        change(provider, pupil("advanced", email="c@example.org"), blocked_at=now),
        change(provider, pupil("advanced", email="d@example.org"), protected_at=now),
        pupil("advanced", email="e@example.org", active_until=(now - timedelta(days=2)).date()),
    ]
    others = [pupil("basic"), pupil("pictures"), pupil("advanced"), people.staff()]
    linked = pupil("advanced", email="a@example.org")
    named = [linked, unproven, *shared, *refused, *others]
    addresses = [f"{letter}@example.org" for letter in "abcde"]
    nobodys = ["niemand.nergens", "niemand@example.org", "@", "a@", "x" * 300, "\u202e\x00é'--"]
    return [each.username for each in named] + [*addresses, "samen@example.org", *nobodys]


def seen(page: Page) -> tuple[Any, ...]:
    """Everything that a stranger can compare, without what is drawn anew for each browser."""
    answers = [*page.history, page.response]
    return (
        page.url,
        [each.status_code for each in answers],
        [re.sub(r'value="[0-9a-f]{64}"', "", each.text) for each in answers],
        [sorted(name for name in each.headers if name not in CHANGING) for each in answers],
        [each.headers.get("Location") for each in answers],
        [sorted(cookie.name for cookie in each.cookies) for each in answers],
    )


# No oracle


def test_OA_37_CV_20_everybody_gets_the_same_answer(provider: Provider, new_visitor: NewVisitor) -> None:
    names = of_every_kind(provider)
    answers = [seen(ask(new_visitor(), name)) for name in names]
    for name, each in zip(names, answers, strict=True):
        assert each == answers[0], name
    assert SENT in answers[0][2][-1]


def test_OA_38_whoever_it_is_the_same_work_is_done(provider: Provider, new_visitor: NewVisitor) -> None:
    """Work is counted rather than timed: a clock on a busy machine proves nothing."""
    costs = []
    names = of_every_kind(provider)
    ask(new_visitor(), "wie.eerst-vraagt")  # makes the row of this place
    for number, name in enumerate(names, start=2):
        visitor = new_visitor()
        visitor.get("/forgot")
        with counted(provider.engine) as done:
            visitor.submit(button="forgot-submit", username=name)
            costs.append(tuple(done))
        assert waiting(provider) == number, name
    assert any("recovery_requests" in statement for statement in costs[0])
    assert not any("accounts" in statement for statement in costs[0])
    for name, cost in zip(names, costs, strict=True):
        assert cost == costs[0], name


def test_OA_37_a_shared_address_signs_in_as_nobody_does(provider: Provider, new_visitor: NewVisitor) -> None:
    """Byte for byte the pages of an address that nobody has; and each says what to do when it is shared."""
    for _ in range(2):
        pupil = provider.people.pupil("advanced", email="samen@example.org")
    provider.people.pupil("advanced", email="enige@example.org")

    def walk(address: str, password: str) -> list[str]:
        visitor = new_visitor()
        pages = [say_name(visitor, address), say_password(visitor, password), say_password(visitor, "4729")]
        assert visitor.cookie("leerid_session") is None
        for page in pages:
            assert "Gebruik je dit adres samen met je broer of zus?" in page.text
            assert page.links["Meld je dan aan met je gebruikersnaam."].endswith("/name")
        attempt = urlsplit(pages[0].url).path.split("/")[2]
        return [
            re.sub(r'value="[0-9a-f]{64}"', "", page.html).replace(attempt, "…").replace(address, "…")
            for page in pages
        ]

    shared = walk("samen@example.org", pupil.password)
    assert shared == walk("geene@example.org", pupil.password)
    assert shared == walk("enige@example.org", "fout-wachtwoord")


def test_a_username_is_not_told_about_shared_addresses(provider: Provider, visitor: Visitor) -> None:
    page = say_name(visitor, provider.people.pupil("advanced", email=ADDRESS).username)
    assert "broer of zus" not in page.text


# Who gets no mail


def test_R5_R16_R73_OA_66_only_a_proven_address_of_an_active_pupil_gets_a_mail(
    provider: Provider, visitor: Visitor
) -> None:
    now = provider.clock()
    people, proven = provider.people, {"email": ADDRESS, "email_folded": ADDRESS, "email_verified_at": now}
    nobody = [
        people.pupil("basic"),
        people.pupil("pictures"),
        people.pupil("advanced"),
        change(provider, people.pupil("advanced"), **(proven | {"email_verified_at": None})),
        change(provider, people.pupil("advanced"), **proven, blocked_at=now),
        people.pupil("advanced", email=ADDRESS, active_until=(now - timedelta(days=2)).date()),
        change(provider, people.staff(), **proven),
    ]
    for who in nobody:
        ask(visitor, who.username)
    ask(visitor, ADDRESS)
    assert answer(provider) == 0
    assert waiting(provider) == 0
    assert mails(provider) == []
    assert events(provider, "account:recovery-asked") == 0


def test_OA_66_who_never_proved_an_address_does_not_keep_its_owner_from_it(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    thief = provider.people.pupil("advanced")
    change(provider, thief, email=ADDRESS, email_folded=ADDRESS)
    link = mailed(provider, visitor, ADDRESS)
    assert thief.username not in mails(provider)[0].text
    assert pupil.username in visitor.get(link).text


@pytest.mark.parametrize(
    "typed",
    [
        "ardalan@example.org, boef@example.org",
        "ardalan@example.org\r\nBcc: boef@example.org",
        "ardalan@exampIe.org",
        "ardalan@example.org.boef.example",
    ],
)
def test_an_address_that_looks_like_it_gets_nothing(
    provider: Provider, visitor: Visitor, pupil: Made, typed: str
) -> None:
    ask(visitor, typed)
    assert answer(provider) == 0
    assert mails(provider) == []


# OA-46: nobody is buried in mails


def ask_often(provider: Provider, visitor: Visitor, typed: str, times: int, **between: float) -> list[str]:
    """What the pages said, each time that somebody asked and the worker answered."""
    heard = []
    for _ in range(times):
        heard.append(ask(visitor, typed).text)
        answer(provider)
        provider.clock.move(**between)
    return heard


def test_OA_46_a_mailbox_gets_three_an_hour_whoever_asks(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    sister = provider.people.pupil("advanced", email="ardalan+zus@example.org")
    heard = ask_often(provider, visitor, pupil.username, 2, minutes=1)
    heard += ask_often(provider, visitor, sister.username, 2, minutes=1)
    assert len(mails(provider)) == 3
    assert len(set(heard)) == 1
    provider.clock.move(hours=1)
    ask_often(provider, visitor, sister.username, 1, minutes=1)
    assert len(mails(provider)) == 4


def test_OA_46_an_account_gets_five_a_day(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    heard = ask_often(provider, visitor, pupil.username, 7, hours=1)
    assert len(mails(provider)) == 5
    assert len(set(heard)) == 1
    assert events(provider, "account:recovery-asked") == 5
    provider.clock.move(hours=20)
    ask_often(provider, visitor, pupil.username, 1, hours=1)
    assert len(mails(provider)) == 6


def test_OA_46_over_the_budget_the_link_of_before_still_works(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    """Or a bully who asks a fourth time takes the third mail away."""
    for _ in range(3):
        link = mailed(provider, visitor, pupil.username)
        provider.clock.move(minutes=1)
    ask_often(provider, visitor, pupil.username, 1, minutes=1)
    assert is_reset(reset(visitor, link))


def test_OA_46_one_place_does_not_ask_without_end(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    first = ask(visitor, "leerling.eerst")
    fields = visitor.get("/forgot").form("forgot-submit").fields
    for number in range(199):
        visitor.post("/forgot", {**fields, "username": f"leerling{number}"})
    assert waiting(provider) == 200
    last = ask(visitor, "leerling.laatst")
    assert seen(last)[:3] == seen(first)[:3]
    assert waiting(provider) == 200
    # What one bored pupil did there keeps no classmate from linking an address.
    page = sign_in(new_visitor(), provider.people.pupil("advanced", offer_email=True))
    assert page.url.endswith("/email")
    provider.clock.move(hours=1, minutes=1)
    ask(visitor, "leerling.later")
    assert waiting(provider) == 201


def test_OA_46_a_bored_pupil_stops_nobody_whose_browser_is_known(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made
) -> None:
    sign_in(visitor, pupil)
    bored = new_visitor()
    fields = bored.get("/forgot").form("forgot-submit").fields
    for number in range(201):
        bored.post("/forgot", {**fields, "username": f"leerling{number}"})
    assert waiting(provider) == 200
    visitor.get("/forgot")
    visitor.submit(button="forgot-submit", username=pupil.username)
    assert waiting(provider) == 201
    for _ in range(6):
        ask(visitor, pupil.username)
    assert waiting(provider) == 205, "nor is it without end there"


def test_OA_46_a_bully_who_asks_in_somebodys_name_keeps_them_from_no_address(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made
) -> None:
    ask_often(provider, new_visitor(), pupil.username, 5, minutes=31)
    at_desk = signed_in_at_desk(provider, pupil, "leerid:self")
    answered = at_desk.ask("PUT", "/api/me/email", json={"email": "nieuw@example.org"})
    assert answered.status_code == 200
    assert [each.recipient for each in mails(provider, "verify_email")] == ["nieuw@example.org"]


def test_OA_46_a_bully_who_says_that_somebodys_address_is_theirs_stops_no_recovery(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    bully = signed_in_at_desk(provider, provider.people.pupil("advanced"), "leerid:self")
    for _ in range(4):
        assert bully.ask("PUT", "/api/me/email", json={"email": pupil.email}).status_code == 200
    assert len(mails(provider, "verify_email")) == 2
    assert mailed(provider, visitor, pupil.username)


# One link, one password


def test_PW_27_OA_65_of_many_clicks_on_two_nodes_one_counts(
    provider: Provider, visitor: Visitor, pupil: Made
) -> None:
    link = mailed(provider, visitor, pupil.username)
    nodes = [provider.origin, provider.another_node()]
    fields = visitor.get(link).form("password-submit").fields
    cookies, path = visitor.http.cookies.get_dict(), urlsplit(link).path

    def click(number: int) -> str:
        answered = requests.post(
            nodes[number % 2] + path,
            data={**fields, "new_password": f"{NEW}-{number:02}"},
            cookies=cookies,
            allow_redirects=False,
            timeout=60,
        )
        assert answered.status_code == 303
        return answered.headers["Location"]

    with ThreadPoolExecutor(12) as pool:
        places = list(pool.map(click, range(50)))
    (winner,) = [number for number, place in enumerate(places) if place.endswith("/done")]
    assert events(provider, "account:password-reset") == 1
    assert len(mails(provider, "password_changed")) == 1
    say_name(visitor, pupil.username)
    assert is_in(say_password(visitor, f"{NEW}-{winner:02}"), provider)


def test_PW_28_the_database_has_a_digest_only(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    token = mailed(provider, visitor, pupil.username).rsplit("/", 1)[1]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    with provider.reading() as db:
        row = db.scalars(select(OneTimeLink)).one()
        assert (row.purpose, row.account_id, row.email) == ("reset-password", pupil.account_id, ADDRESS)
        assert row.digest == opaque.digest(token)
        assert token not in repr(vars(row))


@pytest.mark.parametrize(
    "columns",
    [
        {"email": "nieuw@example.org", "email_folded": "nieuw@example.org"},
        {"email": None, "email_folded": None, "email_verified_at": None},
        {"email_verified_at": None},
    ],
)
def test_PW_28_CV_18_another_address_since_then_and_the_link_is_dead(
    provider: Provider, visitor: Visitor, pupil: Made, columns: dict[str, Any]
) -> None:
    link = mailed(provider, visitor, pupil.username)
    visitor.get(link)
    change(provider, pupil, **columns)
    page = choose(visitor)
    assert (page.status, GONE in page.text) == (404, True)
    assert visitor.get(link).status == 404
    assert events(provider, "account:password-reset") == 0


@pytest.mark.parametrize("what", ["blocked", "ended"])
def test_CV_07_who_was_blocked_since_then_gets_no_password(
    provider: Provider, visitor: Visitor, pupil: Made, what: str
) -> None:
    visitor.get(mailed(provider, visitor, pupil.username))
    now = provider.clock()
    change(
        provider,
        pupil,
        **({"blocked_at": now} if what == "blocked" else {"active_until": (now - timedelta(days=2)).date()}),
    )
    before = account_of(provider, pupil).sealed_secret
    assert choose(visitor).status == 404
    assert account_of(provider, pupil).sealed_secret == before


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "done%2f", "a" * 2000, "é", "..%2Flogin"])
def test_PW_28_a_link_that_never_was_says_no_more_than_an_old_one(
    provider: Provider, visitor: Visitor, token: str
) -> None:
    page = visitor.get(f"/reset/{token}")
    assert page.status == 404
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_PW_28_CV_18_links_of_another_purpose_open_nothing_here(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", offer_email=True)
    sign_in(visitor, pupil)
    visitor.submit(button="email-submit", email=ADDRESS)
    with provider.reading() as db:
        verify = db.scalars(select(OutboxMail)).one().text
    found = re.search(r"/verify-email/(\S+)", verify)
    assert found is not None
    assert visitor.get(f"/reset/{found.group(1)}").status == 404
    change(provider, pupil, email=ADDRESS, email_folded=ADDRESS, email_verified_at=provider.clock())
    token = mailed(provider, visitor, pupil.username).rsplit("/", 1)[1]
    assert visitor.get(f"/verify-email/{token}").status == 404
    assert visitor.get(f"/reset/{token}").status == 200


@pytest.mark.parametrize("proxies", [0, 1])
def test_OA_43_CV_14_the_link_leads_to_the_issuer_whatever_was_forwarded(
    open_provider: Callable[..., Provider], proxies: int
) -> None:
    """Also behind a proxy, which is believed about the address of a visitor and about nothing else."""
    provider = open_provider(server={"trusted_proxies": proxies})
    pupil = provider.people.pupil("advanced", email=ADDRESS)
    visitor = Visitor(provider.issuer)
    visitor.get("/forgot")
    forged = {
        "X-Forwarded-Host": "boos.example",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Port": "81",
        "X-Forwarded-Prefix": "/boos",
        "Forwarded": "host=boos.example;proto=gopher",
    }
    visitor.http.headers.update(forged)
    visitor.submit(button="forgot-submit", username=pupil.username)
    assert answer(provider) == 1
    (link,) = links_in(mails(provider)[-1])
    assert re.fullmatch(re.escape(provider.issuer) + r"/reset/[A-Za-z0-9_-]{43}", link)
    visitor.close()


# CV-16: no password without its link


def test_OA_62_CV_16_no_road_sets_a_password_without_a_redeemed_link(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made
) -> None:
    used = mailed(provider, visitor, pupil.username)
    reset(visitor, used)
    before = account_of(provider, pupil).sealed_secret
    provider.clock.move(minutes=1)
    waits = mailed(provider, visitor, pupil.username)  # a good link that nobody opens
    page = say_name(visitor, pupil.username)
    login = urlsplit(page.url).path.rsplit("/", 1)[0]
    token = page.form("login-submit").fields["csrf_token"]
    roads = [
        *("/reset/x", f"/reset/{secrets.token_urlsafe(32)}", urlsplit(used).path, "/reset/done", "/reset/"),
        *("/password", "/password/done", "/forgot", "/forgot/sent"),
        *(f"{login}/{step}" for step in ("new-password", "password", "email", "second-factor", "name")),
        *("/login/x/new-password", "/verify-email/x", urlsplit(waits).path.replace("/reset/", "/verify-email/")),
    ]  # fmt: skip
    for road in roads:
        for typed in ({"new_password": "Een-heel-ander-pad-5"}, {"password": "Een-heel-ander-pad-5"}, {}):
            answered = visitor.http.post(
                provider.origin + road,
                {"csrf_token": token, "username": pupil.username, "token": waits, "others": "yes", **typed},
                allow_redirects=False,
                timeout=30,
            )
            assert answered.status_code < 500, road
            assert account_of(provider, pupil).sealed_secret == before, road
    assert visitor.cookie("leerid_session") is None
    assert is_reset(reset(new_visitor(), waits))
    assert account_of(provider, pupil).sealed_secret != before


def test_OA_33_another_browser_s_form_sets_nothing(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor, pupil: Made
) -> None:
    link = mailed(provider, visitor, pupil.username)
    form = visitor.get(link).form("password-submit")
    other = new_visitor()
    other.get(link)
    assert other.post(link, {**form.fields, "new_password": NEW}).status == 403
    assert is_reset(reset(visitor, link))


def test_PW_18_a_busy_provider_says_so_and_the_link_still_works(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(hashing={"at_once": 1, "queue_seconds": 0.05})
    visitor, pupil = Visitor(provider.origin), provider.people.pupil("advanced", email=ADDRESS)
    link = mailed(provider, visitor, pupil.username)
    visitor.get(link)
    with hashing_is_busy(provider):
        assert choose(visitor).status == 503
        assert visitor.get("/reset/x").status == 404
    assert is_reset(reset(visitor, link))


def test_what_was_typed_goes_when_it_was_answered(provider: Provider, visitor: Visitor) -> None:
    ask(visitor, "Iemand.Die-er-niet-is")
    answer(provider)
    with provider.reading() as db:
        assert db.scalars(select(RecoveryRequest)).all() == []
        assert db.scalars(select(Account)).all() == []
