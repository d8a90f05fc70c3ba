"""The address on a card, by QR code or typed: it fills in the name and proves nothing (R35, R36, PW-32, PW-33)."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.accounts import lookup
from idp.accounts.records import Account
from idp.accounts.standing import standing_of
from idp.authentication import login, subjects, unknown_cards
from idp.authentication.attempt import Named
from idp.authentication.views import visitor
from idp.authentication.views.arriving import see
from idp.database import writing
from idp.rules.account_types import SecretKind
from idp.rules.lifecycle import Standing
from idp.web.errors import ShownError
from idp.web.request import db, now, wiring

cards = Blueprint("cards", __name__)


@cards.get("/k/<handle>")
def card(handle: str) -> Response:
    """To the password of who holds it, whoever is signed in here; or to the plain page when nobody does."""
    named = named_by(handle)
    writing(db())
    if named is None:
        count_unknown()
    requirement = visitor.plain_requirement()
    return see(login.begin(db(), requirement, visitor.this_browser(), now(), visitor.lifetime(), known=named))


def named_by(handle: str) -> Named | None:
    account = lookup.by_card(db(), handle)
    if account is None or is_over(account):
        return None
    with_pictures = account.secret_kind is SecretKind.PICTURES
    return Named(account.username, account.id, with_pictures, card=handle.lower())


def is_over(account: Account) -> bool:
    """A card dies with the enrolment."""
    return standing_of(account, now()) is Standing.INACTIVE


def count_unknown() -> None:
    address = subjects.of_address(wiring().keys.lookup, request.remote_addr or "")
    if not unknown_cards.count(db(), address, now()):
        raise ShownError(429, "busy", "too many unknown cards from one address")
