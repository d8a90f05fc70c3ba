"""The files of a renewal and of a list: what is in them, for whom, and how often."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select, update

from idp.accounts.records import AuditEvent
from idp.authentication.records import BrowserSession
from tests.api.renewing import SCHOOL, Desk, desk_of
from tests.support.people import Official
from tests.support.provider import Provider

FILES = ["cards.pdf", "accounts.xlsx", "accounts.csv"]
HEADS = [
    "Stamnummer", "Voornaam", "Achternaam", "LeerID Gebruikersnaam", "LeerID Wachtwoord", "Administratieve groep",
    "Geslacht", "Geboortedatum", "Accounttype",
]  # fmt: skip


@pytest.fixture
def desk(provider: Provider) -> Desk:
    return desk_of(provider)


def manuals_two(provider: Provider) -> list[int]:
    """Those whom the manual prints (001:284-309)."""
    for given, family, number, group, born in [
        ("Ardalan", "Bhatti", 32890, "2e lj 3e gr Elektromechanica TSO", date(2010, 6, 11)),
        ("Amani", "Bockstal", 80240, "1e lj 3e gr Sociale en techn. wet. TSO", date(2007, 6, 3)),
    ]:
        provider.people.pupil(
            "advanced",
            given_name=given,
            family_name=family,
            school=SCHOOL,
            pupil_number=number,
            administrative_group=group,
            official=Official(given, family, "M", born),
        )
    return [32890, 80240]


def passwords_in(desk: Desk, renewal: str) -> dict[int, str]:
    return {row["pupil_number"]: row["password"] for row in desk.look(renewal)["rows"]}


def sheet_in(content: bytes, name: str | None = None) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(content))
    rows = book[name or book.sheetnames[0]].iter_rows(values_only=True)
    return [tuple(each.date() if isinstance(each, datetime) else each for each in row) for row in rows]


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_R40_R41_PW_36_the_cards_hold_what_was_set_by_group_and_by_name(
    provider: Provider, desk: Desk
) -> None:
    renewal = desk.renew(manuals_two(provider))
    passwords = passwords_in(desk, renewal)
    answer = desk.get(f"{renewal}/cards.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="LeerID-kaartjes ')
    assert answer.headers["Cache-Control"] == "no-store"
    text = text_of(answer.content)
    for password in passwords.values():
        assert password in text
    assert text.index("Amani Bockstal") < text.index("Ardalan Bhatti")


def test_R36_R97_one_card_shows_the_pupils_own_address(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    answer = desk.get(f"{desk.renew([pupil.number])}/cards.pdf")
    (page,) = PdfReader(io.BytesIO(answer.content)).pages
    assert pupil.card_handle in "".join(page.extract_text().split())


def test_R108_R110_R111_R112_the_workbook_is_that_of_the_manual(provider: Provider, desk: Desk) -> None:
    renewal = desk.renew(manuals_two(provider))
    passwords = passwords_in(desk, renewal)
    answer = desk.get(f"{renewal}/accounts.xlsx")
    assert "spreadsheetml" in answer.headers["Content-Type"]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="LeerID-accounts ')
    heads, *rows = sheet_in(answer.content)
    assert list(heads) == HEADS
    assert rows == [
        (
            32890, "Ardalan", "Bhatti", "ardalan.bhatti", passwords[32890], "2e lj 3e gr Elektromechanica TSO", "M",
            date(2010, 6, 11), "Gevorderd",
        ),
        (
            80240, "Amani", "Bockstal", "amani.bockstal", passwords[80240], "1e lj 3e gr Sociale en techn. wet. TSO",
            "M", date(2007, 6, 3), "Gevorderd",
        ),
    ]  # fmt: skip


def test_by_class_the_workbook_has_a_sheet_for_each(provider: Provider, desk: Desk) -> None:
    numbers = [
        provider.people.pupil("basic", school=SCHOOL, class_code=code).number for code in ("1A", "1B", "1A")
    ]
    answer = desk.get(f"{desk.renew(numbers)}/accounts.xlsx", by_class=1)
    assert [len(sheet_in(answer.content, name)) for name in ("1A", "1B")] == [3, 2]


def test_the_mail_merge_has_a_line_for_each(provider: Provider, desk: Desk) -> None:
    renewal = desk.renew(manuals_two(provider))
    answer = desk.get(f"{renewal}/accounts.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0][:4] == ["Voornaam", "Gebruikersnaam", "Wachtwoord", "Klas"]
    assert [line[2] for line in lines[1:]] == list(passwords_in(desk, renewal).values())


def test_R103_PW_36_only_who_was_ticked_and_done_is_printed(provider: Provider, desk: Desk) -> None:
    wanted, unwanted = manuals_two(provider)
    renewal = desk.propose([wanted, unwanted])
    desk.save(renewal, [wanted])
    assert [row[0] for row in sheet_in(desk.get(f"{renewal}/accounts.xlsx").content)] == [HEADS[0], wanted]


def test_PW_36_a_password_that_was_replaced_is_printed_no_more(provider: Provider, desk: Desk) -> None:
    one, other = manuals_two(provider)
    renewal = desk.renew([one, other])
    desk.renew([one])
    assert [row[0] for row in sheet_in(desk.get(f"{renewal}/accounts.xlsx").content)] == [HEADS[0], other]
    assert passwords_in(desk, renewal)[one] == ""
    desk.renew([other])
    assert statuses(desk, renewal) == [404, 404, 404]


# PW-23: whose file it is, and how long


def test_PW_23_OA_54_a_file_is_there_for_who_began_it_three_times_and_a_while(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(
        staff={"recent_minutes": 60}, tokens={"access_seconds": 3600}, sessions={"staff_idle_minutes": 60}
    )
    beheerder = provider.people.staff(school=SCHOOL)
    provider.people.appoint(beheerder, 7)
    desk = desk_of(provider, beheerder)
    pupil = provider.people.pupil("basic", school=SCHOOL)
    proposed, dropped, renewal = (desk.propose([pupil.number]) for _ in range(3))
    desk.save(dropped)
    assert statuses(desk, dropped) == [200, 200, 200]
    assert desk.delete(dropped).status_code == 204
    renewal = desk.renew([pupil.number])
    assert {
        "before it is saved": statuses(desk, proposed),
        "once it was dropped": statuses(desk, dropped),
        "by another beheerder": statuses(desk_of(provider), renewal),
        "in another sign-in": statuses(desk_of(provider, beheerder), renewal),
        "at another school": statuses(Desk(desk.caller, 7), renewal),
        "the first time": statuses(desk, renewal),
        "the second time": statuses(desk, renewal),
        "the third time": statuses(desk, renewal),
        "the fourth time": statuses(desk, renewal),
    } == {
        "before it is saved": [404, 404, 404],
        "once it was dropped": [404, 404, 404],
        "by another beheerder": [404, 404, 404],
        "in another sign-in": [404, 404, 404],
        "at another school": [404, 404, 404],
        "the first time": [200, 200, 200],
        "the second time": [200, 200, 200],
        "the third time": [200, 200, 200],
        "the fourth time": [404, 404, 404],
    }
    late = desk.renew([pupil.number])
    provider.clock.move(minutes=15, seconds=1)
    assert statuses(desk, late) == [404, 404, 404]


def statuses(desk: Desk, renewal: str) -> list[int]:
    return [desk.get(f"{renewal}/{name}").status_code for name in FILES]


def test_PW_23_after_signing_out_the_token_opens_nothing(provider: Provider, desk: Desk) -> None:
    renewal = desk.renew([provider.people.pupil("basic", school=SCHOOL).number])
    with provider.db() as db:
        db.execute(update(BrowserSession).values(ended_at=provider.clock()))
    assert statuses(desk, renewal) == [401, 401, 401]


def test_OA_61_each_file_is_witnessed_with_whom_it_is_about(provider: Provider, desk: Desk) -> None:
    numbers = manuals_two(provider)
    renewal = desk.renew(numbers)
    for name in FILES:
        desk.get(f"{renewal}/{name}")
    with provider.reading() as db:
        found = db.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()[-3:]
    assert [event.what for event in found] == ["renewal:printed", "renewal:exported", "renewal:exported"]
    assert [event.detail["file"] for event in found] == FILES
    assert [event.detail["pupils"] for event in found] == [numbers] * 3


# Without passwords


def test_R26_a_card_without_a_password_for_who_lost_it(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL, password="34mij1")
    answer = desk.get("cards.pdf", pupils=pupil.number)
    text = text_of(answer.content)
    assert pupil.username in text
    assert "34mij1" not in text
    assert pupil.card_handle in "".join(text.split())


def test_R84_cards_of_all_who_are_ticked_and_can_use_one(provider: Provider, desk: Desk) -> None:
    people = provider.people
    numbers = [people.pupil("basic", school=SCHOOL).number for _ in range(2)]
    numbers.append(people.enrolled_only(school=SCHOOL).pupil_number)
    desk.post("selection", {"add": numbers})
    answer = desk.get("cards.pdf", pupils="selected")
    assert answer.status_code == 200
    with provider.reading() as db:
        event = db.scalars(select(AuditEvent).where(AuditEvent.what == "card:printed")).one()
    assert sorted(event.detail["pupils"]) == numbers[:2]


def test_without_anybody_to_print_there_is_nothing(provider: Provider, desk: Desk) -> None:
    without = provider.people.enrolled_only(school=SCHOOL).pupil_number
    asked = ["77", "selected", without]
    assert [desk.get("cards.pdf", pupils=which).status_code for which in asked] == [404, 404, 404]


def test_R77_the_list_as_a_workbook_follows_the_filter_and_holds_no_password(
    provider: Provider, desk: Desk
) -> None:
    people = provider.people
    people.pupil("basic", school=SCHOOL, class_code="1A", given_name="Élise", family_name="Maes")
    people.pupil("basic", school=SCHOOL, class_code="1B", family_name="Claes")
    people.enrolled_only(school=SCHOOL, class_code="1A", given_name="Finn", family_name="Aerts")
    answer = desk.get("pupils.xlsx", **{"class": "1A"})
    heads, *rows = sheet_in(answer.content)
    assert list(heads) == HEADS
    assert [(row[1], row[3], row[4], row[8]) for row in rows] == [
        ("Finn", None, None, None),
        ("Élise", "elise.maes", None, "Basis"),
    ]


def test_OA_63_lists_and_cards_count_and_are_refused_when_it_is_too_much(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(staff={"exported_pupils_an_hour": 4, "alarm_pupils_an_hour": 3})
    desk = desk_of(provider)
    numbers = [provider.people.pupil("basic", school=SCHOOL).number for _ in range(3)]
    assert desk.get("pupils.xlsx").status_code == 200
    assert desk.get("cards.pdf", pupils=numbers[0]).status_code == 200
    assert desk.get("cards.pdf", pupils=numbers[0]).status_code == 429
    assert desk.get("pupils.xlsx").status_code == 429
    refused = desk.post(f"{desk.propose(numbers)}/save")
    assert refused.status_code == 429
    with provider.reading() as db:
        found = list(db.scalars(select(AuditEvent.what).where(AuditEvent.what.like("export:%"))))
    assert sorted(found) == ["export:alarm", "export:refused", "export:refused", "export:refused"]
