"""Who is signed in at a portal, and the tiles of the dashboard."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify

from idp.accounts.records import Account
from idp.api.describing import (
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
    thing,
)
from idp.api.holding import SCHOOL, SELF, Application, register, whoever_holds
from idp.api.room import api
from idp.rules.account_types import (
    AccountKind,
    SecretKind,
    may_choose_password,
    may_link_email,
    strength_of,
)
from idp.rules.belgian_time import school_day
from idp.rules.names import greeting_name, initials
from idp.schools.appointments import appointments_of
from idp.schools.enrolments import current, last_day, pupils_at
from idp.schools.records import Appointment, Enrolment
from idp.web.request import db, now, settings

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
ME = thing(
    username=TEXT,
    kind=one_of("basic", "advanced", "staff"),
    password_kind=one_of("text", "pictures"),
    given_name=TEXT,
    family_name=TEXT,
    initials=TEXT,
    greeting=TEXT,
    email=or_null(thing(address=TEXT, verified=FLAG)),
    created_on=DATE,
    must_choose_password=FLAG,
    may_choose_password=FLAG,
    may_link_email=FLAG,
    enrolments=several(ENROLMENT),
    last_sign_in_at=or_null(MOMENT),
    staff=several(APPOINTMENT),
)
APPLICATION = thing(
    client_id=TEXT,
    name=TEXT,
    description=TEXT,
    logo=or_null(URI),
    open_url=URI,
    claims=several(thing(claim=TEXT, purpose=TEXT)),
)
APPLICATIONS = thing(applications=several(APPLICATION))


@api.get("/me")
@described("Who is signed in", ME, scopes=(SELF, SCHOOL))
def me() -> Response:
    """Who is signed in: the pupil's profile, or a staff member's schools."""
    holder = whoever_holds(SELF, SCHOOL)
    account = db().get_one(Account, holder.account.id)
    return jsonify(
        **account_of(account),
        **name_of(account),
        enrolments=[enrolment_of(each) for each in enrolments(account)],
        staff=schools_of(account),
    )


@api.get("/me/applications")
@described("The applications on the dashboard", APPLICATIONS, scopes=(SELF,))
def applications() -> Response:
    """The tiles of the dashboard."""
    holder = whoever_holds(SELF)
    account = db().get_one(Account, holder.account.id)
    shown = applications_for(account) if is_pupil(account) else []
    return jsonify(applications=[application_of(each, settings().issuer) for each in shown])


def is_pupil(account: Account) -> bool:
    return AccountKind(account.kind) is not AccountKind.STAFF


def enrolments(account: Account) -> list[Enrolment]:
    return current(db(), account.person_id, school_day(now())) if is_pupil(account) else []


def schools_of(account: Account) -> list[dict[str, Any]]:
    appointments = [] if is_pupil(account) else appointments_of(db(), account.id)
    numbers = {each.school_number for each in appointments}
    pupils = pupils_at(db(), numbers, school_day(now())) if numbers else {}
    return [appointment_of(each, pupils.get(each.school_number, 0)) for each in appointments]


def applications_for(account: Account) -> list[Application]:
    """On the dashboard, open to one of the pupil's schools, and within reach of the pupil's kind of account; by name."""
    schools = {enrolment.school_number for enrolment in enrolments(account)}
    reach = strength_of(AccountKind(account.kind), SecretKind(account.secret_kind), temporary=False)
    found = [
        client
        for client in register().all()
        if client.dashboard
        and client.initiate_login_uri
        and (not client.schools or client.schools & schools)
        and (client.minimum_strength is None or client.minimum_strength <= reach)
    ]
    return sorted(found, key=lambda client: client.name.casefold())


def account_of(account: Account) -> dict[str, Any]:
    kind = AccountKind(account.kind)
    verified = account.email_verified_at is not None
    return {
        "username": account.username,
        "kind": kind,
        "password_kind": account.secret_kind,
        "email": {"address": account.email, "verified": verified} if account.email else None,
        "created_on": day(account.created_at),
        "must_choose_password": account.temporary_until is not None,
        "may_choose_password": may_choose_password(kind),
        "may_link_email": may_link_email(kind),
        "last_sign_in_at": moment(account.last_sign_in_at),
    }


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


def application_of(client: Application, issuer: str) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "description": client.description,
        "logo": issuer + client.logo if client.logo else None,
        "open_url": opening(client.initiate_login_uri, issuer),
        "claims": [{"claim": claim, "purpose": purpose} for claim, purpose in client.claims.items()],
    }


def opening(address: str, issuer: str) -> str:
    """Third-party-initiated login (OIDC Core section 4): the application begins, and knows with whom."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'iss': issuer})}"


def day(at: datetime) -> str:
    """The day in Belgium, where an account made just after midnight wasn't made the day before."""
    found: date = school_day(at)
    return found.isoformat()


def moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
