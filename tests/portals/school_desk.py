"""At the Schoolloket as its staff: the pupils of the manual, and the buttons of the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from urllib.parse import urljoin

from tests.portals.desks import Desks, sign_in
from tests.support.browser import Form, Page, Visitor, browser_headers
from tests.support.people import Enrolled, Made, Official, People

SCHOOL = 2
SCHOOL_NAME = "BRUSSEL-STAD - TEST School 2"
UNTIL = date(2027, 8, 31)

# OA-58: whatever a name holds, it is shown as text.
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "javascript:alert(1)//",
    "</textarea></title><svg/onload=alert(1)>",
)


def ardalan(people: People) -> Made:
    """Advanced, and still with the password that the school gave."""
    return people.pupil(
        "advanced",
        school=SCHOOL,
        given_name="Ardalan",
        family_name="Bhatti",
        pupil_number=32890,
        administrative_group="2e lj 3e gr Elektromechanica TSO",
        class_code="5EM",
        temporary=True,
    )


def butrint(people: People) -> Made:
    """Advanced, with an own e-mail address."""
    people.pupil("advanced", username="butrint.boeren")
    return people.pupil(
        "advanced",
        school=SCHOOL,
        given_name="Butrint",
        family_name="Boeren",
        pupil_number=47727,
        administrative_group="2e lj 2e gr Wetenschappen ASO",
        class_code="4WE",
        email="thomas.peeters@ond.vlaanderen.be",
    )


def abdulghani(people: People) -> Made:
    """Basic, known to the register."""
    return people.pupil(
        "basic",
        school=SCHOOL,
        given_name="Abdulghani",
        family_name="Bogdan",
        pupil_number=60351,
        administrative_group="6de leerjaar",
        class_code="6A",
        active_until=UNTIL,
        official=Official("Abdulghani", "Bogdan", "M", date(2010, 11, 7)),
    )


def pieter(people: People) -> Enrolled:
    """Without an account."""
    return people.enrolled_only(
        school=SCHOOL,
        given_name="Pieter-Alexander",
        family_name="Bogaert",
        pupil_number=93504,
        administrative_group="2e lj 1e gr Mechanica-elektriciteit",
        class_code="2ME",
        secondary=True,
    )


def come_in(desks: Desks, visitor: Visitor, *, role: str = "beheerder", classes: Iterable[str] = ()) -> Page:
    """A member of staff of the school, at its list."""
    people = desks.provider.people
    people.school(SCHOOL, SCHOOL_NAME)
    staff = people.staff(school=SCHOOL, role=role, classes=tuple(classes))
    return sign_in(visitor, staff, desks.schoolloket.origin + "/login")


def press(
    visitor: Visitor,
    button: str | None = None,
    *,
    go: str | None = None,
    tick: Iterable[int] = (),
    untick: Iterable[int] = (),
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> Page:
    """A button of the list with the ticks as they stand and as they are changed, and what is `chosen` in the filter.

    `go` is the value of a button without an id, such as a heading.
    """
    assert visitor.page is not None
    form = visitor.page.form("pupils")
    pressed = {"go": go} if go is not None else dict([form.buttons[button or "filter-pupils"]])
    ticked = (ticks(form) | set(tick)) - set(untick)
    data = {**form.fields, **pressed, **chosen, "pupil": sorted(map(str, ticked))}
    target = urljoin(visitor.page.url, form.action)
    return visitor.post(target, data, headers=browser_headers(visitor.page, target))


def ticks(form: Form) -> set[int]:
    """The stamnummers that are ticked on the page."""
    boxes = [each for each in form.inputs if each.get("name") == "pupil"]
    return {int(each["value"]) for each in boxes if "checked" in each}


def rows(page: Page) -> list[int]:
    """The stamnummers on the page, in its order."""
    shown = page.form("pupils").fields["shown"]
    return [int(number) for number in shown.split(",") if number]


def going(page: Page, text: str) -> str:
    """The `go` of the button with this text, such as a heading or a page."""
    for words, value in page_buttons(page):
        if words == text:
            return value
    raise AssertionError(f"no button {text}, but {page_buttons(page)}")


def page_buttons(page: Page) -> list[tuple[str, str]]:
    parts = page.html.split('name="go" value="')[1:]
    found = []
    for part in parts:
        value, _, rest = part.partition('"')
        words = rest.partition(">")[2].partition("</button>")[0]
        text = words.split("<")[0] if not words.startswith("<") else words.partition(">")[2].split("<")[0]
        found.append((text.strip(), value.replace("&amp;", "&")))
    return found
