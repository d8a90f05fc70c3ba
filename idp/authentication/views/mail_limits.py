"""Whether one more mail may go out because of what this visitor does (OA-46)."""

from __future__ import annotations

from flask import request

from idp.accounts.records import Account
from idp.authentication import subjects
from idp.mail import budgets
from idp.web.request import db, now, wiring


def may_mail(account: Account, address: str, *, by_desk: bool) -> bool:
    """Not too many by one pupil, to one mailbox, or from one place; counts this one. The caller has said `writing`.

    What a portal asks comes from the portal's own address, the same for every pupil there is: that is no place.
    """
    key = wiring().keys.lookup
    asked = {
        subjects.of_mails_by(key, account.id): budgets.FOR_ACCOUNT,
        subjects.of_mails_to(key, address): budgets.FOR_MAILBOX_UNPROVEN,
    }
    if not by_desk:
        asked[subjects.of_mails_from(key, request.remote_addr or "")] = budgets.FOR_NETWORK
    return budgets.spend(db(), asked, now())
