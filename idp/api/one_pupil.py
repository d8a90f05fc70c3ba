"""One pupil of a school: the enrolment, the account, and the small changes to it that need no new password."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy import func, select

from idp.accounts import lookup, passwords
from idp.accounts.records import Account, AuditEvent, Card, Person
from idp.accounts.standing import must_choose_password
from idp.api.asking import the_body, the_query
from idp.api.describing import (
    COUNTED,
    DATE,
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    URI,
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
from idp.database import writing
from idp.rules.belgian_time import school_day
from idp.rules.masking import mask_email
from idp.rules.usernames import UsernameProblem
from idp.schools import handing_out, renaming, selection
from idp.schools.enrolments import last_day
from idp.schools.permissions import Action, Actor
from idp.schools.possibilities import possible
from idp.schools.pupil_status import Status, Type
from idp.schools.roster import Pupil, pupil_for, pupils_for
from idp.schools.witnessing import witness
from idp.web.request import db, now, request_id, settings

OFFICIAL = thing(
    given_name=or_null(TEXT), family_name=or_null(TEXT), sex=or_null(TEXT), birth_date=or_null(DATE)
)
ACCOUNT = thing(
    username=TEXT,
    kind=one_of("basic", "advanced"),
    secret_kind=one_of("text", "pictures"),
    must_choose_password=FLAG,
    temporary_until=or_null(MOMENT),
    email=or_null(TEXT),
    email_verified=FLAG,
    created_on=DATE,
    last_sign_in_on=or_null(DATE),
    handed_out=or_null(thing(at=MOMENT, by=TEXT)),
    reported_at=or_null(MOMENT),
    may_remove_email=FLAG,
    may_renew=FLAG,
    card_address=or_null(URI),
)
PUPIL = thing(
    pupil_number=NUMBER,
    given_name=TEXT,
    family_name=TEXT,
    group=TEXT,
    **{"class": TEXT},
    official=or_null(OFFICIAL),
    status=one_of(*Status),
    type=one_of(*Type),
    until=DATE,
    account=or_null(ACCOUNT),
    may=several(one_of(*Action)),
)
# Longer than a username may be, so that "too long" is said in those words.
USERNAME = text(254)
UNLOCKED = "pupil:unlocked"
UNLOCKS_A_DAY = 5
A_DAY = timedelta(days=1)


@api.get("/schools/<int:school>/pupils/<int:number>")
@described("One pupil", PUPIL, scopes=(SCHOOL,))
def pupil(school: int, number: int) -> Response:
    """R86 to R93."""
    actor = at_school(school, Action.SEE)
    found = seen(actor, number)
    told = pupil_of(actor, found)
    account_id = found.account.id if found.account else None
    writing(db())
    note(actor, "pupil:viewed", number, account_id)
    return jsonify(told)


@api.get("/schools/<int:school>/usernames")
@described(
    "Whether a username may be given",
    thing(free=FLAG, problems=several(one_of(*UsernameProblem, renaming.TAKEN))),
    scopes=(SCHOOL,),
    query={"candidate": USERNAME, "pupil": COUNTED},
    refusals=(429,),
)
def usernames(school: int) -> Response:
    """R21 to R24, while it is typed. A pupil's own username is free to that pupil."""
    actor = at_school(school, Action.RENAME)
    asked = the_query()
    candidate = asked.get("candidate", "")
    own = seen(actor, asked["pupil"]).account if "pupil" in asked else None
    refuse_to_go_on(actor)
    problems = renaming.what_is_wrong(db(), candidate, own)
    remember(actor, candidate, problems)
    return jsonify(free=not problems, problems=problems)


@api.post("/schools/<int:school>/pupils/<int:number>/username")
@described(
    "Another username",
    thing(username=TEXT),
    scopes=(SCHOOL,),
    body=thing(username=USERNAME),
    refusals=(422, 429),
)
def rename(school: int, number: int) -> Response:
    """R25, PW-35."""
    actor = at_school(school, Action.RENAME)
    username = the_body()["username"]
    refuse_to_go_on(actor)
    writing(db())
    account = account_of(seen(actor, number))
    if renaming.changed_enough(db(), actor, settings().staff.username_changes_an_hour, now()):
        raise Problem(429)
    wrong = renaming.rename(db(), account, username, now())
    if wrong:
        remember(actor, username, wrong)
        raise Problem(422, reasons=wrong)
    note(actor, renaming.RENAMED, number, account.id)
    return jsonify(username=username)


@api.post("/schools/<int:school>/pupils/<int:number>/unlock")
@described("Let guessing begin anew", None, scopes=(SCHOOL,), status=204, refusals=(422, 429))
def unlock(school: int, number: int) -> Response:
    """After a hundred failures in a row (PW-07); the password stays as it is."""
    actor = at_school(school, Action.UNLOCK)
    writing(db())
    account = account_of(seen(actor, number))
    held = lookup.by_id_held(db(), account.id) or account
    if unlocked_enough(actor, held):
        raise Problem(429)
    passwords.unlock(held, now())
    note(actor, UNLOCKED, number, held.id)
    return Response(status=204)


def unlocked_enough(actor: Actor, account: Account) -> bool:
    """Else whoever holds a teacher's tablet could let somebody guess for ever. A new password is the way on then."""
    theirs = (AuditEvent.account_id == account.id, AuditEvent.school_number == actor.school_number)
    today = (AuditEvent.at > now() - A_DAY, AuditEvent.what == UNLOCKED)
    return (db().scalar(select(func.count()).where(*theirs, *today)) or 0) >= UNLOCKS_A_DAY


