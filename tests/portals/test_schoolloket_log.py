"""The logbook of a school: who saw and changed what, and what was behind a foutnummer."""

from __future__ import annotations

import csv
import io
import re

import pytest

from idp.accounts.history import note
from tests.portals.desks import Desks, sign_in
from tests.support.browser import Page, Visitor
from tests.support.people import Made

SCHOOL = 2


@pytest.fixture
def els(desks: Desks, visitor: Visitor) -> Made:
    """A beheerder, signed in."""
    people = desks.provider.people
    people.school(SCHOOL, "BRUSSEL-STAD - TEST School 2")
    staff = people.staff(school=SCHOOL, given_name="Els", family_name="Verstraete")
    sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    return staff


def log(desks: Desks, visitor: Visitor, query: str = "", school: int = SCHOOL) -> Page:
    return visitor.get(f"{desks.schoolloket.origin}/schools/{school}/log{query}")


def rows(page: Page) -> list[str]:
    body = page.html.partition("<tbody")[2].partition("</tbody>")[0]
    return [
        " ".join(re.sub("<[^>]*>", " ", row).split()) for row in re.findall("<tr.*?</tr>", body, re.DOTALL)
    ]


def test_OA_61_a_beheerder_reads_in_dutch_who_looked_at_whom(
    desks: Desks, visitor: Visitor, els: Made
) -> None:
    pupil = desks.provider.people.pupil(
        "basic", school=SCHOOL, given_name="Ilias", family_name="El Amrani", pupil_number=60351
    )
    visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/pupils/{pupil.number}")
    page = log(desks, visitor)
    assert page.status == 200
    newest = rows(page)[0]
    assert "Els Verstraete LeerID-beheerder Leerling bekeken Ilias El Amrani (60351)" in newest
    assert re.search(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", newest)
    assert re.search(r"[A-Z2-9]{5}-[A-Z2-9]{5}", newest)
    assert "Logboek bekeken" in rows(log(desks, visitor))[0], "also whoever reads the log is in it"


def test_the_log_is_filtered_by_day_event_pupil_and_colleague(
    desks: Desks, visitor: Visitor, els: Made
) -> None:
    pupil = desks.provider.people.pupil("basic", school=SCHOOL, pupil_number=60351)
    visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/pupils/{pupil.number}")
    log(desks, visitor)
    page = visitor.submit(button="filter-log", what="pupil:viewed", pupil="60351", actor=els.username)
    assert [row for row in rows(page) if "Leerling bekeken" not in row] == []
    assert page.form("filter-log").fields["pupil"] == "60351", "what was typed is still there"
    assert "Niets gevonden" in log(desks, visitor, "?to=2020-01-01").text
    assert "Niets gevonden" in log(desks, visitor, "?from=2199-01-01").text
    assert "Niets gevonden" in log(desks, visitor, "?actor=nobody").text
    page = log(desks, visitor, "?from=gisteren&pupil=Jan&what=%00&page=-3")
    assert page.status == 200
    assert "Typ een datum, zoals 2026-01-31." in page.text
    assert "Een stamnummer is een getal." in page.text


def test_the_log_is_read_page_by_page(desks: Desks, visitor: Visitor, els: Made) -> None:
    with desks.provider.db() as db:
        for which in range(60):
            note(
                db,
                "pupils:listed",
                now=desks.provider.clock(),
                request_id=f"K{which:04d}-AAAAA",
                actor_id=els.account_id,
                school_number=SCHOOL,
                pupils=1,
            )
    first = log(desks, visitor, "?what=pupils:listed")
    assert len(rows(first)) == 50
    assert "Leerlingenlijst bekeken 1 leerling" in rows(first)[0]
    second = visitor.get(first.links["Volgende"])
    assert "page=2" in second.url
    assert "what=pupils" in second.url
    assert not set(rows(first)) & set(rows(second))


def test_the_log_goes_into_a_spreadsheet_with_the_same_filter(
    desks: Desks, visitor: Visitor, els: Made
) -> None:
    pupil = desks.provider.people.pupil("basic", school=SCHOOL)
    visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/pupils/{pupil.number}")
    page = log(desks, visitor, "?what=pupil:viewed")
    answer = visitor.http.get(page.links["Download als CSV"])
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [line["Wat"] for line in table] == ["pupil:viewed"]


# A foutnummer


def test_a_beheerder_looks_up_what_was_behind_a_foutnummer(desks: Desks, visitor: Visitor, els: Made) -> None:
    """However it was read out and typed: of the provider's pages, and of this desk's own."""
    missed = visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/pupils/99999")
    assert missed.status == 404
    own, other = (
        missed.headers["X-Request-Id"],
        visitor.http.get(desks.provider.issuer + "/nothing").headers["X-Request-Id"],
    )
    assert own in missed.text
    log(desks, visitor)
    page = visitor.submit(button="look-up-fault", fault=own)
    assert "hoort bij een andere school" in page.text
    assert "in het Schoolloket" in page.text
    for typed in (other.lower().replace("-", " "), f" {other.replace('-', '')} "):
        page = visitor.submit(button="look-up-fault", fault=typed)
        assert "De pagina bestaat niet" in page.text
        assert other in page.text


def test_a_foutnummer_that_is_none_is_said_beside_the_field(
    desks: Desks, visitor: Visitor, els: Made
) -> None:
    log(desks, visitor)
    for typed, sentence in NO_FOUTNUMMER.items():
        page = visitor.submit(button="look-up-fault", fault=typed)
        assert page.status == 200
        assert sentence in page.text
        assert "<script>1" not in page.html


NO_FOUTNUMMER = {
    "7K3QF-2MXRA": "Dit nummer kennen we niet.",
    "7K3QF": "Dat is geen foutnummer",
    "<script>1</script>": "Dat is geen foutnummer",
}


# Who may not


def test_a_leerkracht_has_no_logbook(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    teacher = people.staff()
    people.appoint(teacher, SCHOOL, "leerkracht", classes=["1A"])
    home = sign_in(visitor, teacher, desks.schoolloket.origin + "/login")
    assert "Logboek" not in home.links
    for path in ("log", "log.csv"):
        page = visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/{path}")
        assert page.status == 403
        assert "Dit mag alleen een LeerID-beheerder" in page.text


def test_OA_54_the_logbook_of_another_school_is_not_there(desks: Desks, visitor: Visitor, els: Made) -> None:
    desks.provider.people.pupil("basic", school=31245)
    theirs, nowhere = (log(desks, visitor, school=number) for number in (31245, 99999))
    assert theirs.status == nowhere.status == 404
    assert theirs.title == nowhere.title
    assert visitor.get(f"{desks.schoolloket.origin}/schools/31245/log.csv").status == 404
