"""The roads past a second factor, as the tests of this room walk them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urljoin

import requests
from sqlalchemy import select

from idp.accounts.records import AuditEvent, RecoveryCode, SecondFactor
from tests.authentication.doors import sign_in
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.totp import code_at

REQUIRED = {"second_factor": "required"}
Sent = tuple[str, str, dict[str, str], dict[str, str]]


def attempt_in(url: str) -> str:
    return url.split("/login/")[1].split("/", maxsplit=1)[0]


def step_of(page: Page) -> str:
    """Which page of a login this is."""
    return page.url.split("?")[0].rsplit("/", 1)[1]


def way_back(page: Page) -> str:
    """The address of the application, where a login that is done leads."""
    assert page.left_for is not None, f"still at {page.url}"
    return page.left_for


def code_of(provider: Provider, who: Made, *, steps: int = 0) -> str:
    """What the app of this member of staff shows now, or some half minutes from now."""
    assert who.totp_secret is not None
    moment = provider.clock()
    return code_at(who.totp_secret, moment.fromtimestamp(moment.timestamp() + 30 * steps, moment.tzinfo))


def wrong_code(provider: Provider, who: Made) -> str:
    good = {code_of(provider, who, steps=steps) for steps in range(-2, 3)}
    return next(code for code in (f"{number:06d}" for number in range(100)) if code not in good)


def say_code(visitor: Visitor, code: str) -> Page:
    return visitor.submit(button="factor-submit", code=code)


def say_recovery_code(visitor: Visitor, code: str) -> Page:
    page = visitor.page
    assert page is not None
    visitor.get(f"/login/{attempt_in(page.url)}/second-factor?by=recovery")
    return visitor.submit(button="factor-submit", code=code)


def sign_in_fully(provider: Provider, visitor: Visitor, who: Made) -> Page:
    sign_in(visitor, who)
    return say_code(visitor, code_of(provider, who))


def secret_on(page: Page) -> str:
    found = re.search(r'id="factor-secret">([A-Z2-7 ]+)<', page.html)
    assert found is not None, page.text[:300]
    return found.group(1)


def codes_on(page: Page) -> list[str]:
    return re.findall(r"<li>([2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4})</li>", page.html)


def enrol(provider: Provider, visitor: Visitor, who: Made) -> tuple[Made, list[str]]:
    """From the page that asks for a first app to the end: the app, and the recovery codes."""
    page = visitor.page
    assert page is not None
    with_app = replace(who, totp_secret=secret_on(page))
    codes = codes_on(say_code(visitor, code_of(provider, with_app)))
    return with_app, codes


def ready_to_send(visitor: Visitor, **fields: str) -> Sent:
    """What pressing the button would send, to be sent later, or together with others."""
    page = visitor.page
    assert page is not None
    path = "/" + page.url.split("/", 3)[3].split("?")[0]
    data = {**page.form("factor-submit").fields, **fields}
    return path, page.url, data, visitor.http.cookies.get_dict()


def send_at_once(sent: list[Sent], *nodes: str) -> list[str]:
    """Several browsers press at the same time, at several nodes; answers where each was sent on to."""

    def one(numbered: tuple[int, Sent]) -> str:
        number, (path, _, data, cookies) = numbered
        answer = requests.post(
            urljoin(nodes[number % len(nodes)], path),
            data=data,
            cookies=cookies,
            allow_redirects=False,
            timeout=60,
        )
        assert answer.status_code == 303, answer.status_code
        return answer.headers["Location"]

    with ThreadPoolExecutor(len(sent)) as pool:
        return list(pool.map(one, enumerate(sent)))


def factors(provider: Provider, who: Made) -> list[SecondFactor]:
    with provider.reading() as db:
        return list(db.scalars(select(SecondFactor).where(SecondFactor.account_id == who.account_id)))


def recovery_rows(provider: Provider, who: Made) -> list[RecoveryCode]:
    with provider.reading() as db:
        return list(db.scalars(select(RecoveryCode).where(RecoveryCode.account_id == who.account_id)))


def details(provider: Provider, what: str) -> list[dict[str, object]]:
    with provider.reading() as db:
        found = select(AuditEvent).where(AuditEvent.what == what).order_by(AuditEvent.id)
        return [event.detail for event in db.scalars(found)]
