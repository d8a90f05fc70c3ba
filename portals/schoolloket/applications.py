"""A school's applications: which ones its pupils have, in which order, and what each gets (requirements, section 5.11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask, redirect, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as BaseResponse

from portals.kit.desk import wiring
from portals.kit.pages import render
from portals.schoolloket import schools
from portals.schoolloket.application_api import ApplicationApi
from portals.schoolloket.schools import AtSchool


def install(app: Flask) -> None:
    page = "/schools/<int:school>/applications"
    app.add_url_rule(page, "applications", show)
    app.add_url_rule(f"{page}/order", "order_applications", move, methods=["POST"])
    app.add_url_rule(f"{page}/<client_id>", "switch_application", switch, methods=["POST"])


def show(school: int) -> str:
    visit = schools.at(school)
    found = calls(visit).all()
    about = request.args.get("about", "")
    return render(
        "schoolloket/applications.html",
        placed=[each for each in found if each.on_dashboard],
        others=[each for each in found if not each.on_dashboard],
        said=request.args.get("said", ""),
        about=next((each for each in found if each.client_id == about), None),
    )


def move(school: int) -> BaseResponse:
    """One place up or down. The whole order goes to the provider: nobody counts from a list that has changed meanwhile."""
    api = calls(schools.at(school))
    up, client_id = "up" in request.form, request.form.get("up") or request.form.get("down", "")
    order = [each.client_id for each in api.all() if each.on_dashboard]
    if client_id not in order:
        raise BadRequest
    api.arrange(moved(order, client_id, up))
    return back(school, client_id)


def moved(order: Sequence[str], client_id: str, up: bool) -> list[str]:
    """The first one doesn't go up, nor the last one down."""
    others = [each for each in order if each != client_id]
    place = max(0, order.index(client_id) + (-1 if up else 1))
    return [*others[:place], client_id, *others[place:]]


def switch(school: int, client_id: str) -> BaseResponse:
    on = request.form.get("on") == "yes"
    calls(schools.at(school)).switch(client_id, on)
    return back(school, client_id, said="on" if on else "off", about=client_id)


def back(school: int, client_id: str, **said: Any) -> BaseResponse:
    """To the same application on the page, unless there is something to read above it."""
    anchor = None if said else f"app-{client_id}"
    return redirect(url_for("applications", school=school, _anchor=anchor, **said), 303)


def calls(visit: AtSchool) -> ApplicationApi:
    return ApplicationApi(wiring().api, visit.token, visit.school.number)
