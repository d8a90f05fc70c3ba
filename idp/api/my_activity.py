"""Who did what with my LeerID: sign-ins, applications, the school's renewals, changes; twelve months of it (PR-12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, jsonify

from idp.api.asking import the_query
from idp.api.describing import FLAG, MOMENT, NUMBER, TEXT, Schema, described, one_of, or_null, several, thing
from idp.api.holding import SELF, Application, oneself, register
from idp.api.room import api
from idp.schools.concerning import A_PAGE, By, Happened, Wanted, Whose, happened
from idp.schools.enrolments import all_of
from idp.tokens.uses import Use, uses_of
from idp.web.request import db, now

A_YEAR = timedelta(days=365)
# What of an event's circumstances its pupil is told; never who else was on the same page or sheet.
TOLD = frozenset({"strength", "way", "device", "application", "form", "count", "others_ended", "handed_out"})

EVENT = thing(
    at=MOMENT,
    what=TEXT,
    by=or_null(thing(role=one_of("beheerder", "leerkracht", "operator", ""), school=TEXT)),
    detail={"type": "object"},
)
USED = thing(
    client_id=TEXT,
    name=or_null(TEXT),
    first_at=MOMENT,
    last_at=MOMENT,
    claims=several(thing(claim=TEXT, purpose=or_null(TEXT))),
    shares=FLAG,
)
ACTIVITY = thing(events=several(EVENT), next=or_null(NUMBER), applications=several(USED))
BEFORE: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53}


@api.get("/me/activity")
@described("Who did what with my LeerID", ACTIVITY, scopes=(SELF,), query={"before": BEFORE})
def activity() -> Response:
    """Twelve months, the newest first; `next` is the `before` of the page that follows."""
    holder = oneself()
    wanted = Wanted(since=now() - A_YEAR, before=the_query().get("before"), most=A_PAGE + 1)
    whose = Whose(holder.account.id, tuple(all_of(db(), holder.person.id)))
    found = happened(db(), whose, wanted)
    used = uses_of(db(), holder.account.id, since=wanted.since, now=now())
    return jsonify(
        events=[event_of(each) for each in found[:A_PAGE]],
        next=found[A_PAGE - 1].id if len(found) > A_PAGE else None,
        applications=list(filter(None, map(used_of, used))),
    )


def event_of(event: Happened) -> dict[str, Any]:
    return {
        "at": event.at.isoformat(timespec="seconds"),
        "what": event.what,
        "by": by_of(event.by) if event.by else None,
        "detail": {name: value for name, value in event.detail.items() if name in TOLD},
    }


def by_of(by: By) -> dict[str, str]:
    return {"role": by.role, "school": by.school_name}


def used_of(use: Use) -> dict[str, Any] | None:
    """None for LeerID's own desks: those are where this is read. An application that is no more has no name."""
    client = register().get(use.client_id)
    if client is not None and client.first_party:
        return None
    return {
        "client_id": use.client_id,
        "name": client.name if client else None,
        "first_at": use.first_at.isoformat(timespec="seconds"),
        "last_at": use.last_at.isoformat(timespec="seconds"),
        "claims": [{"claim": claim, "purpose": purpose_of(client, claim)} for claim in use.claims],
        "shares": use.shares,
    }


def purpose_of(client: Application | None, claim: str) -> str | None:
    return client.claims.get(claim) if client else None
