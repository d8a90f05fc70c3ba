"""What an actor may do with this very pupil, as things stand: the role allows it, and there is something to do it to."""

from __future__ import annotations

from collections.abc import Iterator

from idp.accounts.records import Account
from idp.schools.permissions import Action, Actor
from idp.schools.pupil_status import Status
from idp.schools.roster import Pupil


def possible(actor: Actor, pupil: Pupil) -> tuple[Action, ...]:
    """In the order of the actions."""
    sensible = set(sensible_for(pupil))
    return tuple(action for action in Action if action in sensible and actor.may(action))


def sensible_for(pupil: Pupil) -> Iterator[Action]:
    yield Action.SEE
    if pupil.status is Status.NONE:
        yield Action.RENEW  # the first password: the account is opened with it (R2)
    if pupil.account is None or pupil.status is Status.INACTIVE:
        return
    yield from (Action.PRINT, Action.HAND_OUT, Action.RENAME)
    if pupil.status is Status.PROTECTED:
        yield Action.UNLOCK
    if pupil.account.not_me_at is not None:
        yield Action.SETTLE
    if pupil.status is Status.BLOCKED:
        return  # a person decided that; a new password must not look as if it helped
    # R100, R106: who linked an e-mail address renews alone; the school can but take the address away, and renew with that.
    yield Action.REMOVE_EMAIL if has_linked_email(pupil.account) else Action.RENEW


def has_linked_email(account: Account) -> bool:
    """R73: an address that isn't verified serves for nothing, so it stands in nobody's way."""
    return account.email is not None and account.email_verified_at is not None
