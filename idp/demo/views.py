"""The demonstration's own pages: a first page, cards to click, a mailbox, and the design's test sheet."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Flask
from sqlalchemy import select

from idp.demo import book, qr
from idp.demo.book import Entry
from idp.demo.people import State
from idp.demo.schools import SCHOOLS, ExampleSchool
from idp.mail.records import OutboxMail
from idp.rules.picture_passwords import PICTURES, Picture
from idp.web.errors import ShownError
from idp.web.pages import render
from idp.web.request import db, settings

demo = Blueprint("demo", __name__)
MAILS_SHOWN = 100
CLOSED = (State.TEMPORARY_EXPIRED, State.BLOCKED, State.PROTECTED, State.INACTIVE)
BY_DIGIT = {str(picture.digit): picture for picture in PICTURES}


@dataclass(frozen=True)
class ShownCard:
    """A card as it lies on a pupil's desk: its QR code drawn, its pictures in order."""

    entry: Entry
    address: str
    qr_size: int
    qr_path: str
    pictures: list[Picture]


def install(app: Flask) -> None:
    """Adds the pages to a provider; they show everybody's password, so only a demonstration does this."""
    app.register_blueprint(demo)


@demo.get("/demo", strict_slashes=False)
def first() -> str:
    entries = everybody()
    return render(
        "idp/demo/first.html",
        home_url="/demo",
        pupil=next(entry for entry in entries if entry.pictures and entry.featured),
        beheerder=next(entry for entry in entries if entry.is_staff),
        leerlingloket=settings().portals.leerlingloket,
        schoolloket=settings().portals.schoolloket,
        sample_app=settings().demo.sample_app,
        try_it=settings().demo.try_it,
        issuer=settings().issuer,
    )


@demo.get("/demo/cards")
def cards() -> str:
    """One of each sort; those that still work first."""
    featured = sorted((each for each in everybody() if each.featured), key=lambda each: each.state in CLOSED)
    return render(
        "idp/demo/cards.html",
        home_url="/demo",
        cards=[card_of(entry) for entry in featured],
        schools=SCHOOLS,
        school=None,
    )


@demo.get("/demo/cards/<int:number>")
def cards_of_a_school(number: int) -> str:
    """By administrative group, then by name: as a school prints them (R41)."""
    school = school_of(number)
    here = [entry for entry in everybody() if entry.handle and number in entry.schools]
    here.sort(key=lambda entry: (entry.group, entry.family_name, entry.given_name))
    return render(
        "idp/demo/cards.html",
        home_url="/demo",
        cards=[card_of(entry) for entry in here],
        schools=SCHOOLS,
        school=school,
    )


@demo.get("/demo/mailbox")
def mailbox() -> str:
    newest = select(OutboxMail).order_by(OutboxMail.created_at.desc(), OutboxMail.id).limit(MAILS_SHOWN)
    return render("idp/demo/mailbox.html", home_url="/demo", mails=db().scalars(newest).all())


@demo.get("/design")
def design() -> str:
    return render("design/sheet.html", home_url="/demo", picture_set=PICTURES)


def everybody() -> list[Entry]:
    return book.read(settings().demo.people_file)


def school_of(number: int) -> ExampleSchool:
    found = next((school for school in SCHOOLS if school.number == number), None)
    if found is None:
        raise ShownError(404, "not-found")
    return found


def card_of(entry: Entry) -> ShownCard:
    address = f"{settings().issuer}/k/{entry.handle}"
    rows = qr.modules(address)
    pictures = [BY_DIGIT[digit] for digit in entry.password] if entry.pictures else []
    return ShownCard(entry, address, len(rows), qr.path(rows), pictures)
