"""Files to print or to import elsewhere: cards and lists, with the passwords of a renewal or without any.

They are made in memory, for one answer, and are nowhere else. Each is counted before it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response

from idp.api.asking import the_query
from idp.api.describing import File, described
from idp.api.holding import SCHOOL, at_school
from idp.api.problems import Problem
from idp.api.pupils import FILTER, filter_of
from idp.api.renewals import means
from idp.api.room import api
from idp.database import let_go, writing
from idp.rules.belgian_time import school_day
from idp.schools import cards, workbook
from idp.schools.cards import CardToPrint
from idp.schools.exports import spend
from idp.schools.permissions import Action, Actor
from idp.schools.records import School
from idp.schools.renewals.finding import NotThere, RunOut
from idp.schools.renewals.handles import handles_of
from idp.schools.renewals.printables import (
    Printable,
    cards_of,
    cards_without_passwords,
    everybody_in,
    rows_of,
    with_passwords,
)
from idp.schools.renewals.printing import FileKind, count_download, passwords_given
from idp.schools.selection import selected_numbers
from idp.schools.witnessing import witness
from idp.web.request import db, now, request_id, settings

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"

BY_CLASS = {"by_class": {"type": "integer", "enum": [0, 1]}}
SELECTED = "selected"
WHICH = {"pupils": {"type": "string", "pattern": f"^({SELECTED}|[0-9]{{1,10}})$"}}


# With the passwords of a renewal: three times each, for who began it, in the sign-in in which they did (PW-23)


@api.get("/schools/<int:school>/renewals/<uuid:renewal>/cards.pdf")
@described("Cards with the new passwords", File(PDF), scopes=(SCHOOL,))
def print_renewal(school: int, renewal: UUID) -> Response:
    """R40, R41, R97."""
    actor = at_school(school, Action.PRINT, recently=True)
    pupils = renewed(actor, renewal)
    cards_to_print = counted_cards(actor, pupils, renewal)
    return file(made_of(cards_to_print), PDF, f"LeerID-kaartjes {today()}.pdf")


@api.get("/schools/<int:school>/renewals/<uuid:renewal>/accounts.xlsx")
@described("The new accounts as a workbook", File(XLSX), scopes=(SCHOOL,), query=BY_CLASS)
def export_renewal(school: int, renewal: UUID) -> Response:
    """R108, R110 to R112; by class, each has a sheet."""
    actor = at_school(school, Action.EXPORT, recently=True)
    by_class = the_query().get("by_class") == 1
    pupils = renewed(actor, renewal)
    count(actor, pupils, renewal, FileKind.WORKBOOK, "renewal:exported")
    made = workbook.workbook(rows_of(pupils), by_class=by_class)
    return file(made, XLSX, f"LeerID-accounts {today()}.xlsx")


@api.get("/schools/<int:school>/renewals/<uuid:renewal>/accounts.csv")
@described("The new accounts for a mail merge", File(CSV), scopes=(SCHOOL,))
def merge_renewal(school: int, renewal: UUID) -> Response:
    actor = at_school(school, Action.EXPORT, recently=True)
    pupils = renewed(actor, renewal)
    count(actor, pupils, renewal, FileKind.MAIL_MERGE, "renewal:exported")
    return file(workbook.mail_merge(rows_of(pupils)), CSV, f"LeerID-accounts {today()}.csv")


# Without passwords: nobody knows those


@api.get("/schools/<int:school>/cards.pdf")
@described("Cards without a password", File(PDF), scopes=(SCHOOL,), query=WHICH, refusals=(429,))
def print_cards(school: int) -> Response:
    """For who lost a card and knows the password; of one pupil, or of all who are ticked."""
    actor = at_school(school, Action.PRINT, recently=True)
    which = the_query().get("pupils", SELECTED)
    numbers = selected_numbers(db(), actor, now()) if which == SELECTED else [int(which)]
    pupils = cards_without_passwords(db(), actor, numbers, now())
    if not pupils:
        raise Problem(404)
    pay(actor, pupils)
    note(actor, "card:printed", pupils)
    found = shown(actor, pupils)
    let_go(db())
    return file(made_of(found), PDF, f"LeerID-kaartjes {today()}.pdf")


@api.get("/schools/<int:school>/pupils.xlsx")
@described(
    "The pupils of the list as a workbook",
    File(XLSX),
    scopes=(SCHOOL,),
    query={**FILTER, **BY_CLASS},
    refusals=(429,),
)
def export_pupils(school: int) -> Response:
    """What the list shows under this filter, without passwords."""
    actor = at_school(school, Action.EXPORT, recently=True)
    asked = the_query()
    pupils = everybody_in(db(), actor, filter_of(asked), now())
    pay(actor, pupils)
    note(actor, "pupils:exported", pupils)
    let_go(db())
    made = workbook.workbook(rows_of(pupils), by_class=asked.get("by_class") == 1)
    return file(made, XLSX, f"LeerID-leerlingen {today()}.xlsx")


def renewed(actor: Actor, renewal: UUID) -> list[Printable]:
    """Who got a new password in it and still has that one. Raises Problem: over is as good as never there."""
    try:
        passwords = passwords_given(db(), means(), actor, renewal, now())
    except (NotThere, RunOut):
        raise Problem(404) from None
    found = with_passwords(db(), actor, passwords, now())
    if not found:
        raise Problem(404)
    return found


def counted_cards(actor: Actor, pupils: Sequence[Printable], renewal: UUID) -> list[CardToPrint]:
    begin_counting(actor, pupils, renewal, FileKind.CARDS, "renewal:printed")
    found = shown(actor, pupils)
    let_go(db())
    return found


def count(actor: Actor, pupils: Sequence[Printable], renewal: UUID, kind: FileKind, what: str) -> None:
    begin_counting(actor, pupils, renewal, kind, what)
    let_go(db())


def begin_counting(
    actor: Actor, pupils: Sequence[Printable], renewal: UUID, kind: FileKind, what: str
) -> None:
    """Once more of this kind, and witnessed; the pupils were counted when they were saved. Raises Problem."""
    writing(db())
    if not count_download(db(), renewal, kind, now()):
        raise Problem(404)
    note(actor, what, pupils, renewal=str(renewal), file=kind)


def pay(actor: Actor, pupils: Sequence[Printable]) -> None:
    """OA-63: so many pupils' data leave at once. Raises Problem."""
    writing(db())
    if not spend(db(), actor, len(pupils), now(), settings().staff, request_id=request_id()):
        raise Problem(429)


def note(actor: Actor, what: str, pupils: Sequence[Printable], **detail: Any) -> None:
    numbers = [pupil.pupil_number for pupil in pupils]
    alone = numbers[0] if len(numbers) == 1 else None
    witness(
        db(),
        actor,
        what,
        now=now(),
        request_id=request_id(),
        pupil_number=alone,
        pupils=numbers,
        **detail,
    )


def shown(actor: Actor, pupils: Sequence[Printable]) -> list[CardToPrint]:
    """Each with the pupil's own address (R36). The caller has said `writing`: who had no handle gets one."""
    handles = handles_of(db(), [pupil.login.account_id for pupil in pupils if pupil.login], now())
    school = db().get_one(School, actor.school_number)
    return cards_of(pupils, handles, school_name=school.name, address=f"{settings().issuer}/k/")


def made_of(found: Sequence[CardToPrint]) -> bytes:
    """One card alone is a page of its own; more of them are sheets to cut."""
    return cards.one_card(found[0]) if len(found) == 1 else cards.sheets(found, found[0].school_name)


def file(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def today() -> str:
    return school_day(now()).isoformat()
