"""What becomes of an authorization request: a sign-in is needed, an approval is needed, refused, or granted.

Pure, and asked again after every step: nothing remembers how far a login was. Whether a sign-in counts is a comparison
with the moment at which the request arrived (architecture, idea 2), so `prompt=login` can't be dropped on the way (OA-68).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from idp.authentication.sign_in import SignIn
from idp.oidc.protocol import ACR_OF_STRENGTH, STRENGTH_OF_ACR, ApprovalPolicy, ErrorCode, Prompt
from idp.oidc.request import AuthorizationRequest
from idp.rules.account_types import AccountKind, Strength
from idp.tokens.approved import Approved


@dataclass(frozen=True)
class Visitor:
    """Who is behind this browser, as far as the request asks: what it doesn't ask is not looked up."""

    sign_in: SignIn
    subject: str | None = None  # what the client calls this person; known when the request names somebody
    approved: Approved | None = None  # known when an approval can be needed
    at_school: bool = True  # enrolled at a school that uses the application


@dataclass(frozen=True)
class SignInNeeded:
    """Somebody must sign in, at `after` or later."""

    after: datetime | None
    strength: Strength | None
    ask_name: bool = False  # somebody else may be meant than who is signed in


@dataclass(frozen=True)
class ApprovalNeeded:
    """The person must see, or allow, what the application gets."""

    sign_in: SignIn


@dataclass(frozen=True)
class TooWeak:
    """This person's way of signing in is not strong enough for the application, and signing in again won't change that."""

    needed: Strength


@dataclass(frozen=True)
class Refused:
    """The application gets an error."""

    code: ErrorCode
    description: str


@dataclass(frozen=True)
class Granted:
    """The application gets a code."""

    sign_in: SignIn
    acr: str


Decision = SignInNeeded | ApprovalNeeded | TooWeak | Refused | Granted


def decide(request: AuthorizationRequest, visitor: Visitor | None) -> Decision:
    """`visitor` is None when nobody is signed in."""
    if visitor is None or too_old(request, visitor.sign_in):
        return ask_sign_in(request)
    if request.hinted_subject is not None and visitor.subject != request.hinted_subject:
        return ask_the_other(request, visitor.sign_in)
    if request.weakest_sign_in is not None and visitor.sign_in.strength < request.weakest_sign_in:
        return ask_more_proof(request, visitor.sign_in, request.weakest_sign_in)
    if not visitor.at_school:
        return Refused(ErrorCode.ACCESS_DENIED, "this person's school does not use the application")
    if approval_needed(request, visitor.approved):
        return ask_approval(request, visitor.sign_in)
    return Granted(visitor.sign_in, acr_for(request.acr_values, visitor.sign_in.strength))


def too_old(request: AuthorizationRequest, sign_in: SignIn) -> bool:
    return request.earliest_sign_in is not None and sign_in.at < request.earliest_sign_in


def ask_sign_in(request: AuthorizationRequest) -> Decision:
    if request.silent:
        return Refused(ErrorCode.LOGIN_REQUIRED, "nobody is signed in, or not recently enough")
    switch = Prompt.SELECT_ACCOUNT in request.prompt
    return SignInNeeded(request.earliest_sign_in, request.weakest_sign_in, ask_name=switch)


def ask_the_other(request: AuthorizationRequest, sign_in: SignIn) -> Decision:
    """OIDC Core 3.1.2.2: only the named person will do. Asked once; who then signs in as another is refused."""
    if request.silent or sign_in.at >= request.received_at:
        return Refused(ErrorCode.LOGIN_REQUIRED, "somebody else is signed in")
    return SignInNeeded(request.received_at, request.weakest_sign_in, ask_name=True)


def ask_more_proof(request: AuthorizationRequest, sign_in: SignIn, needed: Strength) -> Decision:
    """Staff may have got a second factor since they signed in: asked once. A pupil's sign-in gets no stronger."""
    if sign_in.kind is AccountKind.STAFF and sign_in.at < request.received_at and not request.silent:
        return SignInNeeded(request.received_at, needed)
    return tell_too_weak(request, needed)


def tell_too_weak(request: AuthorizationRequest, needed: Strength) -> Decision:
    if request.silent:
        return Refused(
            ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS, "this person can't sign in strongly enough"
        )
    return TooWeak(needed)


def approval_needed(request: AuthorizationRequest, approved: Approved | None) -> bool:
    if Prompt.CONSENT in request.prompt and (approved is None or approved.at < request.received_at):
        return True
    if approved is not None and approved.withdrawn:
        return True
    match request.client.approval:
        case ApprovalPolicy.NONE:
            return False
        case ApprovalPolicy.NOTICE:
            return approved is None or not approved.claims >= set(request.released_claims)
        case ApprovalPolicy.CONSENT:
            if approved is None or not approved.scopes >= set(request.scope):
                return True
            return not approved.claims >= set(request.released_claims)


def ask_approval(request: AuthorizationRequest, sign_in: SignIn) -> Decision:
    if request.silent:
        return Refused(ErrorCode.CONSENT_REQUIRED, "the person has not seen yet what the application gets")
    return ApprovalNeeded(sign_in)


def acr_for(asked: Iterable[str], strength: Strength) -> str:
    """How strong the sign-in was; in the words of the application when it named a strength that was reached."""
    own = ACR_OF_STRENGTH[strength]
    reached = [acr for acr in asked if STRENGTH_OF_ACR[acr] <= strength]
    return own if own in reached or not reached else reached[0]
