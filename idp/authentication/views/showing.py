"""What every page of a login shows: which application asks, what just happened, and the ways on."""

from __future__ import annotations

from math import ceil
from typing import Any

from flask import request, url_for

from idp.accounts import lookup
from idp.authentication import methods
from idp.authentication.attempt import Named, PasswordAsked, PicturesAsked
from idp.authentication.counters import Outlook
from idp.authentication.login import Attempt
from idp.authentication.views import visitor
from idp.authentication.views.arriving import Notice
from idp.rules.names import greeting_name
from idp.rules.picture_passwords import PICTURES
from idp.rules.sign_in_limits import ClosedUntil, GoAhead, WaitUntil
from idp.web.pages import render
from idp.web.request import db, now, settings

ASK_FOR_HELP_AFTER = 3


def page(template: str, attempt: Attempt, **values: Any) -> str:
    return render(
        f"idp/login/{template}.html",
        attempt=attempt.value,
        asked_by=attempt.requirement.asked_by,
        notice=notice_here(),
        someone_signed_in=visitor.signed_in() is not None,
        **values,
    )


def notice_here() -> Notice | None:
    """From the address; anything we didn't put there ourselves says nothing."""
    given = request.args.get("notice")
    return Notice(given) if given in set(Notice) else None


def password_page(attempt: Attempt, step: PasswordAsked | PicturesAsked) -> str:
    named = step.named
    return page(
        "pictures" if isinstance(step, PicturesAsked) else "password",
        attempt,
        username=named.username,
        greeting=greeting_for(named),
        by_address=lookup.is_address(named.username),
        pictures=PICTURES,
        needed=settings().pictures.length,
        forgot_url=url_for("help.forgot", back=url_for(f"login.{attempt.step_name}", attempt=attempt.value)),
        same_person=is_signed_in(named),
        **how_it_stands(named),
    )


def how_it_stands(named: Named) -> dict[str, Any]:
    """After a wrong password: how long to wait, and when to ask for help. Nobody's account looks different (PW-12)."""
    if not went_wrong():
        return in_words(None)
    asking = visitor.asking()
    return in_words(methods.outlook(db(), methods.candidate_for(db(), named, asking), asking))


def went_wrong() -> bool:
    return notice_here() in (Notice.WRONG, Notice.WAIT)


def in_words(stands: Outlook | None) -> dict[str, Any]:
    """What the template of trouble asks."""
    if stands is None:
        return {"wait_until": None, "wait_seconds": 0, "closed_until": None, "needs_help": False}
    wait_until = closed_until = None
    match stands.verdict:
        case WaitUntil(moment):
            wait_until = moment
        case ClosedUntil(moment):
            closed_until = moment
        case GoAhead():
            pass
    return {
        "wait_until": wait_until,
        # Rounded up: who waits as long as the page says may go on.
        "wait_seconds": max(1, ceil((wait_until - now()).total_seconds())) if wait_until else 0,
        "closed_until": closed_until,
        "needs_help": stands.failures >= ASK_FOR_HELP_AFTER,
    }


def greeting_for(named: Named) -> str | None:
    """Only whoever holds a card is greeted; a typed name earns nothing (OA-37)."""
    account = lookup.by_id(db(), named.account_id) if named.card and named.account_id else None
    return greeting_name(account.person.given_name, account.person.family_name) if account else None


def is_signed_in(named: Named) -> bool:
    sign_in = visitor.signed_in()
    return sign_in is not None and sign_in.account_id == named.account_id
