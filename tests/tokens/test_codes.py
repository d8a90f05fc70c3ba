"""A code: found with what must be checked, and spent once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.database import utc_now, writing
from idp.tokens import codes, refresh
from idp.tokens.records import AuthorizationCode
from idp.tokens.secrets import digest, new_value
from tests.tokens.rows import family, signed_in

NOW = utc_now()


def a_code(db: Session, seconds: int = 60) -> str:
    who = signed_in(db, NOW)
    writing(db)
    code = codes.mint(
        db,
        family(db, who, NOW),
        redirect_uri="https://oefenapp.example/callback",
        code_challenge="c" * 43,
        nonce="n",
        now=NOW,
        seconds=seconds,
    )
    db.commit()
    return code


def test_a_code_is_found_with_all_that_is_checked_before_it_is_spent(db: Session) -> None:
    found = codes.find(db, a_code(db))
    assert found is not None
    assert (found.redirect_uri, found.code_challenge, found.nonce) == (
        "https://oefenapp.example/callback",
        "c" * 43,
        "n",
    )
    assert found.grant.client_id == "oefenapp"
    assert found.grant.scope == ("openid", "profile")
    assert found.grant.person.given_name == "Amélie"
    assert found.grant.refusal(NOW) is None


def test_OA_06_a_code_is_spent_once(db: Session) -> None:
    found = codes.find(db, a_code(db))
    assert found is not None
    writing(db)
    assert codes.spend(db, found, NOW)
    assert not codes.spend(db, found, NOW)


def test_CV_39_the_statement_that_spends_a_code_knows_that_it_expired(db: Session) -> None:
    found = codes.find(db, a_code(db, seconds=60))
    assert found is not None
    writing(db)
    assert not codes.spend(db, found, NOW + timedelta(seconds=60))
    assert codes.spend(db, found, NOW + timedelta(seconds=59))


def test_only_the_digest_of_a_code_is_kept(db: Session) -> None:
    code = a_code(db)
    assert db.scalars(select(AuthorizationCode.digest)).all() == [digest(code)]


def test_CV_11_a_code_is_no_refresh_token_and_the_reverse(db: Session) -> None:
    code = a_code(db)
    assert refresh.find(db, code) is None
    writing(db)
    value = new_value()
    who = signed_in(db, NOW)
    writing(db)
    refresh.store(db, value, family_id=family(db, who, NOW), generation=1, now=NOW, expires_at=NOW)
    db.commit()
    assert codes.find(db, value) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda code: code[:-1],
        lambda code: code + "A",
        lambda code: code + "=",
        lambda code: " " + code,
        str.lower,
    ],
    ids=["truncated", "extended", "padded", "spaced", "lower"],
)
def test_CV_33_no_other_spelling_of_a_code_is_found(db: Session, spoil: Callable[[str], str]) -> None:
    code = a_code(db)
    assert codes.find(db, spoil(code)) is None
