"""The pages of whoever runs LeerID: send a feed of enrolments, look at what it would change, and apply it (R89, FT-24).

They show numbers, never a pupil's name.
"""

from __future__ import annotations

import io
import time
from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portals.kit import session
from portals.kit.desk import wiring
from portals.kit.errors import ShownError
from portals.kit.idp_api import NotThere, Refusal
from portals.kit.pages import come_back_to, render
from portals.schoolloket import schools
from portals.schoolloket.import_api import CHANGES, ImportApi, State

MEGABYTE = 1_000_000
# What a form with a file may be here at most; the provider says how much of that it takes.
LARGEST_FORM = 100 * MEGABYTE
SECONDS_A_PRESS = 8


def install(app: Flask) -> None:
    app.url_value_preprocessor(let_a_file_in)
    one = "/operators/imports/<uuid:number>"
    app.add_url_rule("/operators", "operators", overview)
    app.add_url_rule("/operators/imports", "send_feed", send, methods=["POST"])
    app.add_url_rule(one, "import", show)
    app.add_url_rule(f"{one}/apply", "apply_import", apply, methods=["POST"])
    app.add_url_rule(f"{one}/remove", "remove_import", remove, methods=["POST"])


def let_a_file_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before the form's token is looked for: that is in the same form as the file. For who is signed in only."""
    if endpoint == "send_feed" and session.tokens() is not None:
        request.max_content_length = LARGEST_FORM


def calls() -> ImportApi:
    """For an operator. For anybody else there is nothing here."""
    visit = schools.here()
    if not visit.desk.operator:
        raise ShownError(404, "not-there")
    return ImportApi(wiring().api, visit.token)


# The pages


def overview() -> str:
    return render("schoolloket/operators/imports.html", found=calls().all(), problem="")


def show(number: UUID) -> str:
    """The one page of an import, which shows what is true now."""
    page = request.args.get("page", "")
    found = calls().look(number, int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1)
    if found.about.state is State.APPLYING:
        return render("schoolloket/operators/applying.html", found=found.about)
    return render(
        "schoolloket/operators/import.html", found=found, changes=CHANGES, said=request.args.get("said", "")
    )


# What the buttons do


def send() -> BaseResponse:
    """The file, to the provider; then to the page that says what it would change."""
    api = calls()
    file = request.files.get("feed")
    known = api.all()
    size = file.stream.seek(0, io.SEEK_END) if file is not None else 0
    problem = ""
    if file is None or size == 0:
        problem = "empty"
    elif size > known.largest_megabytes * MEGABYTE:
        problem = "too_large"
    if file is None or problem:
        response: Response = make_response(
            render("schoolloket/operators/imports.html", found=known, problem=problem)
        )
        response.status_code = 422
        return response
    file.stream.seek(0)
    return redirect(url_for("import", number=api.send(file.stream, file.filename or "")), 303)


def apply(number: UUID) -> BaseResponse:
    """A second's work each time, and without script some more for each press of the button."""
    api = calls()
    page = url_for("import", number=number)
    come_back_to(page)
    by_script = request.accept_mimetypes.best == "application/json"
    try:
        progress = api.apply(number, confirmed="confirmed" in request.form)
        until = time.monotonic() + SECONDS_A_PRESS
        while not by_script and progress.state is State.APPLYING and time.monotonic() < until:
            progress = api.apply(number, confirmed=False)
    except Refusal as no:
        if no.status != 409:
            raise
        return redirect(url_for("import", number=number, said="busy" if busy(no) else "changed"), 303)
    if by_script:  # progress.js
        return jsonify(done=progress.done, total=progress.total, saved=progress.state is not State.APPLYING)
    return redirect(page, 303)


def busy(no: Refusal) -> bool:
    return State.APPLYING in no.reasons


def remove(number: UUID) -> BaseResponse:
    """What is gone already is as good as removed; what was begun meanwhile stays, and its page says so."""
    try:
        calls().remove(number)
    except Refusal as no:
        if no.status != 409:
            raise
        return redirect(url_for("import", number=number), 303)
    except NotThere:
        pass
    return redirect(url_for("operators"), 303)
