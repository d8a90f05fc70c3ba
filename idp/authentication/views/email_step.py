"""The last step for who has no e-mail address yet: an offer, without obligation (R14, R67-R69)."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.wrappers import Response

from idp.accounts import emails, lookup
from idp.authentication import login
from idp.authentication.attempt import Done, EmailOffered, StepName
from idp.authentication.login import Attempt
from idp.authentication.views import address_mails, visitor
from idp.authentication.views.arriving import Notice, arrive, see, see_again, steps
from idp.authentication.views.finishing import account_of, go_on
from idp.authentication.views.showing import page
from idp.database import writing
from idp.web.request import db, now, settings


@steps.get("/login/<attempt>/email", endpoint=StepName.EMAIL)
def offer_email(attempt: str) -> str:
    here = arrive(attempt, StepName.EMAIL)
    account_of(here)
    return page("email", here)


@steps.post("/login/<attempt>/email")
def answer_email(attempt: str) -> Response:
    here = arrive(attempt, StepName.EMAIL)
    if "skip" in request.form:
        return skip(here)
    address = emails.read_address(request.form.get("email", ""))
    if address is None:
        return see(here, Notice.BAD_ADDRESS)
    return link(here, address)


def skip(here: Attempt) -> Response:
    writing(db())
    account, moved = account_of(here), over(here)
    if moved is None:
        return see_again(here)
    emails.put_off(account, now())
    return go_on(moved, account)


def link(here: Attempt, address: str) -> Response:
    """The mail goes out, the sign-in goes on: nobody waits for a mailbox."""
    writing(db())
    account, moved = account_of(here, held=True), over(here)
    if moved is None:
        return see_again(here)
    if not emails.should_offer(account, now()):
        # Answered in the meantime, in another tab or on another screen.
        return go_on(moved, account)
    address_mails.link(account, address)
    return go_on(moved, account, way_on=url_for("login.mail_sent", attempt=here.value))


def over(here: Attempt) -> Attempt | None:
    """The login at its end, for the one caller who wins it."""
    assert isinstance(here.step, EmailOffered)
    return login.advance(db(), here, Done(here.step.proven), now())


@steps.get("/login/<attempt>/mail-sent")
def mail_sent(attempt: str) -> str | Response:
    """R68: says where the mail went, and how to go on."""
    here = arrive(attempt, StepName.DONE)
    address = address_asked(here)
    if address is None:
        return see(here)
    return page(
        "mail_sent",
        here,
        address=address,
        way_on=visitor.way_back(here.requirement),
        hours=settings().mail.verification_hours,
    )


def address_asked(here: Attempt) -> str | None:
    """The address that the mail went to, shown to who is signed in with it and to nobody else."""
    sign_in = visitor.signed_in()
    account = lookup.by_id(db(), sign_in.account_id) if sign_in else None
    mine = account is not None and isinstance(here.step, Done) and here.step.proven.account_id == account.id
    return account.email if account is not None and mine else None
