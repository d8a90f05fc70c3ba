"""Where I am signed in, ending it there, and "Dit was ik niet"."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from flask import Response, jsonify

from idp.accounts import history, lookup, passwords
from idp.api.describing import FLAG, MOMENT, TEXT, described, or_null, several, thing
from idp.api.holding import SELF, oneself
from idp.api.problems import Problem
from idp.api.room import api
from idp.authentication import known_devices, sessions
from idp.authentication.records import BrowserSession
from idp.authentication.views import end_session
from idp.database import writing
from idp.tokens import families
from idp.tokens.guard import Bearer
from idp.web.request import db, now, request_id, wiring

SIGN_IN = thing(ref=TEXT, since=MOMENT, last_seen=MOMENT, device=or_null(TEXT), this_one=FLAG)
SIGN_INS = thing(sign_ins=several(SIGN_IN))


@api.get("/me/sign-ins")
@described("Where I am signed in", SIGN_INS, scopes=(SELF,))
def sign_ins() -> Response:
    """This one first, then who was last seen first."""
    holder = oneself()
    return jsonify(sign_ins=[told(each, holder) for each in live(holder)])


@api.delete("/me/sign-ins/<ref>")
@described("Sign out there", None, scopes=(SELF,), status=204)
def end_one(ref: str) -> Response:
    holder = oneself()
    writing(db())
    found = next(
        (each for each in live(holder) if hmac.compare_digest(ref_of(each).encode(), ref.encode())), None
    )
    if found is None:
        raise Problem(404)
    end([found.digest])
    note(holder, "account:session-ended", count=1)
    return Response(status=204)


@api.post("/me/sign-ins/end-others")
@described("Sign out everywhere else", None, scopes=(SELF,), status=204)
def end_others() -> Response:
    holder = oneself()
    writing(db())
    others = [each.digest for each in live(holder) if each.digest != holder.session_digest]
    end(others)
    if others:
        note(holder, "account:session-ended", count=len(others))
    return Response(status=204)


@api.post("/me/not-me")
@described("This wasn't me: sign out everywhere, and tell the school", None, scopes=(SELF,), status=204)
def not_me() -> Response:
    """Ends everything that began before this moment, here too: sign-ins, tokens, mailed links, browsers that were known.

    The password stays as it is: who chose it chooses another one, and for the others the school does.
    """
    holder = oneself()
    writing(db())
    account = lookup.by_id_held(db(), holder.account.id)
    if account is None:
        raise Problem(404)
    # Those that are only idle, too: an application may still greet who forgot to leave.
    end(sessions.others_of(db(), account.id, ""))
    families.revoke_all(db(), account.id, now())
    known_devices.forget_all(db(), account.id)
    passwords.end_sign_ins(account, now())
    account.not_me_at = now()
    note(holder, "account:not-me")
    return Response(status=204)


def live(holder: Bearer) -> list[BrowserSession]:
    found = sessions.live_of(db(), holder.account.id, now())
    return sorted(found, key=lambda each: each.digest != holder.session_digest)


def end(digests: Iterable[str]) -> None:
    """Along the road that tells the applications."""
    for digest in digests:
        end_session(digest)


def told(session: BrowserSession, holder: Bearer) -> dict[str, Any]:
    return {
        "ref": ref_of(session),
        "since": session.signed_in_at.isoformat(timespec="seconds"),
        "last_seen": session.last_seen_at.isoformat(timespec="seconds"),
        "device": session.device,
        "this_one": session.digest == holder.session_digest,
    }


def ref_of(session: BrowserSession) -> str:
    """A name that is good for nothing but ending it here: the digest itself stays in the database."""
    return hmac.new(wiring().keys.lookup, b"sign-in:" + session.digest.encode(), hashlib.sha256).hexdigest()[
        :32
    ]


def note(holder: Bearer, what: str, **detail: Any) -> None:
    history.note(db(), what, now=now(), request_id=request_id(), account_id=holder.account.id, **detail)
