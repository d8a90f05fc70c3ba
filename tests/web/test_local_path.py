"""A way back stays on this site (OA-04)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.pages import local_path


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/login/abc/name",
        "/authorize?client_id=a&scope=openid%20profile",
        "/k/abc#top",
        "/a//b",
        "/caf%C3%A9",
    ],
)
def test_OA_04_a_path_of_this_site_is_kept(address: str) -> None:
    assert local_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "https://evil.example",
        "http:evil.example",
        "https:x",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/a\r\nSet-Cookie: a=b",
        "/a b",
        "/a\\..\\b",
        "/\x00",
        "javascript:alert(1)",
        "evil.example",
        "@evil.example",
        " /a",
    ],
)
def test_OA_04_anything_else_becomes_the_fallback(address: str | None) -> None:
    assert local_path(address, "/home") == "/home"


@pytest.mark.parametrize("address", ["/%5cevil.example", "/%09/evil.example", "/%2f/evil.example"])
def test_OA_04_what_is_encoded_stays_encoded(address: str) -> None:
    assert local_path(address) == address


@given(st.text())
def test_OA_04_whatever_comes_in_a_single_slash_begins_what_goes_out(address: str) -> None:
    way_back = local_path(address)
    assert way_back.startswith("/")
    assert not way_back.startswith(("//", "/\\"))
    assert way_back.isascii()
    assert way_back.isprintable()
