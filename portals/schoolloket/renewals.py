"""New passwords for one or many pupils: shown, then saved, then printed (R99 to R109, R113 to R116).

Nothing is kept here. Each page asks the provider how far the renewal is, and shows that: so that a double click, a
reload, the back button or a closed tab never gives anybody a password that isn't theirs.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, assert_never
from uuid import UUID

from flask import Flask, Response, jsonify, make_response, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from portals.kit.desk import wiring
from portals.kit.errors import ShownError
from portals.kit.files import pass_on
from portals.kit.idp_api import NotThere, Refusal
from portals.kit.pages import come_back_to, render
from portals.schoolloket import schools
from portals.schoolloket.pictures import pictures_of
from portals.schoolloket.renewal_api import (
    BasicSecret,
    FileKind,
    Progress,
    Purpose,
    Renewal,
    RenewalApi,
    RenewedPupil,
    State,
)
from portals.schoolloket.schools import AtSchool

Word = TypeVar("Word", Purpose, BasicSecret)
# A school has fewer pupils than this; what is longer was not made by our form.
MOST_PUPILS = 5000
# What fits in the address of the page to come back to, beside the address itself.
LONGEST_WITHOUT = 100
SECONDS_A_PRESS = 8
FILES = ", ".join(f'"{kind}"' for kind in FileKind)


def install(app: Flask) -> None:
    app.jinja_env.filters["pictures"] = pictures_of
    many = "/schools/<int:school>/renewals"
    one = f"{many}/<uuid:renewal>"
    app.add_url_rule(many, "propose_renewal", propose, methods=["POST"])
    app.add_url_rule(one, "renewal", show)
    app.add_url_rule(f"{one}/basic-secret", "choose_basic_secret", choose_basic_secret, methods=["POST"])
    app.add_url_rule(f"{one}/save", "save_renewal", save, methods=["POST"])
    app.add_url_rule(f"{one}/cancel", "cancel_renewal", cancel, methods=["POST"])
    app.add_url_rule(f"{one}/handed-out", "renewal_handed_out", handed_out, methods=["POST"])
    app.add_url_rule(f"{one}/<any({FILES}):kind>", "renewal_file", download)


@dataclass(frozen=True)
class RenewalAddress:
    """Where a renewal's one page, its buttons and its files are."""

    school: int
    renewal: UUID

    def to(self, view: str, **said: Any) -> str:
        return url_for(view, school=self.school, renewal=self.renewal, **said)

    def file(self, kind: FileKind, **said: Any) -> str:
        return self.to("renewal_file", kind=kind, **said)

    @property
    def page(self) -> str:
        return self.to("renewal")

    @property
    def back(self) -> str:
        """The list."""
        return url_for("pupils", school=self.school)


def calls(visit: AtSchool) -> RenewalApi:
    return RenewalApi(wiring().api, visit.token, visit.school.number)


# Proposing


def propose(school: int) -> BaseResponse:
    """For who is selected, or for the pupils that the form names: to the page that shows it before it is saved (R103)."""
    visit = schools.at(school)
    pupils: list[int] | Literal["selected"] = numbers(request.form.getlist("pupil"))
    if request.form.get("pupils") == "selected":
        pupils = "selected"
    if not pupils:
        raise ShownError(400, "bad-request")
    made = calls(visit).propose(
        known(Purpose, request.form.get("purpose", Purpose.RENEWAL)),
        pupils,
        basic_secret=known(BasicSecret, request.form.get("basic_secret", BasicSecret.SAME)),
    )
    return redirect(RenewalAddress(school, made).page, 303)


# The pages


def show(school: int, renewal: UUID) -> str | BaseResponse:
    """The one page of a renewal, which shows what is true now."""
    visit, address = schools.at(school), RenewalAddress(school, renewal)
    try:
        found = calls(visit).look(renewal)
    except (NotThere, Refusal) as no:
        return over(no, address)
    match found.state:
        case State.PROPOSED:
            return preview(
                found, address, unticked=frozenset(numbers(request.args.get("without", "").split(".")))
            )
        case State.SAVING:
            return render("schoolloket/renewals/saving.html", renewal=found, address=address)
        case State.SAVED:
            return result(found, address)
        case _:
            assert_never(found.state)


def preview(
    found: Renewal, address: RenewalAddress, *, unticked: frozenset[int], nobody_ticked: bool = False
) -> str:
    """What is going to happen, to whom, and to whom not (R101 to R105)."""
    return render(
        "schoolloket/renewals/preview.html",
        renewal=found,
        address=address,
        unticked=unticked,
        nobody_ticked=nobody_ticked,
        look_again="again" in request.args,
    )


@dataclass(frozen=True)
class Group:
    """Who got the same kind of password in a renewal, with one sentence and one table of the result (R107, R109)."""

    account_kind: str
    secret_kind: str
    is_new: bool
    rows: tuple[RenewedPupil, ...]

    @property
    def what(self) -> str:
        """The key of its words in the templates."""
        return "pictures" if self.secret_kind == "pictures" else self.account_kind


def result(found: Renewal, address: RenewalAddress) -> str:
    return render(
        "schoolloket/renewals/saved.html",
        renewal=found,
        address=address,
        groups=groups_of(found.saved),
        files=FileKind,
        said=request.args.get("said", ""),
    )


