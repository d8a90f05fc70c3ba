"""The authorization endpoint: a request comes in, is parked while its user does something, and is answered once."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import assert_never

from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import Session

from idp.accounts import lookup
from idp.authentication.requirement import AskedBy, Requirement
from idp.authentication.sign_in import SignIn
from idp.authentication.views import sign_in_url, signed_in
from idp.database import writing
from idp.oidc import arriving, granting, pending, pushed, responses, subjects, validation
from idp.oidc.arriving import Arrived
from idp.oidc.challenges import challenges
from idp.oidc.clients import origin_of, register
from idp.oidc.decision import (
    ApprovalNeeded,
    Decision,
    Granted,
    Refused,
    SignInNeeded,
    TooWeak,
    Visitor,
    decide,
)
from idp.oidc.errors import ClientError
from idp.oidc.keys import key_ring
from idp.oidc.parameters import Parameters, sent
from idp.oidc.protocol import ApprovalPolicy, ErrorCode, Prompt
from idp.oidc.remembered import remembered
from idp.oidc.request import AuthorizationRequest, ReturnAddress
from idp.oidc.request_objects import Opener
from idp.oidc.session_management import session_state
from idp.oidc.sids import sid_for
from idp.oidc.token_endpoints import server
from idp.rules.belgian_time import school_day
from idp.schools import applications, enrolments
from idp.schools.switched_off import switched_off
from idp.tokens import approvals
from idp.web.cookies import browser_id
from idp.web.errors import ShownError
from idp.web.forms import open_to_other_sites
from idp.web.pages import lead_on, prefer, render
from idp.web.request import db, now, roll_back, settings, wiring

authorize_endpoint = Blueprint("authorize", __name__)
log = logging.getLogger("leerid.oidc")


@authorize_endpoint.get("/authorize")
def authorize() -> Response:
    if request.method == "HEAD":  # whoever previews a link must not use up what it leads to
        return Response(headers={"Cache-Control": "no-store"})
    return answer(arrived(sent()), received_at=now(), parked_as=None)


@authorize_endpoint.post("/authorize")
@open_to_other_sites
def authorize_by_post() -> Response:
    """A POST from another site comes without our cookies (SameSite=Lax), so it is parked and met again as a GET."""
    arrival = arrived(sent())
    checked(arrival.parameters, now())
    writing(db())
    take_pushed(arrival)
    return responses.see_other(resume_path(park(arrival.parameters, browser=None)))


@authorize_endpoint.get("/authorize/resume/<pending_id>")
def resume(pending_id: str) -> Response:
    return answer_parked(find(pending_id))


@authorize_endpoint.get("/approve/<pending_id>")
def approve(pending_id: str) -> Response:
    """The decision shows the page, if it is still needed."""
    return answer_parked(find(pending_id))


@authorize_endpoint.post("/approve/<pending_id>")
def approve_answered(pending_id: str) -> Response:
    parked = find(pending_id)
    asked = checked(Parameters(parked.parameters), parked.received_at)
    sign_in = signed_in()
    if sign_in is None or request.form.get("sid") != own_sid(asked, sign_in):
        return answer_parked(parked)  # somebody else signed in meanwhile: that person did not read the page
    writing(db())
    if request.form.get("answer") != "allow":
        return refuse(asked, Refused(ErrorCode.ACCESS_DENIED, "the person said no"), pending_id)
    remember(asked, sign_in)
    return act(asked, decide(asked, visitor(asked, sign_in)), pending_id)


@authorize_endpoint.post("/authorize/stop/<pending_id>")
def stop(pending_id: str) -> Response:
    """From the page that says that this person can't get in: back to the application, with the reason."""
    parked = find(pending_id)
    asked = checked(Parameters(parked.parameters), parked.received_at)
    sign_in = signed_in()
    decision = decide(asked, None if sign_in is None else visitor(asked, sign_in))
    writing(db())
    if isinstance(decision, TooWeak):
        return refuse(asked, TOO_WEAK, pending_id)
    return refuse(asked, Refused(ErrorCode.ACCESS_DENIED, "the person went back"), pending_id)


@authorize_endpoint.post("/authorize/other/<pending_id>")
def somebody_else(pending_id: str) -> Response:
    """From the same page: another person may get in."""
    parked = find(pending_id)
    asked = checked(Parameters(parked.parameters), parked.received_at)
    writing(db())
    return ask_sign_in(asked, SignInNeeded(now(), asked.weakest_sign_in, ask_name=True), pending_id)


# From parameters to an answer


