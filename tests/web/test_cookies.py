"""Reading a cookie without being fooled by another one (OA-36)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.browser import Visitor, read
from tests.support.provider import Provider

NAME = "leerid_browser"


@pytest.fixture
def value_and_token(provider: Provider, visitor: Visitor) -> tuple[str, str]:
    """This browser's cookie, and a form's token that goes with it."""
    token = visitor.get("/nergens").form("/language").fields["csrf_token"]
    value = visitor.cookie(NAME)
    assert value
    return value, token


def choose_language(provider: Provider, cookies: str, token: str) -> int:
    """The status of a form sent with exactly these cookies."""
    client = provider.app.test_client(use_cookies=False)
    form = {"language": "en", "csrf_token": token}
    return client.post(
        "/language", base_url=provider.issuer, data=form, headers={"Cookie": cookies}
    ).status_code


def test_one_cookie_is_believed(provider: Provider, value_and_token: tuple[str, str]) -> None:
    value, token = value_and_token
    assert choose_language(provider, f"{NAME}={value}; other=1", token) == 303


@pytest.mark.parametrize(
    "cookies",
    ["{name}={value}; {name}={value}", "{name}=planted; {name}={value}", "{name}={value}; {name}=planted"],
)
def test_OA_36_of_two_cookies_none_is_believed(
    provider: Provider, value_and_token: tuple[str, str], cookies: str
) -> None:
    value, token = value_and_token
    assert choose_language(provider, cookies.format(name=NAME, value=value), token) == 403


@pytest.mark.parametrize(
    "cookies",
    [
        "\u2000__Host-{name}={value}",
        "\u00a0__Host-{name}={value}",
        "=__Host-{name}={value}",
        "$Version=1; $Path=/; __host-{name}={value}",
        "__Host-{name} ={value}x",
        "{name}={value}",
        "__Secure-{name}={value}",
    ],
)
def test_OA_36_CV_24_a_cookie_under_a_name_that_only_looks_right_is_not_believed(
    open_provider: Callable[..., Provider], cookies: str
) -> None:
    provider = open_provider(issuer="https://id.leerid.example")
    client = provider.app.test_client(use_cookies=False)
    answer = client.get("/nergens", base_url=provider.issuer)
    value = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    form = next(form for form in read(answer.text).forms if form.action == "/language")
    token = form.fields["csrf_token"]
    assert choose_language(provider, f"__Host-{NAME}={value}", token) == 303
    sent = cookies.format(name=NAME, value=value).encode("utf-8").decode("latin-1")
    assert choose_language(provider, sent, token) == 403


@pytest.mark.parametrize("value", ["", "short", "x" * 42, "x" * 44, "x" * 5000])
def test_a_browser_s_value_that_we_did_not_make_is_replaced(provider: Provider, value: str) -> None:
    client = provider.app.test_client(use_cookies=False)
    answer = client.get("/nergens", base_url=provider.issuer, headers={"Cookie": f"{NAME}={value}"})
    assert answer.headers["Set-Cookie"].startswith(f"{NAME}=")


def test_a_browser_keeps_the_value_that_it_has(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/nergens")
    value = visitor.cookie(NAME)
    assert "Set-Cookie" not in visitor.get("/nergens").headers
    assert visitor.cookie(NAME) == value
