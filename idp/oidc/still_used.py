"""Whether a school of theirs uses the application still: who changed schools takes no tokens along (CV-07).

What a school switches off ends at once (`tokens/switching_off`), but only for its pupils of that day. So it is asked again
whenever a grant is to give something.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from idp.oidc.clients import Client
from idp.rules.belgian_time import school_day
from idp.schools import applications, enrolments
from idp.schools.switched_off import SwitchedOff
from idp.tokens.holders import Grant


def still_used(db: Session, client: Client, grant: Grant, switched_off: SwitchedOff, now: datetime) -> bool:
    """Asks nothing about an application that is for all and off nowhere."""
    off = switched_off.schools(db, client.client_id)
    if not client.schools and not off:
        return True
    current = enrolments.current(db, grant.person.id, school_day(now))
    return applications.may_use(client.schools, {each.school_number for each in current}, off)
