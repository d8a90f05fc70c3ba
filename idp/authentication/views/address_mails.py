"""The mails about an address: the link that proves it, and word to the one that it took the place of.

At sign-in and from a portal alike; each in the transaction that causes it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from enum import StrEnum

from flask import url_for

from idp.accounts import emails, history
from idp.accounts.records import Account
from idp.authentication.views import letters
from idp.authentication.views.mail_limits import may_mail
from idp.web.pages import locale
from idp.web.request import db, now, request_id, settings

log = logging.getLogger("leerid.security")


class Farewell(StrEnum):
    """What became of a proven address."""

    REPLACED = "replaced"
    DROPPED = "dropped"


def link(account: Account, address: str, *, by_desk: bool = False) -> None:
    """A pupil gives an address; the caller holds the account."""
    prove(account, address, by_desk=by_desk)
    history.note(db(), "account:email-asked", now=now(), request_id=request_id(), account_id=account.id)


def prove(account: Account, address: str, *, by_desk: bool = False) -> None:
    """Notes the address and mails the link that proves it, for the first time or again.

    Over the budget everything is the same but for the mail: who buries somebody in mails isn't told when it stops (OA-46).
    The link of an earlier mail to this very address stays good then; one to another address never does.
    """
    if may_mail(account, address, by_desk=by_desk):
        mail_link(account, address, new_link(account, address))
    else:
        log.warning("mail:over-budget", extra={"account": str(account.id)})
        if emails.pending(db(), account, now()) != address:
            new_link(account, address)


def new_link(account: Account, address: str) -> str:
    return emails.ask_to_verify(db(), account, address, now(), hours=settings().mail.verification_hours)


def mail_link(account: Account, address: str, token: str) -> None:
    hours = settings().mail.verification_hours
    letters.write(
        db(),
        "verify_email",
        address,
        language=account.language or locale(),
        now=now(),
        expires_at=now() + timedelta(hours=hours),
        given_name=account.person.given_name,
        username=account.username,
        # The issuer of the settings, whatever host the request was sent to (OA-43).
        link=settings().issuer + url_for("verifying.look", token=token),
        hours=hours,
    )


def tell_old_address(account: Account, address: str, farewell: Farewell) -> None:
    """To a proven address only: whoever reads its mail learns that somebody took the account elsewhere."""
    letters.write(
        db(),
        "email_changed",
        address,
        language=account.language or locale(),
        now=now(),
        given_name=account.person.given_name,
        username=account.username,
        dropped=farewell is Farewell.DROPPED,
    )
