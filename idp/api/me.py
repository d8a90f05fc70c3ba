"""Who is signed in at a portal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response, jsonify

from idp.accounts import emails
from idp.accounts.records import Account
from idp.api.asking import the_body
from idp.api.describing import (
    DATE,
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    described,
    one_of,
    or_null,
    several,
    thing,
)
from idp.api.holding import SCHOOL, SELF, whoever_holds
from idp.api.room import api
from idp.api.staying import idle_seconds, stay
from idp.database import writing
from idp.rules.account_types import (
    AccountKind,
    may_choose_password,
    may_link_email,
)
from idp.rules.belgian_time import school_day
from idp.rules.names import greeting_name, initials
from idp.schools.appointments import appointments_of
from idp.schools.enrolments import current, last_day, pupils_at
from idp.schools.records import Appointment, Enrolment
from idp.web.request import db, now, settings
from templates.translations import LANGUAGES

ENROLMENT = thing(
    school_name=TEXT,
    school_number=NUMBER,
    pupil_number=NUMBER,
    administrative_group=TEXT,
    until=DATE,
    **{"class": TEXT},
)
APPOINTMENT = thing(
    school_number=NUMBER, school_name=TEXT, role=one_of("beheerder", "leerkracht"), pupils=NUMBER
)
EMAIL = or_null(thing(address=TEXT, verified=FLAG))
LANGUAGE = one_of(*LANGUAGES)
ME = thing(
    username=TEXT,
    kind=one_of("basic", "advanced", "staff"),
    password_kind=one_of("text", "pictures"),
    given_name=TEXT,
    family_name=TEXT,
    initials=TEXT,
    greeting=TEXT,
    language=or_null(LANGUAGE),
    email=EMAIL,
    # Still to be proven: a first address, or one that is to replace the proven one.
    pending_email=or_null(TEXT),
    link_hours=NUMBER,
    created_on=DATE,
    must_choose_password=FLAG,
    may_choose_password=FLAG,
    may_link_email=FLAG,
    enrolments=several(ENROLMENT),
    last_sign_in_at=or_null(MOMENT),
    staff=several(APPOINTMENT),
    # After so long without anybody doing anything here, the sign-in ends.
    idle_seconds=NUMBER,
)


@api.get("/me")
@described("Who is signed in", ME, scopes=(SELF, SCHOOL))
def me() -> Response:
    """Who is signed in: the pupil's profile, or a staff member's schools."""
    holder = whoever_holds(SELF, SCHOOL)
    account = db().get_one(Account, holder.account.id)
    answer = jsonify(
        **account_of(account),
        **name_of(account),
        enrolments=[enrolment_of(each) for each in enrolments(account)],
        staff=schools_of(account),
        idle_seconds=idle_seconds(holder),
    )
    stay(holder)  # every page of a desk asks this, so somebody is there
    return answer


@api.put("/me/language")
@described("Choose my language", None, scopes=(SELF, SCHOOL), status=204, body=thing(language=LANGUAGE))
def choose_language() -> Response:
    """For pages and mails from now on, on every device where no other was chosen."""
    holder = whoever_holds(SELF, SCHOOL)
    language = the_body()["language"]
    writing(db())
    db().get_one(Account, holder.account.id).language = language
    return Response(status=204)


def is_pupil(account: Account) -> bool:
    return AccountKind(account.kind) is not AccountKind.STAFF


def enrolments(account: Account) -> list[Enrolment]:
    return current(db(), account.person_id, school_day(now())) if is_pupil(account) else []


def schools_of(account: Account) -> list[dict[str, Any]]:
    appointments = [] if is_pupil(account) else appointments_of(db(), account.id)
    numbers = {each.school_number for each in appointments}
    pupils = pupils_at(db(), numbers, school_day(now())) if numbers else {}
    return [appointment_of(each, pupils.get(each.school_number, 0)) for each in appointments]


def account_of(account: Account) -> dict[str, Any]:
    kind = AccountKind(account.kind)
    return {
        "username": account.username,
        "kind": kind,
        "password_kind": account.secret_kind,
        "language": account.language,
        "email": email_of(account),
        "pending_email": emails.pending(db(), account, now()),
        "link_hours": settings().mail.verification_hours,
        "created_on": day(account.created_at),
        "must_choose_password": account.temporary_until is not None,
        "may_choose_password": may_choose_password(kind),
        "may_link_email": may_link_email(kind),
        "last_sign_in_at": moment(account.last_sign_in_at),
    }


def email_of(account: Account) -> dict[str, Any] | None:
    if account.email is None:
        return None
    return {"address": account.email, "verified": account.email_verified_at is not None}


def name_of(account: Account) -> dict[str, str]:
    given, family = account.person.given_name, account.person.family_name
    return {
        "given_name": given,
        "family_name": family,
        "initials": initials(given, family),
        "greeting": greeting_name(given, family),
    }


def enrolment_of(enrolment: Enrolment) -> dict[str, Any]:
    return {
        "school_name": enrolment.school.name,
        "school_number": enrolment.school_number,
        "pupil_number": enrolment.pupil_number,
        "administrative_group": enrolment.administrative_group,
        "class": enrolment.class_code,
        "until": last_day(enrolment).isoformat(),
    }


def appointment_of(appointment: Appointment, pupils: int) -> dict[str, Any]:
    return {
        "school_number": appointment.school_number,
        "school_name": appointment.school.name,
        "role": appointment.role,
        "pupils": pupils,
    }


def day(at: datetime) -> str:
    """The day in Belgium, where an account made just after midnight wasn't made the day before."""
    found: date = school_day(at)
    return found.isoformat()


def moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
