"""Tokens of applications themselves: good for ten minutes, for one audience, and theirs alone to end."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from idp.database import utc_now, writing
from idp.tokens import client_tokens
from idp.tokens.client_tokens import FoundClientToken
from idp.tokens.secrets import new_value

NOW = utc_now()
API = "https://api.example/"


def stored(db: Session, jkt: str | None = None) -> str:
    writing(db)
    value = new_value()
    client_tokens.store(db, value, client_id="rooster", audience=API, jkt=jkt, now=NOW, seconds=600)
    db.commit()
    return value


def test_one_is_found_by_its_value_as_long_as_it_is_good(db: Session) -> None:
    value, end = stored(db, "k" * 43), NOW + timedelta(seconds=600)
    assert client_tokens.find(db, value, NOW) == FoundClientToken("rooster", API, "k" * 43, NOW, end)
    assert client_tokens.find(db, value, end - timedelta(seconds=1)) is not None
    assert client_tokens.find(db, value, end) is None
    assert client_tokens.find(db, new_value(), NOW) is None
    assert client_tokens.find(db, "x", NOW) is None


def test_OA_28_its_application_ends_it_once_and_no_other_does(db: Session) -> None:
    value = stored(db)
    writing(db)
    assert not client_tokens.revoke(db, value, "dief", NOW)
    assert client_tokens.find(db, value, NOW) is not None
    assert client_tokens.revoke(db, value, "rooster", NOW)
    assert not client_tokens.revoke(db, value, "rooster", NOW)
    assert client_tokens.find(db, value, NOW) is None