def arrived(parameters: Parameters) -> Arrived:
    """The whole request; the parts that came here by another road were proven to be the client's."""
    client = validation.known_client(parameters, register(current_app))
    opener = Opener(settings().issuer, remembered(current_app), db(), now())
    try:
        return arriving.at_authorize(parameters, client, opener)
    except ClientError as error:
        raise Unanswerable(validation.trust(parameters, register(current_app)), error) from error


def checked(parameters: Parameters, received_at: datetime) -> AuthorizationRequest:
    """Raises Unanswerable when the application did something wrong, ShownError when there is none to tell it to."""
    return_address = validation.trust(parameters, register(current_app))
    try:
        return validation.check(
            parameters,
            return_address,
            ring=key_ring(current_app),
            issuer=settings().issuer,
            legacy_flows=settings().clients.legacy_flows,
            received_at=received_at,
        )
    except ClientError as error:
        raise Unanswerable(return_address, error) from error


class Unanswerable(Exception):
    """The request itself is wrong, and there is somebody to tell."""

    def __init__(self, return_address: ReturnAddress, error: ClientError) -> None:
        super().__init__(str(error))
        self.return_address = return_address
        self.error = error


@authorize_endpoint.errorhandler(Unanswerable)
def tell_application(refused: Unanswerable) -> Response:
    roll_back()
    return responses.failure(refused.return_address, refused.error.code, refused.error.description)


def answer(arrival: Arrived, received_at: datetime, parked_as: str | None) -> Response:
    asked = checked(arrival.parameters, received_at)
    sign_in = signed_in()
    decision = decide(asked, None if sign_in is None else visitor(asked, sign_in))
    if arrival.pushed_as is not None or must_write(decision, parked_as):
        writing(db())
    take_pushed(arrival)
    if parked_as is None and not isinstance(decision, Granted | Refused):
        parked_as = park(arrival.parameters, browser_id())
    return act(asked, decision, parked_as)


def answer_parked(parked: pending.Parked) -> Response:
    if not parked.bound:
        writing(db())
        if not pending.bind(db(), parked.id, browser_id()):
            raise ShownError(400, "already-answered", "another browser came first")
    return answer(Arrived(Parameters(parked.parameters)), parked.received_at, parked.id)


def must_write(decision: Decision, parked_as: str | None) -> bool:
    match decision:
        case Granted() | SignInNeeded():
            return True
        case ApprovalNeeded() | TooWeak():
            return parked_as is None
        case Refused():
            return parked_as is not None
        case _:
            assert_never(decision)


def act(asked: AuthorizationRequest, decision: Decision, parked_as: str | None) -> Response:
    """Carries a decision out. Whatever writes, writes in the transaction that has begun."""
    prefer(asked.ui_locales)
    match decision:
        case Granted():
            return grant(asked, decision, parked_as)
        case Refused():
            return refuse(asked, decision, parked_as)
    assert parked_as is not None, "a request that waits for its user is parked first"
    match decision:
        case SignInNeeded():
            return ask_sign_in(asked, decision, parked_as)
        case ApprovalNeeded():
            return ask_approval(asked, decision.sign_in, parked_as)
        case TooWeak():
            return tell_too_weak(asked, parked_as)
        case _:
            assert_never(decision)


def grant(asked: AuthorizationRequest, granted: Granted, parked_as: str | None) -> Response:
    take(parked_as)
    notice_repeated_challenge(asked)
    given = granting.grant(db(), asked, granted, server().issuer, now())
    state = session_state(asked.client.client_id, asked.redirect_uri)
    return responses.success(asked.return_address, given, state)


def refuse(asked: AuthorizationRequest, refused: Refused, parked_as: str | None) -> Response:
    take(parked_as)
    return responses.failure(asked.return_address, refused.code, refused.description)


def ask_sign_in(asked: AuthorizationRequest, needed: SignInNeeded, pending_id: str) -> Response:
    return responses.see_other(sign_in_url(requirement(asked, needed, pending_id)))


def ask_approval(asked: AuthorizationRequest, sign_in: SignIn, pending_id: str) -> Response:
    """Shown at its own address, so that a reload asks for the same page and not for another request."""
    if request.path != approve_path(pending_id) or request.method == "POST":
        return responses.see_other(approve_path(pending_id))
    lead_on([origin_of(asked.redirect_uri)])
    account = lookup.by_id(db(), sign_in.account_id)
    page = render(
        "idp/approve.html",
        client=asked.client,
        claims=[(claim, asked.client.claims[claim]) for claim in asked.released_claims],
        asks_consent=asked.client.approval is ApprovalPolicy.CONSENT,
        given_name=account.person.given_name if account else "",
        action=approve_path(pending_id),
        sid=own_sid(asked, sign_in),
    )
    return Response(page, mimetype="text/html")


