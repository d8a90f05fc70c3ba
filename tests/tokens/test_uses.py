"""What stays of a grant that is cleared: which application it was, when, and what it got."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from idp.clearing import clear_expired
from idp.database import utc_now, writing
from idp.settings import Settings
from idp.tokens import approvals, families
from idp.tokens.records import ApplicationUse, GrantFamily, RefreshToken
from idp.tokens.uses import Use, fold_some, uses_of
from tests.tokens.rows import SignedIn, family, signed_in

NOW = utc_now()
DAY = timedelta(days=1)
SETTINGS = Settings(issuer="https://id.example.be")


def granted(db: Session, who: SignedIn, days_ago: int, *claims: str, **changes: Any) -> None:
    began = NOW - days_ago * DAY
    family(db, who, began, **{"released": claims, "expires_at": began + timedelta(hours=10), **changes})


def told(db: Session, who: SignedIn) -> list[Use]:
    return uses_of(db, who.account_id, since=NOW - 365 * DAY, now=NOW)


def test_PR_12_live_grants_and_cleared_ones_are_told_as_one_application(db: Session) -> None:
    who, somebody_else = signed_in(db, NOW), signed_in(db, NOW)
    writing(db)
    granted(db, who, 40, "class", client_id="rekenapp")
    granted(db, who, 20, "given_name", client_id="rekenapp")
    granted(db, who, 0, "school", client_id="rekenapp")
    granted(db, who, 10, client_id="leesapp")
    granted(db, somebody_else, 10, "email", client_id="rekenapp")
    db.commit()
    before = told(db, who)
    assert before == [
        Use("rekenapp", NOW - 40 * DAY, NOW, ("class", "given_name", "school"), True),
        Use("leesapp", NOW - 10 * DAY, NOW - 10 * DAY, (), False),
    ]
    assert fold_some(db, NOW - DAY) == 4
    assert told(db, who) == before, "nothing is lost, and nothing is counted twice"
    assert fold_some(db, NOW - DAY) == 0
    assert told(db, who) == before


def test_PR_12_a_second_clearing_adds_to_what_is_kept(db: Session) -> None:
    who = signed_in(db, NOW)
    for days_ago, claim in ((90, "class"), (200, "school"), (60, "class")):
        writing(db)
        granted(db, who, days_ago, claim)
        db.commit()
        assert fold_some(db, NOW - DAY) == 1
    (kept,) = db.scalars(select(ApplicationUse))
    assert (kept.first_at, kept.last_at, kept.claims) == (
        NOW - 200 * DAY,
        NOW - 60 * DAY,
        ["class", "school"],
    )


def test_refreshing_is_using_also_after_the_grant_was_cleared(db: Session) -> None:
    who = signed_in(db, NOW)
    writing(db)
    began = NOW - 40 * DAY
    offline = family(db, who, began, offline=True, expires_at=NOW - 10 * DAY)
    for generation, days_ago in enumerate((40, 15)):
        db.add(
            RefreshToken(
                digest=str(generation),
                family_id=offline,
                generation=generation,
                issued_at=NOW - days_ago * DAY,
                expires_at=NOW - 10 * DAY,
            )
        )
    db.commit()
    assert [each.last_at for each in told(db, who)] == [NOW - 15 * DAY]
    clear_expired(db, SETTINGS, lambda: NOW)
    assert not db.scalar(select(func.count()).select_from(RefreshToken))
    assert [each.last_at for each in told(db, who)] == [NOW - 15 * DAY]


def test_PR_12_the_list_goes_back_a_year_and_no_further(db: Session) -> None:
    who = signed_in(db, NOW)
    writing(db)
    granted(db, who, 366, client_id="oud")
    granted(db, who, 364, client_id="recent")
    db.commit()
    assert [each.client_id for each in told(db, who)] == ["recent"]
    cleared = clear_expired(db, SETTINGS, lambda: NOW)
    assert (cleared["grant_families"], cleared["application_uses"]) == (2, 1)
    assert db.scalars(select(ApplicationUse.client_id)).all() == ["recent"]


def test_PR_05_of_staff_nothing_is_kept(db: Session) -> None:
    staff = signed_in(db, NOW, kind="staff")
    writing(db)
    granted(db, staff, 5)
    db.commit()
    assert fold_some(db, NOW - DAY) == 1
    assert not db.scalar(select(func.count()).select_from(GrantFamily))
    assert db.scalars(select(ApplicationUse)).all() == []


def test_PR_20_an_application_shares_until_it_is_ended(db: Session) -> None:
    """With a grant that lives, or with what the pupil saw: then it gets everything again without a question."""
    who = signed_in(db, NOW)
    writing(db)
    granted(db, who, 5, client_id="rekenapp")
    db.commit()
    assert [each.shares for each in told(db, who)] == [False]
    writing(db)
    approvals.remember(db, who.account_id, "rekenapp", claims=["class"], scopes=["openid"], now=NOW)
    db.commit()
    assert [each.shares for each in told(db, who)] == [True]
    writing(db)
    approvals.withdraw(db, who.account_id, "rekenapp", NOW)
    granted(db, who, 0, client_id="rekenapp")
    db.commit()
    assert [each.shares for each in told(db, who)] == [True]
    writing(db)
    families.revoke_application(db, who.account_id, "rekenapp", NOW)
    db.commit()
    assert [each.shares for each in told(db, who)] == [False]


def test_clearing_that_fails_halfway_loses_nothing(db: Session, engine: Engine) -> None:
    """Kept and cleared in one transaction: after a fault both are as they were."""
    who = signed_in(db, NOW)
    writing(db)
    granted(db, who, 5, "class")
    db.commit()

    def full(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("DELETE FROM grant_families"):
            raise OperationalError(statement, {}, Exception("disk full"))

    event.listen(engine, "before_cursor_execute", full)
    try:
        with pytest.raises(OperationalError):
            fold_some(db, NOW - DAY)
    finally:
        event.remove(engine, "before_cursor_execute", full)
    db.rollback()
    assert db.scalars(select(ApplicationUse)).all() == []
    assert len(told(db, who)) == 1
    assert fold_some(db, NOW - DAY) == 1
    assert [each.claims for each in told(db, who)] == [("class",)]
