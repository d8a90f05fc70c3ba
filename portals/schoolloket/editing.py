"""The dialog "LeerID aanmeldgegevens": another username, a new password that is made and never typed, or no e-mail address
any more (R94 to R97, R114)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Flask, Response, jsonify, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from portals.kit.desk import wiring
from portals.kit.errors import ShownError
from portals.kit.idp_api import NotThere, Refusal
from portals.kit.pages import come_back_to, render
from portals.schoolloket import schools
from portals.schoolloket.pupil import PupilAddress, identifier, pupil_address
from portals.schoolloket.renewal_api import BasicSecret, Purpose, Renewal, RenewalApi, RenewedPupil, State
from portals.schoolloket.school_api import Pupil, PupilAccount, UsernameAnswer
from portals.schoolloket.schools import AtSchool

# A save of one pupil takes one step; a busy provider may need some more.
MOST_STEPS = 20
LONGEST_USERNAME = 200
# The words of the API that the dialog has a sentence for.
USERNAME_PROBLEMS = frozenset(
    {"taken", "empty", "too_long", "has_at", "bad_character", "bad_edge", "no_letter"}
)


@dataclass(frozen=True)
class Editing:
    """One pupil whose sign-in is being changed, and the new password that was made for it, if one was."""

    visit: AtSchool
    pupil: Pupil
    account: PupilAccount
    address: PupilAddress
    renewal: Renewal | None

    @property
    def new(self) -> RenewedPupil | None:
        """The pupil with the password that will be saved."""
        return self.renewal.only if self.renewal else None

    @property
    def username(self) -> str:
        """As it will be when what is on the page is saved."""
        return (self.renewal.new_username if self.renewal else None) or self.account.username

    @property
    def secret_kind(self) -> str:
        """Likewise."""
        return self.new.secret_kind if self.new else self.account.secret_kind

    @property
    def removes_email(self) -> bool:
        return self.renewal is not None and self.renewal.purpose is Purpose.EMAIL_REMOVAL

    @property
    def renewals(self) -> RenewalApi:
        return RenewalApi(wiring().api, self.visit.token, self.visit.school.number)

    def anew(self, renewal: UUID | None = None, **said: str) -> BaseResponse:
        """The dialog once more."""
        return redirect(self.address.to("edit", renewal=renewal, **said), 303)

    def done(self, **said: str | UUID) -> BaseResponse:
        """Back to the pupil's page."""
        return redirect(self.address.to("pupil", **said), 303)


def install(app: Flask) -> None:
    base = "/schools/<int:school>/pupils/<int:pupil>"
    app.add_url_rule(f"{base}/edit", "edit", edit)
    app.add_url_rule(f"{base}/edit", "change", change, methods=["POST"])
    app.add_url_rule(f"{base}/username", "username", username)


def edit(school: int, pupil: int) -> BaseResponse:
    wanted = identifier(request.args.get("renewal", ""))
    editing = begin(school, pupil, wanted)
    if editing.renewal is None:
        return dialog(editing, said="over" if wanted else request.args.get("said", ""))
    if editing.renewal.state is not State.PROPOSED:
        return editing.done(said="saved", renewal=editing.renewal.id)
    return dialog(editing, said=request.args.get("said", ""))


def change(school: int, pupil: int) -> BaseResponse:
    """Each button of the dialog."""
    held = identifier(request.form.get("renewal", ""))
    come_back_to(pupil_address(school, pupil).to("edit", renewal=held))
    editing = begin(school, pupil, held)
    wanted = request.form.get("username", editing.username).strip()[:LONGEST_USERNAME]
    try:
        match request.form.get("do"):
            case "generate":
                return generate(editing, wanted)
            case "remove-email":
                return remove_email(editing, wanted)
            case "save":
                return save(editing, wanted)
            case "cancel":
                return cancel(editing)
            case _:
                raise ShownError(400, "bad-request")
    except Refusal as refusal:
        return refused(editing, wanted, refusal)


def begin(school: int, pupil_number: int, renewal: UUID | None) -> Editing:
    visit = schools.at(school)
    pupil = visit.api.pupil(pupil_number)
    if pupil.account is None:
        raise ShownError(404, "not-there")
    editing = Editing(visit, pupil, pupil.account, pupil_address(school, pupil_number), None)
    if renewal is None:
        return editing
    found = still_there(editing.renewals, renewal)
    if found is None or not is_about(found, pupil_number):
        return editing
    return Editing(visit, pupil, pupil.account, editing.address, found)


