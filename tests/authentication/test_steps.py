"""Steps called out of turn: the login begins at the right place again, and nothing has moved."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from sqlalchemy import func, select

from idp.authentication.records import BrowserSession, LoginAttempt
from tests.authentication.doors import is_in, say_name, say_password, sign_in
from tests.support.browser import Visitor
from tests.support.provider import Provider

STEPS = ["name", "password", "pictures", "new-password", "email", "mail-sent"]
FIELDS = {"username": "", "password": "", "new_password": "Sprinkhaan-Op-Fiets7", "email": "a@example.org"}


def sessions(provider: Provider) -> int:
    with provider.reading() as db:
        return db.scalar(select(func.count()).select_from(BrowserSession)) or 0


def attempt_in(url: str) -> str:
    return url.split("/login/")[1].split("/", maxsplit=1)[0]


def token(visitor: Visitor) -> str:
    assert visitor.page is not None
    return visitor.page.form("csrf_token").fields["csrf_token"]


@pytest.mark.parametrize("step", STEPS)
def test_OA_62_a_step_called_first_leads_to_the_name(provider: Provider, visitor: Visitor, step: str) -> None:
    attempt = attempt_in(visitor.get("/login").url)
    page = visitor.get(f"/login/{attempt}/{step}")
    assert page.url.endswith(f"/login/{attempt}/name")
    if step != "mail-sent":
        page = visitor.post(f"/login/{attempt}/{step}", {**FIELDS, "csrf_token": token(visitor)})
        assert f"/login/{attempt}/name" in page.url
    assert sessions(provider) == 0


@pytest.mark.parametrize("step", ["new-password", "email"])
def test_OA_62_no_step_is_skipped_before_the_password(
    provider: Provider, visitor: Visitor, step: str
) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    page = say_name(visitor, pupil.username)
    attempt = attempt_in(page.url)
    for answer in (
        visitor.get(f"/login/{attempt}/{step}"),
        visitor.post(f"/login/{attempt}/{step}", {**FIELDS, "csrf_token": token(visitor)}),
    ):
        assert answer.url.endswith(f"/login/{attempt}/password")
    assert sessions(provider) == 0


def test_OA_62_the_email_step_does_not_stand_in_for_an_own_password(
    provider: Provider, visitor: Visitor
) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    page = sign_in(visitor, pupil)
    attempt = attempt_in(page.url)
    for step in STEPS:
        page = visitor.get(f"/login/{attempt}/{step}")
        assert page.url.endswith("/new-password")
    page = visitor.post(f"/login/{attempt}/email", {"skip": "yes", "csrf_token": token(visitor)})
    assert page.url.endswith("/new-password")
    assert sessions(provider) == 0


def test_OA_62_empty_answers_move_nothing(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/login")
    page = visitor.submit(button="login-next", username="  ")
    assert "Vul je gebruikersnaam in." in page.text
    page = visitor.submit(button="login-next", username=provider.people.pupil("basic").username)
    page = say_password(visitor, "")
    assert "Vul je wachtwoord in." in page.text
    assert page.url.split("?")[0].endswith("/password")


def test_OA_62_a_step_twice_is_done_once(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    page = say_name(visitor, pupil.username)
    form, url = page.form("login-submit"), page.url
    assert is_in(say_password(visitor, pupil.password), provider)
    cookie = visitor.cookie("leerid_session")
    again = visitor.post(url, {"csrf_token": form.fields["csrf_token"], "password": pupil.password})
    assert is_in(again, provider)
    assert visitor.cookie("leerid_session") == cookie
    assert sessions(provider) == 1


def test_OA_31_OA_62_another_browser_gets_nothing_from_a_login(
    provider: Provider, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    pupil = provider.people.pupil("basic")
    url = say_name(visitor, pupil.username).url
    other = new_visitor()
    page = other.get(url)
    assert page.url.split("?")[0].endswith("/name")
    assert pupil.username not in page.html
    assert attempt_in(page.url) != attempt_in(url)
    page = other.post(url, {"csrf_token": token(other), "password": pupil.password})
    assert sessions(provider) == 0
    assert "/name" in page.url


def test_OA_62_anothers_proven_login_is_no_way_in(
    provider: Provider, visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    url = sign_in(visitor, provider.people.pupil("advanced", temporary=True)).url
    assert url.endswith("/new-password")
    other = new_visitor()
    other.get("/login")
    page = other.post(url, {"csrf_token": token(other), "new_password": "Sprinkhaan-Op-Fietsvakantie7"})
    assert "/name" in page.url
    assert sessions(provider) == 0


@pytest.mark.parametrize("attempt", ["x", "A" * 43, "...", "%00", "é", "a" * 3000])
def test_OA_62_an_attempt_that_never_was_begins_again(
    provider: Provider, visitor: Visitor, attempt: str
) -> None:
    page = visitor.get(f"/login/{attempt}/password")
    assert page.status in (200, 404)
    if page.status == 200:
        assert "Begin even opnieuw" in page.text


def test_a_login_that_took_too_long_begins_again_with_the_same_way_back(
    provider: Provider, visitor: Visitor
) -> None:
    pupil, app = provider.people.pupil("basic"), provider.relying_party()
    asked = app.ask()
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    provider.clock.move(minutes=provider.settings.sessions.attempt_minutes, seconds=1)
    page = say_password(visitor, pupil.password)
    assert "Begin even opnieuw" in page.text
    with provider.reading() as db:
        ways_back = {row.requirement["return_to"] for row in db.scalars(select(LoginAttempt))}
    assert len(ways_back) == 1


def test_a_proven_login_waits_for_twenty_minutes_only(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.pupil("advanced", temporary=True))
    provider.clock.move(minutes=21)
    page = visitor.submit(button="password-submit", new_password="Sprinkhaan-Op-Fietsvakantie7")
    assert "/name" in page.url
    assert sessions(provider) == 0


def test_OA_05_every_answer_to_a_post_is_303(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True, offer_email=True)
    visitor.get("/login")
    pages = [
        visitor.submit(button="login-next", username=""),
        visitor.submit(button="login-next", username=pupil.username),
        say_password(visitor, ""),
        say_password(visitor, "fout"),
        say_password(visitor, pupil.password),
        visitor.submit(button="password-submit", new_password="kort"),
        visitor.submit(button="password-submit", new_password="Sprinkhaan-Op-Fietsvakantie7"),
        visitor.submit(button="email-submit", email="geen adres"),
        visitor.submit(button="email-skip"),
    ]
    assert [page.history[0].status_code for page in pages] == [303] * len(pages)


def test_OA_05_no_password_is_in_an_address(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    say_name(visitor, pupil.username)
    pages = [say_password(visitor, "Foutje-123"), say_password(visitor, pupil.password)]
    pages.append(visitor.submit(button="password-submit", new_password="kort1"))
    for page in pages:
        for answer in (*page.history, page.response):
            told = answer.url + answer.headers.get("Location", "") + answer.text
            assert not any(secret in told for secret in ("Foutje-123", pupil.password, "kort1"))


def test_OA_32_a_form_from_elsewhere_signs_nobody_in(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    url = say_name(visitor, pupil.username).url
    fields = {"password": pupil.password}
    good = {**fields, "csrf_token": token(visitor)}
    for data, headers in (
        (fields, {}),
        ({**fields, "csrf_token": "0" * 64}, {}),
        (good, {"Sec-Fetch-Site": "cross-site"}),
        (good, {"Origin": "https://boos.example"}),
    ):
        answer = visitor.http.post(url, data=data, headers=headers, allow_redirects=False)
        assert answer.status_code == 403
    assert sessions(provider) == 0


def test_HEAD_and_strange_verbs_move_nothing(provider: Provider, visitor: Visitor) -> None:
    url = say_name(visitor, provider.people.pupil("basic").username).url
    assert visitor.http.head(url).status_code == 200
    assert requests.put(url, timeout=10).status_code in (403, 405)
    assert visitor.get(url).url == url
