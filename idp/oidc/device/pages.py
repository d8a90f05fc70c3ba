"""A person types the code of a device, signs in, and says whether it is theirs (RFC 8628 section 3.3).

The code is shown once more before the answer, also when it came in the address: a link in a message could hold a
stranger's code (section 5.4), and the person is told so in their own words.
"""

from __future__ import annotations

from typing import assert_never
from uuid import UUID

from flask import Blueprint, Response, request

from idp.accounts import lookup
from idp.authentication.requirement import AskedBy, Requirement
from idp.authentication.sign_in import SignIn
from idp.authentication.views import sign_in_url, signed_in
from idp.database import writing
from idp.oidc import granting
from idp.oidc.authorize import own_sid, remember, visitor
from idp.oidc.decision import ApprovalNeeded, Granted, Refused, SignInNeeded, TooWeak, decide
from idp.oidc.device.looking import Found, Trouble, look
from idp.oidc.request import AuthorizationRequest, ReturnAddress
from idp.oidc.responses import see_other
from idp.oidc.token_endpoints import server
from idp.tokens import devices
from idp.tokens.devices import State
from idp.web.errors import ShownError
from idp.web.pages import render
from idp.web.request import db, now

device_pages = Blueprint("device", __name__)

WRONG_STATUS = {Trouble.TOO_OFTEN: 429}


@device_pages.get("/device")
def enter() -> Response:
    typed = request.args.get("user_code")
    return code_page() if typed is None else go_on(typed)


@device_pages.post("/device")
def entered() -> Response:
    return go_on(request.form.get("user_code", ""))


@device_pages.post("/device/sign_in")
def sign_in_first() -> Response:
    """From a network where too many codes were wrong: whoever signs in answers for themselves."""
    writing(db())
    return see_other(sign_in_url(Requirement(return_to="/device")))


@device_pages.get("/device/confirm")
def confirm() -> Response:
    found = waiting(request.args.get("user_code", ""))
    return code_page(found) if isinstance(found, Trouble) else ask(found)


@device_pages.post("/device/confirm")
def confirmed() -> Response:
    found = waiting(request.form.get("user_code", ""))
    if isinstance(found, Trouble):
        return code_page(found)
    asked, sign_in = request_of(found), signed_in()
    if sign_in is None or request.form.get("sid") != own_sid(asked, sign_in):
        return ask(found)  # somebody else signed in meanwhile: that person did not read the page
    if request.form.get("answer") != "allow":
        writing(db())
        devices.deny(db(), found.device, now())
        return see_other("/device/refused")
    return approve(found, asked, sign_in)


@device_pages.post("/device/other")
def somebody_else() -> Response:
    found = waiting(request.form.get("user_code", ""))
    if isinstance(found, Trouble):
        return code_page(found)
    return ask_sign_in(found, SignInNeeded(now(), request_of(found).weakest_sign_in, ask_name=True))


@device_pages.get("/device/done")
def done() -> Response:
    return page("idp/device_done.html", allowed=True)


@device_pages.get("/device/refused")
def refused() -> Response:
    return page("idp/device_done.html", allowed=False)


# The code


def code_page(trouble: Trouble | None = None, typed: str = "") -> Response:
    status = 200 if trouble is None else WRONG_STATUS.get(trouble, 400)
    may_sign_in = trouble is Trouble.TOO_OFTEN and signed_in() is None
    return page(
        "idp/device.html", status, trouble=trouble, typed=lookup.readable(typed)[:20], may_sign_in=may_sign_in
    )


def go_on(typed: str) -> Response:
    found = waiting(typed)
    return code_page(found, typed) if isinstance(found, Trouble) else see_other(confirm_path(found))


def waiting(typed: str) -> Found | Trouble:
    """A device that nobody answered yet. One that is too late looks like one that never was."""
    found = look(typed, account_id())
    if isinstance(found, Found) and found.device.state(now()) is not State.WAITING:
        return Trouble.WRONG
    return found


def account_id() -> UUID | None:
    sign_in = signed_in()
    return None if sign_in is None else sign_in.account_id


def confirm_path(found: Found) -> str:
    return f"/device/confirm?user_code={found.shown}"


# The question


def ask(found: Found) -> Response:
    asked, sign_in = request_of(found), signed_in()
    decision = decide(asked, None if sign_in is None else visitor(asked, sign_in))
    match decision:
        case SignInNeeded():
            return ask_sign_in(found, decision)
        case TooWeak():
            return no_way_in(found, too_weak=True)
        case Refused():
            return no_way_in(found, too_weak=False)
        case ApprovalNeeded(sign_in) | Granted(sign_in):
            return confirm_page(found, asked, sign_in)
        case _:
            assert_never(decision)


def request_of(found: Found) -> AuthorizationRequest:
    """What the device asks, in the words of the authorization endpoint: the same rules decide about it."""
    device, client = found.device, found.client
    return AuthorizationRequest(
        return_address=ReturnAddress(client, redirect_uri=""),
        received_at=device.created_at,
        # What the application registered meanwhile counts, as everywhere.
        scope=tuple(scope for scope in client.scope if scope in device.scope),
        resource=device.resource,
        max_age=client.default_max_age,
        acr_values=client.default_acr_values,
    )


def ask_sign_in(found: Found, needed: SignInNeeded) -> Response:
    client = found.client
    writing(db())
    requirement = Requirement(
        return_to=confirm_path(found),
        after=needed.after,
        strength=needed.strength,
        ask_name=needed.ask_name,
        asked_by=AskedBy(client.name, client.logo or None, client.policy_uri or None, client.tos_uri or None),
    )
    return see_other(sign_in_url(requirement))


def confirm_page(found: Found, asked: AuthorizationRequest, sign_in: SignIn) -> Response:
    account = lookup.by_id(db(), sign_in.account_id)
    return page(
        "idp/device_confirm.html",
        client=asked.client,
        user_code=found.shown,
        claims=[(claim, asked.client.claims[claim]) for claim in asked.released_claims],
        stays=asked.offline,
        given_name=account.person.given_name if account else "",
        sid=own_sid(asked, sign_in),
    )


def no_way_in(found: Found, *, too_weak: bool) -> Response:
    """The device waits on: somebody else may get in."""
    return page(
        "idp/device_no_way_in.html", 403, client=found.client, user_code=found.shown, too_weak=too_weak
    )


# The answer


def approve(found: Found, asked: AuthorizationRequest, sign_in: SignIn) -> Response:
    """A family, and the device that may collect it: both or neither."""
    decision = decide(asked, visitor(asked, sign_in))
    if not isinstance(decision, ApprovalNeeded | Granted):
        return ask(found)
    writing(db())
    if isinstance(decision, ApprovalNeeded):  # this person read the page and said yes
        remember(asked, sign_in)
        decision = decide(asked, visitor(asked, sign_in))
    if not isinstance(decision, Granted):
        raise ShownError(400, "already-answered", "what was decided changed meanwhile")
    family_id = granting.opened_family(db(), asked, decision, server().issuer, now())
    if not devices.approve(db(), found.device, family_id, now()):
        raise ShownError(400, "already-answered", "somebody else answered for this device")
    return see_other("/device/done")


def page(template: str, status: int = 200, **values: object) -> Response:
    return Response(render(template, **values), status, mimetype="text/html")