@api.post("/schools/<int:school>/pupils/<int:number>/report-settled")
@described("What the pupil reported was looked into", None, scopes=(SCHOOL,), status=204, refusals=(422,))
def settle_report(school: int, number: int) -> Response:
    """ "Dit was ik niet": somebody of the school spoke with the pupil, and no new password is needed."""
    actor = at_school(school, Action.SETTLE)
    writing(db())
    account = account_of(seen(actor, number))
    held = lookup.by_id_held(db(), account.id) or account
    held.not_me_at = None
    note(actor, "pupil:report-settled", number, held.id)
    return Response(status=204)


@api.post("/schools/<int:school>/pupils/<int:number>/handed-out")
@described(
    "Tick that the card was handed out, or that it was not",
    None,
    scopes=(SCHOOL,),
    status=204,
    body=thing(handed_out=FLAG),
    refusals=(422,),
)
def handed_out(school: int, number: int) -> Response:
    actor = at_school(school, Action.HAND_OUT)
    was_handed_out = the_body()["handed_out"]
    writing(db())
    account = account_of(seen(actor, number))
    if was_handed_out:
        handing_out.tick(db(), actor, [account.id], now())
    else:
        handing_out.untick(db(), [account.id])
    note(actor, "pupil:handed-out", number, account.id, handed_out=was_handed_out)
    return Response(status=204)


@api.post("/schools/<int:school>/handed-out")
@described(
    "Tick that these pupils' cards were handed out",
    None,
    scopes=(SCHOOL,),
    status=204,
    body=thing(pupils=several(COUNTED, selection.MOST)),
)
def all_handed_out(school: int) -> Response:
    """A class at once. Who isn't there to see, or has no account, is passed over."""
    actor = at_school(school, Action.HAND_OUT)
    numbers = the_body()["pupils"]
    writing(db())
    given = {each.number: each.account.id for each in pupils_for(db(), actor, numbers, now()) if each.account}
    handing_out.tick(db(), actor, given.values(), now())
    for number, account_id in given.items():
        note(actor, "pupil:handed-out", number, account_id, handed_out=True)
    return Response(status=204)


def seen(actor: Actor, number: int) -> Pupil:
    """Raises Problem: whom the actor may not see isn't there (OA-54)."""
    found = pupil_for(db(), actor, number, now())
    if found is None:
        raise Problem(404)
    return found


def account_of(found: Pupil) -> Account:
    """The account that is to change. Raises Problem when there is none, or it is no longer for this school to change."""
    if found.account is None:
        raise Problem(422, reasons=["no_account" if found.status is Status.NONE else "inactive"])
    return found.account


def note(actor: Actor, what: str, number: int, account_id: UUID | None, **detail: Any) -> None:
    witness(
        db(),
        actor,
        what,
        now=now(),
        request_id=request_id(),
        pupil_number=number,
        account_id=account_id,
        **detail,
    )


def pupil_of(actor: Actor, found: Pupil) -> dict[str, Any]:
    enrolment, may = found.enrolment, possible(actor, found)
    return {
        "pupil_number": enrolment.pupil_number,
        "given_name": enrolment.given_name,
        "family_name": enrolment.family_name,
        "group": enrolment.administrative_group,
        "class": enrolment.class_code,
        "official": official_of(found.person),
        "status": found.status,
        "type": found.type,
        "until": last_day(enrolment).isoformat(),
        "account": {
            **account_told(found.account),
            "may_remove_email": Action.REMOVE_EMAIL in may,
            "may_renew": Action.RENEW in may,
        }
        if found.account
        else None,
        "may": may,
    }


def official_of(person: Person) -> dict[str, Any] | None:
    """R88; None while the register knows nothing of this pupil (R90)."""
    known = {
        "given_name": person.official_given_name,
        "family_name": person.official_family_name,
        "sex": person.sex,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
    }
    return known if any(known.values()) else None


def account_told(account: Account) -> dict[str, Any]:
    """R92, R93. Of the e-mail address no more than its owner needs to recognise it (R98, OA-57)."""
    return {
        "username": account.username,
        "kind": account.kind,
        "secret_kind": account.secret_kind,
        "must_choose_password": must_choose_password(account),
        "temporary_until": moment(account.temporary_until),
        "email": mask_email(account.email) if account.email else None,
        "email_verified": account.email_verified_at is not None,
        "created_on": school_day(account.created_at).isoformat(),
        "last_sign_in_on": day(account.last_sign_in_at),
        "handed_out": handed_out_of(account),
        "reported_at": moment(account.not_me_at),
        "card_address": card_address(account),
    }


def handed_out_of(account: Account) -> dict[str, str] | None:
    at = moment(account.handed_out_at)
    return {"at": at, "by": handing_out.name_of(db(), account.handed_out_by)} if at else None


def card_address(account: Account) -> str | None:
    """The personal address of R36, as the card shows it."""
    own = select(Card.handle).where(Card.account_id == account.id, Card.revoked_at.is_(None))
    handle = db().scalar(own.limit(1))
    return f"{settings().issuer}/k/{handle}" if handle else None


def day(at: datetime | None) -> str | None:
    return school_day(at).isoformat() if at else None


def moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
