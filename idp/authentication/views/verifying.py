"""The link in a mail that proves an e-mail address: looking at it changes nothing, the button does (PW-31)."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from idp.accounts import emails, history
from idp.authentication.views.address_mails import Farewell, tell_old_address
from idp.database import writing
from idp.web.pages import prefer, render
from idp.web.request import db, now, request_id, settings

verifying = Blueprint("verifying", __name__)


@verifying.get("/verify-email/<token>")
def look(token: str) -> tuple[str, int]:
    asked = emails.to_verify(db(), token, now())
    if asked is None:
        return render("idp/verify_email.html", state="gone", way_on=settings().portals.leerlingloket), 404
    prefer([asked.language or ""])  # the mail's, on whichever device it is opened
    return render("idp/verify_email.html", state="asked", address=asked.address, username=asked.username), 200


@verifying.post("/verify-email/<token>")
def verify(token: str) -> Response:
    writing(db())
    proven = emails.verify(db(), token, now())
    if proven is None:
        return redirect(url_for("verifying.look", token=token), 303)
    if proven.replaced is not None:
        tell_old_address(proven.account, proven.replaced, Farewell.REPLACED)
    history.note(
        db(), "account:email-verified", now=now(), request_id=request_id(), account_id=proven.account.id
    )
    return redirect(url_for("verifying.verified", ui_locales=proven.account.language), 303)


@verifying.get("/verify-email/done")
def verified() -> str:
    prefer([request.args.get("ui_locales", "")])
    return render("idp/verify_email.html", state="verified", way_on=settings().portals.leerlingloket)
