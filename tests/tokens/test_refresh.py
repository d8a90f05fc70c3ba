"""Refresh tokens: each once, each with its successor, none beyond its family."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.database import utc_now, writing
from idp.tokens import refresh
from idp.tokens.records import GrantFamily, RefreshToken
from idp.tokens.secrets import new_value
from tests.tokens.rows import family, signed_in

NOW = utc_now()
MONTH = NOW + timedelta(days=30)


def a_refresh_token(db: Session, client_id: str = "oefenapp") -> tuple[str, UUID]:
    who = signed_in(db, NOW)
    writing(db)
    value = new_value()
    family_id = family(db, who, NOW, client_id=client_id)
    refresh.store(db, value, family_id=family_id, generation=1, now=NOW, expires_at=MONTH)
    db.commit()
    return value, family_id


def test_OA_12_rotation_makes_one_successor_of_the_next_generation(db: Session) -> None:
    value, family_id = a_refresh_token(db)
    found = refresh.find(db, value)
    assert found is not None
    writing(db)
    assert refresh.rotate(db, found, new_value(), NOW)
    assert not refresh.rotate(db, found, new_value(), NOW)
    generations = select(RefreshToken.generation).where(RefreshToken.family_id == family_id)
    assert sorted(db.scalars(generations)) == [1, 2]


def test_OA_13_a_successor_ends_when_the_first_one_would_have(db: Session) -> None:
    value, _ = a_refresh_token(db)
    for day in range(1, 4):
        found = refresh.find(db, value)
        assert found is not None
        value = new_value()
        writing(db)
        assert refresh.rotate(db, found, value, NOW + timedelta(days=day))
        db.commit()
    last = refresh.find(db, value)
    assert last is not None
    assert last.expires_at == MONTH


def test_CV_39_an_expired_refresh_token_makes_no_successor(db: Session) -> None:
    value, _ = a_refresh_token(db)
    found = refresh.find(db, value)
    assert found is not None
    writing(db)
    assert not refresh.rotate(db, found, new_value(), MONTH)


def test_OA_28_revoking_a_refresh_token_ends_its_family_for_its_own_client_only(db: Session) -> None:
    value, family_id = a_refresh_token(db)
    writing(db)
    assert not refresh.revoke(db, value, "andere-app", NOW)
    assert refresh.revoke(db, value, "oefenapp", NOW)
    db.commit()
    assert db.scalar(select(GrantFamily.revoked_at).where(GrantFamily.id == family_id)) == NOW
