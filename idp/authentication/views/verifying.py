"""The link in a mail that proves an e-mail address: looking at it changes nothing, the button does (PW-31)."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from idp.accounts import emails, history
from idp.accounts.records import Account
from idp.authentication.views import letters
from idp.database import writing
from idp.web.pages import locale, render
from idp.web.request import db, now, request_id, settings

verifying = Blueprint("verifying", __name__)


def mail_link(account: Account, address: str, token: str) -> None:
    """Puts the mail in the outbox, in the transaction that made the link."""
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
        link=settings().issuer + url_for("verifying.look", token=token),
        hours=hours,
    )


@verifying.get("/verify-email/<token>")
def look(token: str) -> tuple[str, int]:
    asked = emails.to_verify(db(), token, now())
    if asked is None:
        return render("idp/verify_email.html", state="gone", way_on=settings().portals.leerlingloket), 404
    return render("idp/verify_email.html", state="asked", address=asked.address, username=asked.username), 200


@verifying.post("/verify-email/<token>")
def verify(token: str) -> Response:
    writing(db())
    account = emails.verify(db(), token, now())
    if account is None:
        return redirect(url_for("verifying.look", token=token), 303)
    history.note(db(), "account:email-verified", now=now(), request_id=request_id(), account_id=account.id)
    return redirect(url_for("verifying.verified"), 303)


@verifying.get("/verify-email/done")
def verified() -> str:
    return render("idp/verify_email.html", state="verified", way_on=settings().portals.leerlingloket)
