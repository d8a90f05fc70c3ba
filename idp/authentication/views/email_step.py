"""The last step for who has no e-mail address yet: an offer, without obligation (R14, R67-R69)."""

from __future__ import annotations

import logging

from flask import request, url_for
from werkzeug.wrappers import Response

from idp.accounts import emails, history, lookup
from idp.accounts.records import Account
from idp.authentication import login, subjects
from idp.authentication.attempt import Done, EmailOffered, StepName
from idp.authentication.login import Attempt
from idp.authentication.views import visitor
from idp.authentication.views.arriving import Notice, arrive, see, see_again, steps
from idp.authentication.views.finishing import account_of, go_on
from idp.authentication.views.showing import page
from idp.authentication.views.verifying import mail_link
from idp.database import writing
from idp.mail import budgets
from idp.web.request import db, now, request_id, settings, wiring

log = logging.getLogger("leerid.security")


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
    if not emails.should_offer(
        account, now()
    ):  # answered in the meantime, in another tab or at another screen
        return go_on(moved, account)
    if may_mail(account, address):
        token = emails.ask_to_verify(db(), account, address, now(), hours=settings().mail.verification_hours)
        mail_link(account, address, token)
    else:  # the page is the same: who buries somebody in mails isn't told when it stops (OA-46)
        emails.note_address(account, address, now())
        log.warning("mail:over-budget", extra={"account": str(account.id)})
    history.note(db(), "account:email-asked", now=now(), request_id=request_id(), account_id=account.id)
    return go_on(moved, account, way_on=url_for("login.mail_sent", attempt=here.value))


def may_mail(account: Account, address: str) -> bool:
    """OA-46: not too many by one pupil, to one mailbox, or from one place."""
    key = wiring().keys.lookup
    asked = {
        subjects.of_mails_by(key, account.id): budgets.FOR_ACCOUNT,
        subjects.of_mails_to(key, address): budgets.FOR_MAILBOX,
        subjects.of_mails_from(key, request.remote_addr or ""): budgets.FOR_NETWORK,
    }
    return budgets.spend(db(), asked, now())


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