def groups_of(rows: Iterable[RenewedPupil]) -> list[Group]:
    """Advanced before basic before pictures, each in the order of the list."""
    kinds: dict[tuple[bool, str, str], list[RenewedPupil]] = {}
    for row in rows:
        kinds.setdefault((row.is_new, row.account_kind, row.secret_kind), []).append(row)
    order = sorted(kinds, key=lambda kind: (kind[0], kind[2] == "pictures", kind[1]))
    return [Group(kind[1], kind[2], kind[0], tuple(kinds[kind])) for kind in order]


def over(no: NotThere | Refusal, address: RenewalAddress) -> Response:
    """Cancelled, too late, printed often enough, or somebody else's: the answer is the same."""
    status = status_of(no)
    if status not in (404, 410):
        raise no
    response: Response = make_response(render("schoolloket/renewals/over.html", address=address))
    response.status_code = status
    return response


def how_far(no: NotThere | Refusal, address: RenewalAddress) -> BaseResponse:
    """Something else happened in the meantime, such as a click in another tab: its page says what."""
    if status_of(no) not in (404, 409, 410):
        raise no
    return redirect(address.page, 303)


def status_of(no: NotThere | Refusal) -> int:
    return no.status if isinstance(no, Refusal) else 404


# What the buttons do


def choose_basic_secret(school: int, renewal: UUID) -> BaseResponse:
    """Other passwords for the basic accounts; who was not ticked stays so."""
    visit, address = schools.at(school), RenewalAddress(school, renewal)
    wanted = known(BasicSecret, request.form.get("basic_secret", ""))
    try:
        calls(visit).choose_basic_secret(renewal, wanted)
    except (NotThere, Refusal) as no:
        return how_far(no, address)
    return redirect(address.to("renewal", **kept_ticks(request.form)), 303)


def save(school: int, renewal: UUID) -> BaseResponse | str:
    """First for who is ticked, then again until it is done: a second's work each time, without script some more."""
    visit, address = schools.at(school), RenewalAddress(school, renewal)
    api = calls(visit)
    first, by_script = "shown" in request.form, request.accept_mimetypes.best == "application/json"
    come_back_to(address.to("renewal", **kept_ticks(request.form)) if first else address.page)
    ticked = numbers(request.form.getlist("pupil")) if first else None
    if ticked == []:
        return nobody(api, address)
    try:
        progress = go_on(api, renewal, ticked, once=first or by_script)
    except (NotThere, Refusal) as no:
        return how_far(no, address)
    if by_script:  # progress.js
        return jsonify(done=progress.done, total=progress.total, saved=progress.state is State.SAVED)
    return redirect(address.page, 303)


def go_on(api: RenewalApi, renewal: UUID, ticked: list[int] | None, *, once: bool) -> Progress:
    """Whoever presses a button for it gets some seconds' work for one press."""
    until = time.monotonic() + SECONDS_A_PRESS
    progress = api.save(renewal, ticked)
    while not once and progress.state is State.SAVING and time.monotonic() < until:
        progress = api.save(renewal)
    return progress


def nobody(api: RenewalApi, address: RenewalAddress) -> BaseResponse:
    """The same page with nobody ticked, and what to do."""
    try:
        found = api.look(address.renewal)
    except (NotThere, Refusal) as no:
        return over(no, address)
    if found.state is not State.PROPOSED:
        return redirect(address.page, 303)
    everybody = frozenset(row.pupil_number for row in found.rows)
    response: Response = make_response(preview(found, address, unticked=everybody, nobody_ticked=True))
    response.status_code = 422
    return response


def cancel(school: int, renewal: UUID) -> BaseResponse:
    """ "Annuleren": nobody gets another password (R103). On an old page it comes too late, and takes nobody's cards away."""
    visit, address = schools.at(school), RenewalAddress(school, renewal)
    api = calls(visit)
    with suppress(NotThere, Refusal):  # over is as good as cancelled
        if api.look(renewal).state is not State.PROPOSED:
            return redirect(address.page, 303)
        api.cancel(renewal)
    return redirect(address.back, 303)


def handed_out(school: int, renewal: UUID) -> BaseResponse:
    """Every card of this renewal reached its pupil."""
    visit, address = schools.at(school), RenewalAddress(school, renewal)
    api = calls(visit)
    try:
        found = api.look(renewal)
    except (NotThere, Refusal) as no:
        return over(no, address)
    api.hand_out(row.pupil_number for row in found.saved)
    return redirect(address.to("renewal", said="handed-out"), 303)


def download(school: int, renewal: UUID, kind: str) -> Response:
    """A file of it, as the provider makes it. Who has to sign in again for it comes back to the page it hangs on."""
    visit, address = schools.at(school), RenewalAddress(school, renewal)
    come_back_to(address.page)
    try:
        return pass_on(calls(visit).file(renewal, FileKind(kind), by_class="by_class" in request.args))
    except (NotThere, Refusal) as no:
        return over(no, address)


# What a form says


def numbers(words: Iterable[str]) -> list[int]:
    """The stamnummers among these words; what is none is left out."""
    return [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 10][:MOST_PUPILS]


def kept_ticks(form: MultiDict[str, str]) -> dict[str, str]:
    """Who was not ticked, for the address of the page to come back to; or that there were too many to keep."""
    unticked = sorted(set(numbers(form.get("shown", "").split("."))) - set(numbers(form.getlist("pupil"))))
    without = ".".join(map(str, unticked))
    if len(without) > LONGEST_WITHOUT:
        return {"again": "yes"}
    return {"without": without} if without else {}


def known(words: type[Word], given: str) -> Word:
    try:
        return words(given)
    except ValueError:
        raise ShownError(400, "bad-request") from None
