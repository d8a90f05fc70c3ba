"""What the demonstration tells about itself: `demo.json` for programs, five lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from idp.demo.book import Entry
from idp.demo.directory import Place, RegisteredClient
from idp.demo.schools import SCHOOLS

NAMES = {school.number: school.name for school in SCHOOLS}


def announcement(
    place: Place, entries: Sequence[Entry], clients: Sequence[RegisteredClient]
) -> dict[str, Any]:
    return {
        "issuer": place.issuer,
        "leerlingloket": place.leerlingloket,
        "schoolloket": place.schoolloket,
        "sample_app": place.sample_app,
        "try_it": place.try_it,
        "mailbox": f"{place.issuer}/demo/mailbox",
        "cards": f"{place.issuer}/demo/cards",
        "users": [user(place, entry) for entry in entries if not entry.is_staff],
        "staff": [user(place, entry) for entry in entries if entry.is_staff],
        "clients": [asdict(client) for client in clients],
    }


def user(place: Place, entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {
        "username": entry.username,
        "password": entry.password,
        "kind": entry.kind,
        "state": entry.state,
        "given_name": entry.given_name,
        "family_name": entry.family_name,
        "school": entry.schools[0] if entry.schools else None,
        "schools": [{"number": number, "name": NAMES[number]} for number in entry.schools],
        "card_url": f"{place.issuer}/k/{entry.handle}" if entry.handle else None,
    }
    if entry.is_staff:
        told |= {"role": entry.role, "classes": entry.classes}
    if entry.totp_secret:
        told["totp_secret"] = entry.totp_secret
    if entry.pictures:
        told["digits"] = entry.password
    if entry.email:
        told |= {"email": entry.email, "email_verified": entry.email_verified}
    return told


def first_screen(place: Place, entries: Sequence[Entry]) -> str:
    """What to try, for somebody who has never seen this."""
    beheerder = next(entry for entry in entries if entry.is_staff)
    return "\n".join(
        (
            f"  Begin at {place.issuer}/demo",
            f"  1. As a pupil:   {place.issuer}/demo/cards: click a QR code, then the four pictures of that card",
            f"  2. As a school:  {place.schoolloket}: {beheerder.username} / {beheerder.password}",
            f"  3. As a builder: {place.sample_app}: a small application; {place.issuer}/developers: how to build one",
            f"  Mails wait at {place.issuer}/demo/mailbox; all passwords are in {place.announcement}; Ctrl-C ends it",
        )
    )
