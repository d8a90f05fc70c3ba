"""The pupils of a school: filter, table, pages, and the selection that stays while somebody looks around (R77 to R85)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from flask import Flask, Response, jsonify, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from portals.kit.desk import wiring
from portals.kit.errors import ShownError
from portals.kit.files import pass_on
from portals.kit.idp_api import NotThere
from portals.kit.pages import come_back_to, render
from portals.schoolloket import schools
from portals.schoolloket.list_address import (
    PER_PAGE,
    STATUSES,
    TYPES,
    ListAddress,
    list_address,
    list_filter,
    read_address,
)
from portals.schoolloket.renewal_api import Purpose, RenewalApi
from portals.schoolloket.school_api import Choices, SchoolApi
from portals.schoolloket.schools import AtSchool

# As many as stand on the largest page.
MOST_SHOWN = max(PER_PAGE)
# Pages beside the current one in the pager.
NEIGHBOURS = 2


def install(app: Flask) -> None:
    app.add_url_rule("/schools/<int:school>", "pupils", pupils)
    app.add_url_rule("/schools/<int:school>/select", "select", select, methods=["POST"])
    app.add_url_rule("/schools/<int:school>/cards.pdf", "cards", cards)
    app.add_url_rule("/schools/<int:school>/pupils.xlsx", "workbook", workbook)


def pupils(school: int) -> str:
    visit = schools.at(school)
    place = list_address(request.args)
    come_back_to(place.at(school))
    found = visit.api.pupils(
        place.which, sort=place.sort, direction=place.direction, page=place.page, per_page=place.per_page
    )
    return render(
        "schoolloket/pupils.html",
        place=place.on_page(found.page),
        found=found,
        choices=in_order(found.choices),
        pager=pages_around(found.page, found.pages),
        rows_per_page=PER_PAGE,
        said=request.args.get("said", ""),
    )


def in_order(choices: Choices) -> Choices:
    """Status and type in the order of this desk, whatever the order in which they were found."""
    return Choices(
        groups=choices.groups,
        classes=choices.classes,
        statuses=tuple(word for word in STATUSES if word in choices.statuses),
        types=tuple(word for word in TYPES if word in choices.types),
    )


def pages_around(page: int, pages: int) -> list[int]:
    """The first, the last and the neighbours of this one; 0 where some are left out."""
    shown = sorted(
        {
            number
            for number in (1, *range(page - NEIGHBOURS, page + NEIGHBOURS + 1), pages)
            if 0 < number <= pages
        }
    )
    found: list[int] = []
    for number in shown:
        if found and number - found[-1] > 1:
            found.append(0)
        found.append(number)
    return found


def select(school: int) -> BaseResponse:
    """Every button of the list. What was ticked on the page is kept first, so that no way of going on loses it."""
    visit = schools.at(school)
    place = read_address(request.form.get("at", ""))
    come_back_to(place.at(school))
    selected = keep_ticks(visit.api, request.form)
    if request.accept_mimetypes.best == "application/json":  # selection.js, while somebody ticks
        return jsonify(selected=selected)
    if "go" in request.form:
        return redirect(read_address(request.form["go"]).at(school), 303)
    do = request.form.get("do", "filter")
    if do not in BUTTONS:
        raise ShownError(400, "bad-request")
    if do in FOR_SOMEBODY and selected == 0:
        return redirect(saying("nobody", place, school), 303)
    return redirect(BUTTONS[do](visit, place), 303)


def keep_ticks(api: SchoolApi, form: MultiDict[str, str]) -> int:
    """Tells the API of the rows that were on the page: which are ticked, and which are not (any more)."""
    shown = numbers(form.get("shown", "").split(","))
    # The box in the heading stands for the whole page where no script ticks the rows with it.
    ticked = shown if "whole_page" in form else numbers(form.getlist("pupil")) & shown
    return api.select(add=ticked, remove=shown - ticked)


def numbers(words: list[str]) -> frozenset[int]:
    known = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 10]
    return frozenset(known[:MOST_SHOWN])


# What a button does; each answers the address that it leads to.


def filtered(visit: AtSchool, place: ListAddress) -> str:
    return place.showing(list_filter(request.form)).at(visit.school.number)


def with_everybody(visit: AtSchool, place: ListAddress) -> str:
    visit.api.select_all(place.which)
    return place.at(visit.school.number)


def with_nobody(visit: AtSchool, place: ListAddress) -> str:
    visit.api.clear_selection()
    return place.at(visit.school.number)


def renewing(visit: AtSchool, place: ListAddress) -> str:
    return proposed(visit, Purpose.RENEWAL)


def activating(visit: AtSchool, place: ListAddress) -> str:
    return proposed(visit, Purpose.ACTIVATION)


def proposed(visit: AtSchool, purpose: Purpose) -> str:
    """To the page that shows the new passwords before anything is saved (R103)."""
    renewal = RenewalApi(wiring().api, visit.token, visit.school.number).propose(purpose, "selected")
    return url_for("renewal", school=visit.school.number, renewal=renewal)


def printing(visit: AtSchool, place: ListAddress) -> str:
    return place.file("cards", visit.school.number)


BUTTONS: Mapping[str, Callable[[AtSchool, ListAddress], str]] = MappingProxyType(
    {
        "filter": filtered,
        "everybody": with_everybody,
        "nobody": with_nobody,
        "renew": renewing,
        "activate": activating,
        "cards": printing,
    }
)
FOR_SOMEBODY = frozenset({"renew", "activate", "cards"})


# Files. Who has to sign in again for one comes back to the list, where the file hangs.


def cards(school: int) -> BaseResponse:
    """Cards without a password, of everybody who is selected."""
    visit = schools.at(school)
    place = list_address(request.args)
    come_back_to(saying("cards", place, school))
    try:
        return pass_on(visit.api.cards())
    except NotThere:
        return redirect(saying("no-cards", place, school), 303)


def workbook(school: int) -> Response:
    """Excel of everybody whom the filter lets through, without passwords."""
    visit = schools.at(school)
    place = list_address(request.args)
    come_back_to(saying("workbook", place, school))
    return pass_on(visit.api.workbook(place.which, by_class="by_class" in request.args))


def saying(what: str, place: ListAddress, school_number: int) -> str:
    return place.file("pupils", school_number, said=what)
