"""A password that somebody chooses: from what was typed to what is stored, the same wherever it is asked (R59-R64)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request

from idp.accounts.credentials import HashingBusy
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.authentication import subjects
from idp.authentication.views import letters, visitor
from idp.database import let_go
from idp.mail import budgets
from idp.rules.account_types import SecretKind
from idp.rules.password_policy import MAXIMUM_LENGTH, MINIMUM_LENGTH, Violation, check
from idp.web.errors import ShownError
from idp.web.pages import locale
from idp.web.request import db, now, wiring


def asked_for(account: Account) -> dict[str, Any]:
    """What the part of the page asks that every page with a new password has."""
    return {
        "username": account.username,
        "to_mend": violations_here(),
        "minimum": MINIMUM_LENGTH,
        "maximum": MAXIMUM_LENGTH,
    }


def typed() -> Secret:
    return Secret(request.form.get("new_password", ""))


def mend_in(chosen: Secret, account: Account) -> str | None:
    """What must be mended, as the address says it; None when the password is good. Never the password itself."""
    to_mend = check(chosen.reveal(), username=account.username, personal_words=personal_words(account))
    return ",".join(to_mend) or None


def personal_words(account: Account) -> tuple[str, ...]:
    person = account.person
    names = (person.given_name, person.family_name, person.official_given_name, person.official_family_name)
    return tuple(name for name in names if name)


def violations_here() -> tuple[Violation, ...]:
    given = request.args.get("mend", "").split(",")
    return tuple(violation for violation in Violation if violation in given)


def seal(chosen: Secret, account_id: UUID) -> str:
    """What to store. No transaction waits for it, so whatever was read before must be read again after it."""
    let_go(db())
    try:
        return visitor.vault().seal(chosen, account_id, SecretKind.TEXT)
    except HashingBusy:
        raise ShownError(503, "busy", "hashing queue full") from None


def tell(account: Account) -> None:
    """Whoever didn't do this reads it in their mailbox (PW-30); who does it without end fills no queue (OA-46)."""
    if account.email is None or account.email_verified_at is None:
        return
    notices = subjects.of_notices_to(wiring().keys.lookup, account.id)
    if not budgets.spend(db(), {notices: budgets.FOR_NOTICES}, now()):
        return
    letters.write(
        db(),
        "password_changed",
        account.email,
        language=account.language or locale(),
        now=now(),
        given_name=account.person.given_name,
        username=account.username,
        at=now(),
    )
