"""The logo of an application that registered itself: fetched once, looked at, and served by us (PR-16)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.oidc.fetching import Fetcher, NotFetched
from idp.oidc.records import RegisteredClient
from idp.oidc.registration import Wrong

# How the bytes of each kind begin.
BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/svg+xml": (b"<svg", b"<?xml", b"<!--"),
}


LARGEST_SIDE = 4096
UNREADABLE = (LARGEST_SIDE + 1, 0)
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Logo:
    type: str
    body: bytes


def fetch(fetcher: Fetcher, address: str) -> Logo:
    """Raises Wrong, which says the same whatever went wrong there (OA-26)."""
    try:
        found = fetcher.get(address, accept=", ".join(BEGINNINGS))
    except NotFetched:
        raise Wrong("logo_uri", "no picture could be had there") from None
    logo = Logo(found.content_type.partition(";")[0].strip().lower(), found.body)
    if not is_picture(logo):
        raise Wrong("logo_uri", "must be a png, jpeg, gif or svg picture")
    return logo


def is_picture(logo: Logo) -> bool:
    beginnings = BEGINNINGS.get(logo.type, ())
    body = logo.body
    if logo.type == "image/svg+xml":
        body = body.removeprefix(b"\xef\xbb\xbf").lstrip()
        if b"<svg" not in body or b"<!ENTITY" in body:  # entities can unfold to gigabytes in who looks at it
            return False
    return body.startswith(beginnings) and max(size_of(logo)) <= LARGEST_SIDE


def size_of(logo: Logo) -> tuple[int, int]:
    """As the file itself says: a small file can unfold to gigabytes too. A drawing has none."""
    try:
        match logo.type:
            case "image/png":
                return pair(logo.body, ">II", 16)
            case "image/gif":
                return pair(logo.body, "<HH", 6)
            case "image/jpeg":
                return pair(logo.body, ">HH", frame_of_jpeg(logo.body) + 5)
            case _:
                return 0, 0
    except (struct.error, IndexError):
        return UNREADABLE


def frame_of_jpeg(body: bytes) -> int:
    """Where its first frame header is (ITU-T T.81, B.2.2): one segment after another, each with its length."""
    at = 2
    while not (body[at] == 0xFF and body[at + 1] in FRAMES):
        at += 2 + struct.unpack_from(">H", body, at + 2)[0]
    return at


def pair(body: bytes, form: str, at: int) -> tuple[int, int]:
    one, other = struct.unpack_from(form, body, at)
    return int(one), int(other)


def stored(db: Session, client_id: str) -> Logo | None:
    row = db.execute(
        select(RegisteredClient.logo_type, RegisteredClient.logo).where(
            RegisteredClient.client_id == client_id
        )
    ).first()
    return Logo(row.logo_type, row.logo) if row and row.logo_type and row.logo else None
