"""What a logo may be: a small picture of the kind that it says it is."""

from __future__ import annotations

import pytest

from idp.oidc.dynamic.logos import Logo, is_picture


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<h1>Logo</h1>"),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("image/svg+xml", b"\x89PNG\r\n\x1a\n"),
        ("image/svg+xml", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>'),
        ("image/png", b""),
        ("image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 8 + b"\0\0\x80\0" * 2),  # 32768 x 32768
        ("image/gif", b"GIF89a\xff\xff\xff\xff"),
        ("image/jpeg", b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\xff\xff\xff\xff"),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
    ],
)
def test_what_is_no_small_picture(kind: str, body: bytes) -> None:
    assert not is_picture(Logo(kind, body))


@pytest.mark.parametrize("body", [b"<svg/>", b"\xef\xbb\xbf<svg/>", b"\n<!-- getekend --><svg/>"])
def test_a_drawing_may_begin_in_several_ways(body: bytes) -> None:
    assert is_picture(Logo("image/svg+xml", body))
