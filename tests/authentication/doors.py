"""The roads to a password, as the tests of this room walk them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from urllib.parse import urljoin

import requests
from sqlalchemy import select

from idp.accounts.records import Account, AuditEvent
from idp.authentication.decoys import decoy_for
from idp.authentication.records import FailureCounter
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

# What is no password of one's own for Ardalan Bhatti, and what the page then says.
NO_PASSWORDS = (
    ("Kort-7", "minstens 12 karakters"),
    ("Ardalan-en-de-zee9", "gebruikersnaam"),
    ("welkomwelkom12", "te makkelijk te raden"),
    ("x" * 200, "niet langer"),
    ("", "minstens 12 karakters"),
)
WRONG = "Dat klopt niet."
HELP = "Neem je kaartje erbij of vraag het aan je juf of meester."
CLOSED = "Gebruik je kaartje (QR-code) of vraag hulp."
WAIT = "Wacht nog"


def say_name(visitor: Visitor, username: str) -> Page:
    """From a fresh login to the password page of a typed name."""
    visitor.get("/login")
    return visitor.submit(button="login-next", username=username)


def say_password(visitor: Visitor, password: str) -> Page:
    return visitor.submit(button="login-submit", password=password)


def sign_in(visitor: Visitor, who: Made) -> Page:
    say_name(visitor, who.username)
    return say_password(visitor, who.password)


def is_in(page: Page, provider: Provider) -> bool:
    """Whether the login ended at the Leerlingloket, where nobody is in these tests."""
    return page.left_for == f"{provider.settings.portals.leerlingloket}/login"


def fail(visitor: Visitor, times: int, start: int = 0) -> Page:
    """Wrong passwords, each another one."""
    for number in range(start, start + times):
        page = say_password(visitor, f"{1111 + number}")
    return page


def fail_past_waits(provider: Provider, visitor: Visitor, times: int, start: int = 0) -> Page:
    """Wrong passwords by somebody who waits as long as it takes."""
    for number in range(start, start + times):
        page = say_password(visitor, f"{1111 + number}")
        provider.clock.move(minutes=16)
        if "/name" in page.url:
            raise AssertionError("the login expired")
    return page


def guess_at_once(
    visitor: Visitor, origins: Iterable[str], guesses: Iterable[str], threads: int = 12
) -> list[str]:
    """Many guesses in one browser at the same time, spread over nodes; answers where each was sent on to."""
    page = visitor.page
    assert page is not None
    token = page.form("login-submit").fields["csrf_token"]
    path = page.url.split("/", 3)[3].split("?")[0]
    nodes = list(origins)

    def one(numbered: tuple[int, str]) -> str:
        number, guess = numbered
        answer = requests.post(
            urljoin(nodes[number % len(nodes)], "/" + path),
            data={"csrf_token": token, "password": guess},
            cookies=visitor.http.cookies.get_dict(),
            allow_redirects=False,
            timeout=60,
        )
        assert answer.status_code in (303, 503), answer.status_code
        return answer.headers.get("Location", "busy")

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, enumerate(guesses)))


def counted(provider: Provider, bucket: str = "account") -> int:
    """The failures in a row that stand in a bucket; for tests with one account."""
    with provider.reading() as db:
        wanted = select(FailureCounter.in_a_row).where(FailureCounter.bucket == bucket)
        return sum(db.scalars(wanted))


@contextmanager
def hashing_is_busy(provider: Provider) -> Iterator[None]:
    """Every thread that hashes has something else to do."""
    vault, over = provider.app.extensions["leerid.authentication"], threading.Event()
    for _ in range(provider.settings.hashing.at_once):
        vault.threads.submit(over.wait)
    try:
        yield
    finally:
        over.set()


def sign_out(visitor: Visitor) -> Page:
    visitor.get("/end_session")
    return visitor.submit(button="logout-confirm")


def names_of_nobody(provider: Provider, *, with_pictures: bool) -> Iterator[str]:
    """Names that nobody has, and that show the wanted page."""
    for number in count():
        name = f"niemand.nergens{number}"
        if decoy_for(provider.keys.lookup, name).with_pictures is with_pictures:
            yield name


def events(provider: Provider, what: str) -> int:
    with provider.reading() as db:
        return len(db.scalars(select(AuditEvent).where(AuditEvent.what == what)).all())


def account_of(provider: Provider, who: Made) -> Account:
    with provider.reading() as db:
        return db.get_one(Account, who.account_id)
