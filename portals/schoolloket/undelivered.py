"""The operators' page of what could not be delivered: mails, and applications that weren't told of a signing out."""

from __future__ import annotations

from flask import Flask

from portals.kit.desk import wiring
from portals.kit.errors import ShownError
from portals.kit.pages import render
from portals.schoolloket import schools
from portals.schoolloket.undelivered_api import undelivered


def install(app: Flask) -> None:
    app.add_url_rule("/operators/undelivered", "undelivered", show)


def show() -> str:
    """For an operator. For anybody else there is nothing here."""
    visit = schools.here()
    if not visit.desk.operator:
        raise ShownError(404, "not-there")
    found = undelivered(wiring().api, visit.token)
    return render("schoolloket/operators/undelivered.html", found=found)
