"""Whether an access token is still good: everything that may have changed since, in one statement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.authentication import sessions
from idp.authentication.records import BrowserSession
from idp.database import utc_now, writing
from idp.rules.belgian_time import school_day
from idp.tokens import access, families, guard
from idp.tokens.records import AccessToken
from idp.tokens.secrets import digest, new_value
from tests.tokens.rows import SignedIn, family, signed_in

NOW = utc_now()


def an_access_token(db: Session, who: SignedIn, **changes: Any) -> str:
    writing(db)
    value = new_value()
    family_id = family(db, who, NOW, **changes)
    access.store(db, value, family_id=family_id, scope=("openid",), now=NOW, seconds=600)
    db.commit()
    return value


def test_a_bearer_is_the_person_the_account_and_what_was_granted(db: Session) -> None:
    who = signed_in(db, NOW)
    bearer = guard.bearer(db, an_access_token(db, who, claims={"userinfo": {"name": None}}), NOW)
    assert bearer is not None
    assert bearer.account.id == who.account_id
    assert bearer.person.family_name == "Peeters"
    assert bearer.scope == {"openid"}  # the token's own, not all that was granted
    assert bearer.grant.scope == ("openid", "profile")
    assert bearer.claims == {"userinfo": {"name": None}}
    assert bearer.session_digest == who.session_digest
    assert (bearer.issued_at, bearer.expires_at) == (NOW, NOW + timedelta(seconds=600))


def test_a_bearer_takes_one_statement(db: Session, engine: Engine) -> None:
    value = an_access_token(db, signed_in(db, NOW))
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert guard.bearer(db, value, NOW)
    assert len([each for each in statements if each.startswith("SELECT")]) == 1


@pytest.mark.parametrize("kept", [{"audience": "https://api.example/"}, {"jkt": "x" * 43}])
def test_OA_18_a_token_for_another_or_without_its_key_makes_nobody_a_bearer(
    db: Session, kept: dict[str, str]
) -> None:
    writing(db)
    value, family_id = new_value(), family(db, signed_in(db, NOW), NOW)
    access.store(db, value, family_id=family_id, scope=("openid",), now=NOW, seconds=600, **kept)
    db.commit()
    assert guard.bearer(db, value, NOW) is None
    found = guard.holder(db, value, NOW)
    assert found is not None
    assert (found.audience, found.jkt) == (kept.get("audience"), kept.get("jkt"))


def test_an_access_token_lives_ten_minutes(db: Session) -> None:
    value = an_access_token(db, signed_in(db, NOW))
    assert guard.bearer(db, value, NOW + timedelta(seconds=599)) is not None
    assert guard.bearer(db, value, NOW + timedelta(seconds=600)) is None


def change(what: str, db: Session, who: SignedIn) -> None:
    """What may happen to a person, an account or a session while a token is out."""
    account = update(Account).where(Account.id == who.account_id)
    session = update(BrowserSession).where(BrowserSession.digest == who.session_digest)
    match what:
        case "blocked":
            db.execute(account.values(blocked_at=NOW))
        case "enrolment ended":
            db.execute(account.values(active_until=school_day(NOW) - timedelta(days=1)))
        case "temporary password expired":
            db.execute(account.values(temporary_until=NOW))
        case "password renewed":
            db.execute(account.values(sign_ins_count_from=NOW + timedelta(microseconds=1)))
        case "signed out":
            sessions.end(db, who.session_digest, NOW)
        case "session idle":
            db.execute(session.values(last_seen_at=NOW - timedelta(seconds=1800)))
        case "session too old":
            db.execute(session.values(expires_at=NOW))
        case "session gone":
            db.delete(db.get_one(BrowserSession, who.session_digest))
        case "protected after guessing":
            db.execute(account.values(protected_at=NOW))


ENDS_ALL = ["blocked", "enrolment ended", "temporary password expired", "password renewed"]
ENDS_SESSION = ["signed out", "session idle", "session too old", "session gone"]


@pytest.mark.parametrize("what", [*ENDS_ALL, *ENDS_SESSION])
def test_CV_07_a_token_is_dead_at_once_when_it_should_be(db: Session, what: str) -> None:
    who = signed_in(db, NOW)
    value = an_access_token(db, who)
    assert guard.bearer(db, value, NOW) is not None
    writing(db)
    change(what, db, who)
    db.commit()
    assert guard.bearer(db, value, NOW) is None


@pytest.mark.parametrize("what", ENDS_ALL)
def test_CV_07_offline_access_outlives_no_account(db: Session, what: str) -> None:
    who = signed_in(db, NOW)
    value = an_access_token(db, who, offline=True)
    writing(db)
    change(what, db, who)
    db.commit()
    assert guard.bearer(db, value, NOW) is None


@pytest.mark.parametrize("what", ENDS_SESSION)
def test_offline_access_outlives_the_session(db: Session, what: str) -> None:
    who = signed_in(db, NOW)
    value = an_access_token(db, who, offline=True)
    writing(db)
    change(what, db, who)
    db.commit()
    assert guard.bearer(db, value, NOW) is not None


def test_somebody_who_guesses_ends_nothing_that_the_owner_had_begun(db: Session) -> None:
    who = signed_in(db, NOW)
    value = an_access_token(db, who)
    writing(db)
    change("protected after guessing", db, who)
    db.commit()
    assert guard.bearer(db, value, NOW) is not None


def test_a_revoked_family_and_a_revoked_token_are_dead(db: Session) -> None:
    who = signed_in(db, NOW)
    first, second = an_access_token(db, who), an_access_token(db, who)
    bearer = guard.bearer(db, first, NOW)
    assert bearer is not None
    writing(db)
    assert families.revoke(db, bearer.family_id, NOW)
    assert not families.revoke(db, bearer.family_id, NOW)
    assert access.revoke(db, second, "oefenapp", NOW)
    db.commit()
    assert guard.bearer(db, first, NOW) is None
    assert guard.bearer(db, second, NOW) is None


def test_OA_28_another_client_revokes_nothing(db: Session) -> None:
    value = an_access_token(db, signed_in(db, NOW))
    writing(db)
    assert not access.revoke(db, value, "andere-app", NOW)
    db.commit()
    assert guard.bearer(db, value, NOW) is not None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value[:-1],
        lambda value: value[1:],
        lambda value: value + "A",
        lambda value: value + "\n",
        lambda value: value + ".",
        lambda value: "",
        digest,
        lambda value: value[:-1] + "é",
        lambda value: value[:20] + "\0" + value[21:],
    ],
)
def test_CV_33_a_truncated_extended_or_changed_token_is_no_token(db: Session, spoil: Any) -> None:
    value = an_access_token(db, signed_in(db, NOW))
    assert guard.bearer(db, spoil(value), NOW) is None


def test_only_the_digest_of_an_access_token_is_kept(db: Session) -> None:
    value = an_access_token(db, signed_in(db, NOW))
    assert db.scalars(select(AccessToken.digest)).all() == [digest(value)]