def tell_too_weak(asked: AuthorizationRequest, pending_id: str) -> Response:
    lead_on([origin_of(asked.redirect_uri)])
    page = render(
        "idp/too_weak.html",
        client=asked.client,
        other=f"/authorize/other/{pending_id}",
        stop=f"/authorize/stop/{pending_id}",
    )
    return Response(page, mimetype="text/html", status=403)


TOO_WEAK = Refused(ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS, "this person can't sign in strongly enough")


def remember(asked: AuthorizationRequest, sign_in: SignIn) -> None:
    approvals.remember(
        db(),
        sign_in.account_id,
        asked.client.client_id,
        claims=asked.released_claims,
        scopes=asked.scope,
        now=now(),
    )


def notice_repeated_challenge(asked: AuthorizationRequest) -> None:
    """RFC 9700 section 4.5.3: a PKCE challenge is for one request. Not refused, as a reload repeats it too (OA-07)."""
    if asked.code_challenge is not None and challenges(current_app).seen_before(asked.code_challenge, now()):
        log.warning("authorize:challenge-repeated", extra={"client_id": asked.client.client_id})


# What a request needs to know of its visitor


def visitor(asked: AuthorizationRequest, sign_in: SignIn) -> Visitor:
    """Looks up only what this request asks: for our own portals nothing, else what the person said of the application."""
    return Visitor(
        sign_in,
        subject=subject(asked, sign_in) if asked.hinted_subject is not None else None,
        approved=approvals.approved(db(), sign_in.account_id, asked.client.client_id)
        if not asked.client.first_party or Prompt.CONSENT in asked.prompt
        else None,
        at_school=at_school(asked, sign_in),
    )


def subject(asked: AuthorizationRequest, sign_in: SignIn) -> str | None:
    account = lookup.by_id(db(), sign_in.account_id)
    return subjects.subject_for(asked.client, account.person, wiring().keys.pairwise) if account else None


def at_school(asked: AuthorizationRequest, sign_in: SignIn) -> bool:
    """Whether a school of theirs uses the application; asks nothing about one that is for all and off nowhere."""
    client = asked.client
    off = switched_off(current_app).schools(db(), client.client_id)
    if not client.schools and not off:
        return True
    account = lookup.by_id(db(), sign_in.account_id)
    if account is None:
        return False
    current = enrolments.current(db(), account.person_id, school_day(now()))
    return applications.may_use(client.schools, {each.school_number for each in current}, off)


def own_sid(asked: AuthorizationRequest, sign_in: SignIn) -> str:
    return sid_for(asked.client.client_id, sign_in.sid_seed, wiring().keys.pairwise)


def requirement(asked: AuthorizationRequest, needed: SignInNeeded, pending_id: str) -> Requirement:
    client = asked.client
    return Requirement(
        return_to=resume_path(pending_id),
        after=needed.after,
        strength=needed.strength,
        hint=asked.login_hint,
        ask_name=needed.ask_name,
        asked_by=AskedBy(client.name, client.logo or None, client.policy_uri or None, client.tos_uri or None),
        locales=asked.ui_locales,
        leads_to=(origin_of(asked.redirect_uri),),
    )


# Parking


def park(parameters: Parameters, browser: str | None) -> str:
    return pending.park(
        db(), parameters.only(validation.READ), browser, now(), minutes=settings().tokens.pending_minutes
    )


def find(pending_id: str) -> pending.Parked:
    parked = pending.find(db(), pending_id, browser_id(), now())
    if parked is None:
        raise ShownError(400, "already-answered", "no such request for this browser")
    return parked


def take(parked_as: str | None) -> None:
    """Before an answer leaves. Whoever comes second, in another tab or by the back button, gets a page."""
    if parked_as is not None and not pending.take(db(), parked_as, browser_id(), now()):
        raise ShownError(400, "already-answered", "answered before")


def take_pushed(arrival: Arrived) -> None:
    """A pushed request is picked up once; from here on it waits for its user like any other (RFC 9126 section 7.3)."""
    address = arrival.pushed_as
    client_id = arrival.parameters.get("client_id") or ""
    if address is not None and not pushed.take(db(), address, client_id, now()):
        raise ShownError(400, "already-answered", "another browser picked it up first")


def move_along(db: Session, way_back: str, before: str, after: str) -> None:
    """A browser that changes its value takes the request along that its login leads back to."""
    if way_back.startswith(resume_path("")):
        pending.move(db, way_back.removeprefix(resume_path("")), before, after)


def resume_path(pending_id: str) -> str:
    return f"/authorize/resume/{pending_id}"


def approve_path(pending_id: str) -> str:
    return f"/approve/{pending_id}"
