"""Ending what an application may know of me: its tokens die at once, and the next time it asks anew (PR-20)."""

from __future__ import annotations

from flask import Response

from idp.accounts import history
from idp.api.describing import described
from idp.api.holding import SELF, oneself, register
from idp.api.problems import Problem
from idp.api.room import api
from idp.database import writing
from idp.tokens import approvals, families, uses
from idp.web.request import db, now, request_id


@api.delete("/me/applications/<client_id>/access")
@described("An application may no longer know me", None, scopes=(SELF,), status=204)
def end_access(client_id: str) -> Response:
    """Also of an application that is no more. LeerID's own desks are no application: from those one signs out."""
    holder = oneself()
    client = register().get(client_id)
    if client is not None and client.first_party:
        raise Problem(404)
    writing(db())
    if not uses.has_used(db(), holder.account.id, client_id):
        raise Problem(404)
    approvals.withdraw(db(), holder.account.id, client_id, now())
    families.revoke_application(db(), holder.account.id, client_id, now())
    history.note(
        db(),
        "account:application-ended",
        now=now(),
        request_id=request_id(),
        account_id=holder.account.id,
        application=client_id,
    )
    return Response(status=204)
