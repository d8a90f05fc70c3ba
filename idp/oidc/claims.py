"""What an application gets to know about a person: what it asked, its registration names, and we have (PR-05).

A claim that we have no value for is absent, never null (OIDC Core 5.3.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from idp.oidc.clients import Client
from idp.oidc.protocol import Scope, claims_of
from idp.schools import enrolments
from idp.schools.records import Enrolment
from idp.tokens.holders import Grant, HeldAccount, HeldPerson

# Half a claim tells nothing: whoever registered the first gets the second with it.
COMPANIONS: Mapping[str, tuple[str, ...]] = {
    "email": ("email_verified",),
    "phone_number": ("phone_number_verified",),
    "school": ("schools",),
}
OF_SCHOOL = frozenset({"school", "schools", "administrative_group", "class"})
GENDERS: Mapping[str, str] = {"M": "male", "F": "female", "V": "female", "X": "other"}


def for_userinfo(client: Client, scope: Iterable[str], asked: Mapping[str, Any]) -> frozenset[str]:
    """What the scopes open, and what the `claims` parameter asked for this place (OIDC Core 5.4, 5.5)."""
    return registered(client, [*claims_of(scope), *(asked.get("userinfo") or {})])


def for_id_token(client: Client, asked: Mapping[str, Any]) -> frozenset[str]:
    """Only what the `claims` parameter asked: an access token comes along, so the rest is for userinfo (OIDC Core 5.4)."""
    return registered(client, asked.get("id_token") or {})


def registered(client: Client, names: Iterable[str]) -> frozenset[str]:
    found = frozenset(names) & client.claims.keys()
    return found.union(*(COMPANIONS.get(name, ()) for name in found))


def about(db: Session, grant: Grant, names: frozenset[str], today: date) -> dict[str, Any]:
    """The values of these claims. Asks for enrolments only when one of them needs it."""
    if not names:
        return {}
    values = {
        **{name: value for name, value in grant.person.other_claims.items() if name in OTHERS},
        **of_person(grant.person),
        **of_account(grant.account),
    }
    if names & OF_SCHOOL:
        values.update(of_school(enrolments.current(db, grant.person.id, today)))
    return {name: values[name] for name in sorted(names) if values.get(name) is not None}


# What the record of a person may hold beside its columns; whatever says who vouches for it is ours alone to say.
OTHERS = frozenset(claims_of((Scope.PROFILE, Scope.ADDRESS, Scope.PHONE))) - {"updated_at"}


def of_person(person: HeldPerson) -> dict[str, Any]:
    known = {
        "name": f"{person.given_name} {person.family_name}".strip(),
        "given_name": person.given_name,
        "family_name": person.family_name,
        "gender": GENDERS.get(person.sex or ""),
        "birthdate": person.birth_date.isoformat() if person.birth_date else None,
        "updated_at": int(person.updated_at.timestamp()),
    }
    return {name: value for name, value in known.items() if value}


def of_account(account: HeldAccount) -> dict[str, Any]:
    """An address that nobody verified may be somebody else's, so it is not told at all (OA-21)."""
    verified = account.email is not None and account.email_verified_at is not None
    return {
        "preferred_username": account.username,
        "account_type": account.kind.value,
        **({"email": account.email, "email_verified": True} if verified else {}),
    }


def of_school(found: list[Enrolment]) -> dict[str, Any]:
    """`school`, group and class of the enrolment that began last; `schools` lists all of them when there are several."""
    if not found:
        return {}
    latest = max(found, key=lambda each: (each.starts_on, each.ends_on, each.school_number))
    return {
        "school": school(latest),
        "administrative_group": latest.administrative_group or None,
        "class": latest.class_code or None,
        "schools": [placed(each) for each in found] if len(found) > 1 else None,
    }


def school(enrolment: Enrolment) -> dict[str, Any]:
    return {"number": enrolment.school_number, "name": enrolment.school.name}


def placed(enrolment: Enrolment) -> dict[str, Any]:
    known = {"administrative_group": enrolment.administrative_group, "class": enrolment.class_code}
    return {**school(enrolment), **{name: value for name, value in known.items() if value}}
