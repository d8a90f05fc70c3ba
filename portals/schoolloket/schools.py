"""Who is signed in and at which school: every page of this desk begins here, and the choice of a school is a page (R76)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, make_response, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from portals.kit import session
from portals.kit.desk import wiring
from portals.kit.doors import access_token
from portals.kit.errors import ShownError
from portals.kit.idp_api import Me
from portals.kit.pages import render, speak_as_wished
from portals.schoolloket.school_api import BEHEERDER, OwnSchool, SchoolApi, Schools, own_schools

STAFF = "staff"


@dataclass(frozen=True)
class Visit:
    """A member of staff, with everything that is open to them."""

    me: Me
    desk: Schools
    token: str

    @property
    def may_add_second_factor(self) -> bool:
        """Where the second factor isn't required, whoever has none is told that there is one."""
        factor = self.desk.second_factor
        return not factor.required and not factor.enrolled


@dataclass(frozen=True)
class AtSchool(Visit):
    """The same, at one of their schools. Its number is in every address, so a tab never acts for another one's school."""

    school: OwnSchool

    @property
    def is_beheerder(self) -> bool:
        return self.school.role == BEHEERDER

    @property
    def api(self) -> SchoolApi:
        return SchoolApi(wiring().api, self.token, self.school.number)


def install(app: Flask) -> None:
    app.context_processor(the_visit)
    app.add_url_rule("/", "home", home)
    app.add_url_rule("/schools", "schools", choose)


def here() -> Visit:
    """For a page of no school in particular. Raises SignInAgain, or NotAllowed for who isn't staff."""
    token = access_token()
    g.visit = Visit(wiring().api.me(token), own_schools(wiring().api, token), token)
    visit: Visit = g.visit
    speak_as_wished(visit.me)
    return visit


def at(school_number: int) -> AtSchool:
    """For a page of one school. A school where they have no role isn't there: 404."""
    visit = here()
    school = visit.desk.get(school_number)
    if school is None:
        raise ShownError(404, "not-there")
    g.visit = AtSchool(visit.me, visit.desk, visit.token, school)
    found: AtSchool = g.visit
    return found


def the_visit() -> dict[str, Any]:
    """For the frame around each page, also an error's."""
    visit: Visit | None = g.get("visit")
    return {} if visit is None else {"visit": visit, "me": visit.me}


def home() -> str | BaseResponse:
    """The landing page; for staff of one school its pupils (R77), of more the choice, for who runs LeerID the feeds."""
    if session.tokens() is None:
        return render("schoolloket/landing.html")
    me = wiring().api.me(access_token())
    if me.kind != STAFF:
        return for_schools(me)
    desk = own_schools(wiring().api, access_token())
    if len(desk.schools) == 1:
        return redirect(url_for("pupils", school=desk.schools[0].number), 303)
    return redirect(url_for("operators" if desk.operator and not desk.schools else "schools"), 303)


def choose() -> str:
    here()
    return render("schoolloket/schools.html")


def for_schools(me: Me) -> Response:
    response: Response = make_response(render("schoolloket/for_schools.html", me=me))
    response.status_code = 403
    return response
