"""A pupil's own e-mail address: link, change, send the mail again, take it away (R67-R74)."""

from __future__ import annotations

from flask import Response, jsonify

from idp.accounts import emails, history, lookup
from idp.accounts.lookup import folded_address
from idp.accounts.records import Account
from idp.api.asking import the_body
from idp.api.describing import NUMBER, TEXT, described, or_null, text, thing
from idp.api.holding import SELF, oneself
from idp.api.me import EMAIL, email_of
from idp.api.problems import Problem
from idp.api.room import api
from idp.authentication.views import address_mails
from idp.authentication.views.address_mails import Farewell
from idp.database import writing
from idp.rules.account_types import may_link_email
from idp.tokens.guard import Bearer
from idp.web.request import db, now, request_id, settings

# Where a mail went and how long its link is good (R68, R69); nowhere when the address was proven before.
SENT = thing(sent_to=or_null(TEXT), hours=NUMBER)
# Longer than an address may be, so that "this is none" is said in those words.
TYPED = text(400)


@api.get("/me/email")
@described("My e-mail address", thing(email=EMAIL, pending_email=or_null(TEXT)), scopes=(SELF,))
def my_email() -> Response:
    """What a form begins with: whoever signed in too long ago does so before typing."""
    account = db().get_one(Account, who_links(recently=True).account.id)
    return jsonify(email=email_of(account), pending_email=emails.pending(db(), account, now()))


@api.put("/me/email")
@described(
    "Link an e-mail address, or another one",
    SENT,
    scopes=(SELF,),
    body=thing(email=TYPED),
    refusals=(422,),
)
def link_my_email() -> Response:
    """R67, R74. It serves once the link in the mail is used; a proven one stays in use until then.

    An address that another account proved is as good as any: brothers and sisters share one, and nobody learns who has it.
    """
    pupil = who_links(recently=True)
    typed = the_body()["email"]
    address = emails.read_address(typed)
    if address is None:
        raise Problem(422, reasons=[emails.what_is_wrong(typed)])
    account = held(pupil)
    if account.email_verified_at is not None and folded_address(address) == account.email_folded:
        emails.keep(db(), account)
        return sent_to(None)
    address_mails.link(account, address, by_desk=True)
    return sent_to(address)


@api.post("/me/email/resend")
@described("Send the mail with the link again", SENT, scopes=(SELF,), refusals=(409,))
def resend_my_mail() -> Response:
    """R71, R72. To the address that was asked, so nothing is taken over by it and no recent sign-in is needed."""
    account = held(who_links())
    address = emails.pending(db(), account, now())
    if address is None:
        raise Problem(409)
    address_mails.prove(account, address, by_desk=True)
    return sent_to(address)


@api.delete("/me/email")
@described("Take my e-mail address away", None, scopes=(SELF,), status=204)
def drop_my_email() -> Response:
    account = held(who_links(recently=True))
    if account.email is None:
        return Response(status=204)
    proven = emails.drop(db(), account, now())
    if proven is not None:
        address_mails.tell_old_address(account, proven, Farewell.DROPPED)
    history.note(db(), "account:email-dropped", now=now(), request_id=request_id(), account_id=account.id)
    return Response(status=204)


def who_links(*, recently: bool = False) -> Bearer:
    """Raises Problem: 403 for who links no address (R17)."""
    holder = oneself(recently=recently)
    if not may_link_email(holder.account.kind):
        raise Problem(403)
    return holder


def held(pupil: Bearer) -> Account:
    """To change it, and nobody else does meanwhile."""
    writing(db())
    account = lookup.by_id_held(db(), pupil.account.id)
    if account is None:
        raise Problem(404)
    return account


def sent_to(address: str | None) -> Response:
    return jsonify(sent_to=address, hours=settings().mail.verification_hours)