def still_there(renewals: RenewalApi, renewal: UUID) -> Renewal | None:
    """None for one that is over: then there is no new password, and the dialog begins anew."""
    try:
        return renewals.look(renewal)
    except NotThere:
        return None
    except Refusal as refusal:
        if refusal.status == 410:
            return None
        raise


def is_about(renewal: Renewal, pupil_number: int) -> bool:
    only = renewal.only
    return only is not None and only.pupil_number == pupil_number


def dialog(editing: Editing, said: str = "", username: str | None = None, problem: str = "") -> Response:
    return make_response(
        render(
            "schoolloket/edit.html",
            editing=editing,
            pupil=editing.pupil,
            account=editing.account,
            address=editing.address,
            new=editing.new,
            username=editing.username if username is None else username,
            problem=problem,
            said=said,
        )
    )


# What each button does.


def generate(editing: Editing, wanted: str) -> BaseResponse:
    """A new password is shown before it is saved (R94), and nobody ever types one (R95)."""
    return propose(editing, Purpose.RENEWAL, wanted, kind_chosen())


def remove_email(editing: Editing, wanted: str) -> BaseResponse:
    """The system makes a password by itself (R114): the address was the pupil's own way to get one."""
    return propose(editing, Purpose.EMAIL_REMOVAL, wanted, BasicSecret.SAME)


def kind_chosen() -> BasicSecret:
    """Word or pictures, where there is a choice."""
    chosen = request.form.get("basic_secret", "")
    return BasicSecret(chosen) if chosen in set(BasicSecret) else BasicSecret.SAME


def propose(editing: Editing, purpose: Purpose, wanted: str, basic: BasicSecret, **said: str) -> BaseResponse:
    renewal = editing.renewals.propose(
        purpose,
        [editing.pupil.pupil_number],
        basic_secret=basic,
        new_username=wanted if wanted != editing.account.username else None,
    )
    drop(editing)
    return editing.anew(renewal, **said)


def save(editing: Editing, wanted: str) -> BaseResponse:
    """The name alone; or the password, with or without a new name, and then there is a card to print (R97)."""
    if editing.renewal is None and request.form.get("renewal"):
        return editing.anew(said="over")  # what was shown is no longer what would be saved
    basic = kind_chosen()
    # What is saved was shown: another kind or another name comes with another proposal, that is looked at first.
    if basic not in (BasicSecret.SAME, editing.secret_kind):
        return propose(editing, Purpose.RENEWAL, wanted, basic, said="look")
    if editing.renewal is None:
        return rename(editing, wanted)
    if wanted != editing.username:
        return propose(editing, editing.renewal.purpose, wanted, editing.renewal.basic_secret, said="look")
    return save_password(editing, editing.renewal)


def rename(editing: Editing, wanted: str) -> BaseResponse:
    if wanted == editing.account.username:
        return editing.done(said="nothing")
    editing.visit.api.rename(editing.pupil.pupil_number, wanted)
    return editing.done(said="renamed")


def save_password(editing: Editing, renewal: Renewal) -> BaseResponse:
    for _ in range(MOST_STEPS):
        progress = editing.renewals.save(renewal.id, [editing.pupil.pupil_number])
        if progress.state is State.SAVED:
            break
    if progress.done == 0:  # something happened to the account since the password was shown
        return editing.done(said="not-saved")
    return editing.done(said="saved", renewal=renewal.id)


def cancel(editing: Editing) -> BaseResponse:
    """The old password still works, and the new one is gone (PW-22)."""
    drop(editing)
    return editing.done()


def drop(editing: Editing) -> None:
    if editing.renewal is None:
        return
    try:
        editing.renewals.cancel(editing.renewal.id)
    except (NotThere, Refusal):  # over already
        return


def refused(editing: Editing, wanted: str, refusal: Refusal) -> BaseResponse:
    """A username that can't be, or too many of them: said beside the field, with what was typed."""
    problem = next((reason for reason in refusal.reasons if reason in USERNAME_PROBLEMS), "")
    if refusal.status == 429 and wanted != editing.username:
        problem = "too_many"
    if not problem:
        raise refusal
    response = dialog(editing, username=wanted, problem=problem)
    response.status_code = refusal.status
    return response


def username(school: int, pupil: int) -> Response:
    """For username-check.js, while somebody types."""
    api = schools.at(school).api
    candidate = request.args.get("candidate", "").strip()[:LONGEST_USERNAME]
    answer = api.username(candidate, pupil) if candidate else UsernameAnswer(False, ("empty",))
    return jsonify(free=answer.free, problems=answer.problems)
