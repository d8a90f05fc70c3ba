"""New passwords for one or many pupils: proposed, looked at, saved in steps, or dropped.

No call takes a password, and only the sign-in that began a renewal ever sees one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy import select

from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.api.asking import the_body
from idp.api.describing import (
    COUNTED,
    FLAG,
    IDENTIFIER,
    MOMENT,
    NUMBER,
    TEXT,
    described,
    one_of,
    or_null,
    several,
    text,
    thing,
)
from idp.api.guessing import refuse_to_go_on, remember
from idp.api.holding import SCHOOL, at_school
from idp.api.problems import Problem
from idp.api.room import api
from idp.authentication.views import letters, vault
from idp.database import writing
from idp.rules.masking import mask_email
from idp.schools import renaming, selection
from idp.schools.permissions import Action, Actor
from idp.schools.records import Renewal, RenewedPupil, School
from idp.schools.renewals import finding, proposing, saving, seeds
from idp.schools.renewals.ending import cancel
from idp.schools.renewals.finding import NotThere, RunOut
from idp.schools.renewals.handing import Removed
from idp.schools.renewals.means import Means
from idp.schools.renewals.printing import still_good
from idp.schools.renewals.proposing import Wish
from idp.schools.renewals.purposes import (
    BasicSecret,
    LeftOut,
    Purpose,
    State,
    needed_for,
    state_of,
)
from idp.schools.roster import pupil_for
from idp.schools.witnessing import witness
from idp.web.request import db, now, request_id, settings, wiring

STEP_SECONDS = 1.0

WISH = thing(
    purpose=one_of(*Purpose),
    pupils={"oneOf": [several(COUNTED, selection.MOST), one_of("selected")]},
    may_have={"basic_secret": one_of(*BasicSecret), "new_username": or_null(text(254))},
)
WHO = {"pupil_number": NUMBER, "given_name": TEXT, "family_name": TEXT}
RENEWAL = thing(
    id=IDENTIFIER,
    purpose=one_of(*Purpose),
    state=one_of(*State),
    expires_at=MOMENT,
    basic_secret=one_of(*BasicSecret),
    new_username=or_null(TEXT),
    done=NUMBER,
    total=NUMBER,
    rows=several(
        thing(
            **WHO,
            username=TEXT,
            password=TEXT,
            secret_kind=one_of("text", "pictures"),
            account_kind=one_of("basic", "advanced"),
            is_new=FLAG,
            ticked=FLAG,
            done=FLAG,
        )
    ),
    with_email=several(thing(**WHO, username=TEXT, email=TEXT)),
    left_out=several(thing(**WHO, reason=one_of(*LeftOut))),
)
PROGRESS = thing(done=NUMBER, total=NUMBER, state=one_of(*State))


@api.post("/schools/<int:school>/renewals")
@described(
    "Propose new passwords",
    thing(id=IDENTIFIER),
    scopes=(SCHOOL,),
    status=201,
    body=WISH,
    refusals=(422, 429),
)
def propose(school: int) -> tuple[Response, int]:
    """R99, R103: nothing changes until it is saved. A first account for a pupil is proposed in the same way (R2)."""
    actor = at_school(school, Action.RENEW)
    wish = wish_of(actor, the_body())
    for action in needed_for(wish.purpose, wish.new_username):
        if not actor.may(action):
            raise Problem(403)
    refuse_the_impossible(actor, wish)
    proposal = proposing.look_up(db(), actor, wish, now())
    renewal = proposing.store(db(), means(), actor, proposal, now())
    note(actor, "renewal:proposed", renewal, pupils=[pupil.pupil_number for pupil in proposal.pupils])
    return jsonify(id=str(renewal.id)), 201


@api.get("/schools/<int:school>/renewals/<uuid:renewal>")
@described("What the renewal gives to whom", RENEWAL, scopes=(SCHOOL,), refusals=(410,))
def look(school: int, renewal: UUID) -> Response:
    """R101 to R105 before it is saved, R107 to R109 afterwards."""
    actor = at_school(school, Action.RENEW, recently=True)
    with saying_no():
        found = finding.renewal_of(db(), means(), actor, renewal, now())
    told = told_of(found)
    writing(db())
    note(actor, "renewal:viewed", db().get_one(Renewal, renewal))
    return jsonify(told)


@api.post("/schools/<int:school>/renewals/<uuid:renewal>/basic-secret")
@described(
    "Which kind of password basic accounts get",
    None,
    scopes=(SCHOOL,),
    status=204,
    body=thing(basic_secret=one_of(*BasicSecret)),
    refusals=(409, 410),
)
def choose_basic_secret(school: int, renewal: UUID) -> Response:
    """Only while it is proposed."""
    actor = at_school(school, Action.RENEW)
    wanted = BasicSecret(the_body()["basic_secret"])
    writing(db())
    with saying_no():
        held = finding.held(db(), means(), actor, renewal, now())
    if not proposing.choose_basic_secret(db(), held, wanted):
        raise Problem(409)
    return Response(status=204)


@api.post("/schools/<int:school>/renewals/<uuid:renewal>/save")
@described(
    "Save the next of them, for about a second",
    PROGRESS,
    scopes=(SCHOOL,),
    body=thing(may_have={"pupils": several(COUNTED, selection.MOST)}),
    refusals=(410, 429),
)
def save(school: int, renewal: UUID) -> Response:
    """The first call says who is ticked. Call again until it is saved; whoever calls, each pupil is done once (PW-36)."""
    actor = at_school(school, Action.RENEW, recently=True)
    ticked = the_body().get("pupils")
    with saying_no():
        saving.begin(db(), means(), actor, renewal, ticked, now())
        step = saving.advance(db(), means(), actor, renewal, now(), after(STEP_SECONDS))
    for each in step.removed:
        tell_removed(actor, each)
    return jsonify(done=step.progress.done, total=step.progress.total, state=step.state)


@api.delete("/schools/<int:school>/renewals/<uuid:renewal>")
@described("Drop it: what is done stays done", None, scopes=(SCHOOL,), status=204, refusals=(410,))
def drop(school: int, renewal: UUID) -> Response:
    actor = at_school(school, Action.RENEW)
    writing(db())
    with saying_no():
        held = finding.held(db(), means(), actor, renewal, now())
    cancel(db(), held, now())
    note(actor, "renewal:cancelled", held, pupils=finding.progress_of(db(), renewal).done)
    return Response(status=204)


def wish_of(actor: Actor, asked: dict[str, Any]) -> Wish:
    pupils = asked["pupils"]
    if pupils == "selected":
        pupils = selection.selected_numbers(db(), actor, now())
    return Wish(
        Purpose(asked["purpose"]),
        tuple(dict.fromkeys(pupils)),
        BasicSecret(asked.get("basic_secret", BasicSecret.SAME)),
        asked.get("new_username"),
    )


def refuse_the_impossible(actor: Actor, wish: Wish) -> None:
    """Raises Problem."""
    if not wish.pupils:
        raise Problem(422, reasons=["nobody"])
    if len(wish.pupils) > 1 and (wish.purpose is Purpose.EMAIL_REMOVAL or wish.new_username is not None):
        raise Problem(422, reasons=["one_pupil"])
    if wish.new_username is not None:
        refuse_the_username(actor, wish.pupils[0], wish.new_username)


def refuse_the_username(actor: Actor, pupil_number: int, username: str) -> None:
    refuse_to_go_on(actor)
    pupil = pupil_for(db(), actor, pupil_number, now())
    wrong = renaming.what_is_wrong(db(), username, pupil.account if pupil else None)
    if wrong:
        remember(actor, username, wrong)
        raise Problem(422, reasons=wrong)
    writing(db())
    if renaming.changed_enough(db(), actor, settings().staff.username_changes_an_hour, now()):
        raise Problem(429)


@contextmanager
def saying_no() -> Iterator[None]:
    """Raises Problem: to anybody else than who began it there is nothing, whatever became of it (PW-23)."""
    try:
        yield
    except NotThere:
        raise Problem(404) from None
    except RunOut:
        raise Problem(410) from None
    except saving.TooMuch:
        raise Problem(429) from None


def means() -> Means:
    return Means(vault(), wiring().clock, settings().staff, settings().pictures, request_id())


def after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def note(actor: Actor, what: str, renewal: Renewal, **detail: Any) -> None:
    witness(
        db(),
        actor,
        what,
        now=now(),
        request_id=request_id(),
        renewal=str(renewal.id),
        purpose=renewal.purpose,
        **detail,
    )


def tell_removed(actor: Actor, removed: Removed) -> None:
    """PW-25: at the address that was taken away, in the transaction that takes it."""
    school = db().get_one(School, actor.school_number)
    letters.write(
        db(),
        "email_removed",
        removed.address,
        language=removed.language,
        now=now(),
        given_name=removed.given_name,
        username=removed.username,
        school=f"{school.name} ({school.number})",
    )


# What is told of a renewal


def told_of(renewal: Renewal) -> dict[str, Any]:
    entries = finding.pupils_in(db(), renewal.id)
    shown = shown_in(renewal, entries)
    seed = seeds.seed_of(means().ring, renewal)
    emails = emails_of(entries)
    progress = finding.progress_of(db(), renewal.id)
    return {
        "id": str(renewal.id),
        "purpose": renewal.purpose,
        "state": state_of(renewal),
        "expires_at": renewal.expires_at.isoformat(timespec="seconds"),
        "basic_secret": renewal.basic_secret,
        "new_username": renewal.new_username,
        "done": progress.done,
        "total": progress.total,
        "rows": [
            row_of(entry, password_in(seed, entry) if entry.pupil_number in shown else None)
            for entry in entries
            if entry.left_out is None
        ],
        "with_email": [
            {**who(entry), "username": entry.username, "email": emails.get(entry.account_id, "")}
            for entry in entries
            if entry.left_out == LeftOut.EMAIL
        ],
        "left_out": [
            {**who(entry), "reason": entry.left_out}
            for entry in entries
            if entry.left_out not in (None, LeftOut.EMAIL)
        ],
    }


def shown_in(renewal: Renewal, entries: Sequence[RenewedPupil]) -> set[int]:
    """Whose password may be told: before saving everybody's, afterwards of who will get it, or got it and still has it."""
    if state_of(renewal) is State.PROPOSED:
        return {entry.pupil_number for entry in entries}
    coming = {entry.pupil_number for entry in entries if entry.ticked and entry.done_at is None}
    return coming | {entry.pupil_number for entry in still_good(db(), renewal.id)}


def row_of(entry: RenewedPupil, password: Secret | None) -> dict[str, Any]:
    """Without a password: it was never given, or the pupil has another one since then."""
    return {
        **who(entry),
        "username": entry.username,
        "password": password.reveal() if password else "",
        "secret_kind": entry.secret_kind,
        "account_kind": entry.account_kind,
        "is_new": entry.is_new,
        "ticked": entry.ticked,
        "done": entry.done_at is not None,
    }


def password_in(seed: bytes, entry: RenewedPupil) -> Secret:
    return seeds.password_of(seed, entry, settings().pictures.length)


def who(entry: RenewedPupil) -> dict[str, Any]:
    return {
        "pupil_number": entry.pupil_number,
        "given_name": entry.given_name,
        "family_name": entry.family_name,
    }


def emails_of(entries: Sequence[RenewedPupil]) -> dict[UUID | None, str]:
    """Masked (R98, R105), of those who are left out for it."""
    accounts = [entry.account_id for entry in entries if entry.left_out == LeftOut.EMAIL]
    found = db().execute(select(Account.id, Account.email).where(Account.id.in_(accounts)))
    return {account_id: mask_email(email) for account_id, email in found if email}
