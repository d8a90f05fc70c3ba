"""One pupil of a school: enrolment, official data, account, and what can be done with it at once (R86 to R93, R98)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portals.kit.files import pass_on
from portals.kit.pages import come_back_to, render
from portals.schoolloket import schools
from portals.schoolloket.list_address import ListAddress, read_address


@dataclass(frozen=True)
class PupilAddress:
    """A pupil's pages, with the list that somebody came from and goes back to."""

    school: int
    pupil: int
    place: ListAddress

    def to(self, view: str, **said: Any) -> str:
        return url_for(view, school=self.school, pupil=self.pupil, list=self.place.query or None, **said)

    @property
    def back(self) -> str:
        return self.place.at(self.school)


def pupil_address(school: int, pupil: int) -> PupilAddress:
    """Of this request."""
    return PupilAddress(school, pupil, read_address(request.args.get("list", "")))


def install(app: Flask) -> None:
    base = "/schools/<int:school>/pupils/<int:pupil>"
    app.add_url_rule(base, "pupil", show)
    app.add_url_rule(f"{base}/unlock", "unlock", unlock, methods=["POST"])
    app.add_url_rule(f"{base}/handed-out", "handed_out", handed_out, methods=["POST"])
    app.add_url_rule(f"{base}/report-settled", "settle_report", settle_report, methods=["POST"])
    app.add_url_rule(f"{base}/card.pdf", "card", card)
    app.add_url_rule(f"{base}/<any('data.pdf', 'data.json'):form>", "pupil_data", pupil_data)


def show(school: int, pupil: int) -> str:
    visit = schools.at(school)
    return render(
        "schoolloket/pupil.html",
        pupil=visit.api.pupil(pupil),
        address=pupil_address(school, pupil),
        said=request.args.get("said", ""),
        renewal=identifier(request.args.get("renewal", "")),
    )


def unlock(school: int, pupil: int) -> BaseResponse:
    """After a hundred mistakes: the way by username is open again."""
    address = pupil_address(school, pupil)
    come_back_to(address.to("pupil"))
    schools.at(school).api.unlock(pupil)
    return redirect(address.to("pupil", said="unlocked"), 303)


def handed_out(school: int, pupil: int) -> BaseResponse:
    """The card reached the pupil, or did not after all."""
    address = pupil_address(school, pupil)
    come_back_to(address.to("pupil"))
    schools.at(school).api.hand_out(pupil, request.form.get("handed_out") == "yes")
    return redirect(address.to("pupil"), 303)


def settle_report(school: int, pupil: int) -> BaseResponse:
    """What the pupil reported was looked into."""
    address = pupil_address(school, pupil)
    come_back_to(address.to("pupil"))
    schools.at(school).api.settle_report(pupil)
    return redirect(address.to("pupil", said="settled"), 303)


def card(school: int, pupil: int) -> Response:
    """The card without a password. Who has to sign in again for it comes back to the pupil's page."""
    come_back_to(pupil_address(school, pupil).to("pupil", said="card"))
    return pass_on(schools.at(school).api.card(pupil))


def pupil_data(school: int, pupil: int, form: str) -> Response:
    """All that is kept about the pupil, for the pupil or the parents; by the same way back."""
    come_back_to(pupil_address(school, pupil).to("pupil", said="data"))
    return pass_on(schools.at(school).api.data(pupil, form))


def identifier(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
