"""CV-15: one browser, one pupil after the other. What the first had under way is no way in for the next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.authentication.doors import is_in, say_name, say_password, sign_in, sign_out
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider

OWN = "Sprinkhaan-Op-Fietsvakantie7"
Between = Callable[[Provider, Visitor], object]


def signs_in(provider: Provider, visitor: Visitor) -> None:
    assert is_in(sign_in(visitor, provider.people.pupil("basic")), provider)


def signs_in_and_out(provider: Provider, visitor: Visitor) -> None:
    signs_in(provider, visitor)
    sign_out(visitor)


def signs_in_and_switches(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("basic")
    sign_in(visitor, pupil)
    visitor.get(pupil.card_path)
    visitor.submit(button="login-switch")


def only_signs_out(provider: Provider, visitor: Visitor) -> None:
    """There is nobody to sign out, and the pupil who left thinks that there is."""
    visitor.get("/end_session")


def left_half_way(provider: Provider, visitor: Visitor, step: str) -> tuple[Made, str, dict[str, str]]:
    """A pupil who showed the right password and walked away: where that was, and what its form held."""
    pupil = provider.people.pupil("advanced", temporary=step == "new-password", offer_email=step == "email")
    page = sign_in(visitor, pupil)
    assert page.url.endswith(f"/{step}")
    return pupil, page.url, page.form(f"{'password' if step == 'new-password' else 'email'}-submit").fields


@pytest.mark.parametrize("step", ["new-password", "email"])
@pytest.mark.parametrize("between", [signs_in, signs_in_and_out, signs_in_and_switches, only_signs_out])
def test_CV_15_the_next_pupil_finds_no_proven_login_in_the_history(
    provider: Provider, visitor: Visitor, step: str, between: Between
) -> None:
    pupil, url, fields = left_half_way(provider, visitor, step)
    between(provider, visitor)
    session = visitor.cookie("leerid_session")
    page = visitor.get(url)
    assert page.url.split("?")[0].endswith("/name")
    assert pupil.username not in page.html
    token = page.form("login-next").fields["csrf_token"]
    page = visitor.post(url, {**fields, "csrf_token": token, "new_password": OWN, "skip": "yes"})
    assert page.url.split("?")[0].endswith("/name")
    assert visitor.cookie("leerid_session") == session


def test_a_proven_login_goes_on_after_a_look_elsewhere(provider: Provider, visitor: Visitor) -> None:
    _, url, _ = left_half_way(provider, visitor, "new-password")
    visitor.get("/login")
    visitor.get(url)
    assert is_in(visitor.submit(button="password-submit", new_password=OWN), provider)


@pytest.mark.parametrize("leaves", ["signing out", "switching"])
def test_OA_35_leaving_changes_the_value_of_the_browser(
    provider: Provider, visitor: Visitor, leaves: str
) -> None:
    pupil = provider.people.pupil("basic")
    sign_in(visitor, pupil)
    url = visitor.get(pupil.card_path).url
    before = visitor.cookie("leerid_browser")
    visitor.submit(button="login-switch") if leaves == "switching" else sign_out(visitor)
    after = visitor.cookie("leerid_browser")
    assert after not in (None, before)
    planted = requests.get(url, cookies={"leerid_browser": str(before)}, timeout=10, allow_redirects=False)
    if leaves == "switching":  # this login went along, so the value of before doesn't open it
        assert url.split("/")[-2] not in planted.headers["Location"]


def test_OA_35_who_switches_on_the_way_to_an_application_still_gets_there(
    provider: Provider, visitor: Visitor
) -> None:
    """The request that waits goes along with the browser's new value."""
    first, second, app = (
        provider.people.pupil("basic"),
        provider.people.pupil("basic"),
        provider.relying_party(),
    )
    sign_in(visitor, first)
    asked = app.ask(prompt="login")
    page = visitor.get(asked.url)
    assert first.username in page.text
    visitor.submit(button="login-switch")
    visitor.submit(button="login-next", username=second.username)
    page = say_password(visitor, second.password)
    assert page.left_for is not None
    assert app.exchange(app.code(page.left_for, asked), asked).id_token


def test_OA_62_who_loses_a_race_is_shown_where_the_login_stands(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil("advanced", temporary=True)
    page = say_name(visitor, pupil.username)
    fields = {**page.form("login-submit").fields, "password": pupil.password}
    cookies = visitor.http.cookies.get_dict()

    def press(_number: int) -> str:
        answer = requests.post(page.url, data=fields, cookies=cookies, allow_redirects=False, timeout=30)
        return answer.headers["Location"]

    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(press, range(4)))
    assert all(place.endswith("/new-password") for place in places)
