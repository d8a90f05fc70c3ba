"""The rows of applications that registered themselves: what goes with one, and what stays of another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from idp.database import writing
from idp.oidc.dynamic import initial_tokens, registered
from idp.oidc.dynamic.said import client_of, heard
from idp.oidc.records import InitialAccessToken, PushedRequest, RegisteredClient
from idp.tokens.records import ClientToken, DeviceGrant
from tests.oidc.dynamic.applicant import WEB
from tests.oidc.dynamic.test_what_it_says import STRICT

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
ONE, OTHER = "dyn-" + "1" * 32, "dyn-" + "2" * 32


def add(db: Session, client_id: str) -> None:
    said = heard(WEB, STRICT)
    client = client_of(said, client_id, "0" * 64, STRICT, has_logo=False)
    registered.add(db, client, said, None, "f" * 64, "Uitgeverij", NOW)


def given(db: Session, client_id: str) -> None:
    """Something of each kind that ends with its application."""
    about = {"client_id": client_id, "expires_at": LATER}
    db.execute(insert(ClientToken).values(digest=f"t{client_id}", issued_at=NOW, **about))
    db.execute(insert(PushedRequest).values(digest=client_id, parameters={}, created_at=NOW, **about))
    db.execute(
        insert(DeviceGrant).values(
            digest=client_id, user_code=client_id, scope="openid", created_at=NOW, interval_seconds=5, **about
        )
    )


def test_CV_07_with_an_application_goes_all_that_it_was_given(db: Session) -> None:
    writing(db)
    for client_id in (ONE, OTHER):
        add(db, client_id)
        given(db, client_id)
    assert registered.remove(db, ONE, LATER)
    assert not registered.remove(db, ONE, LATER)
    for record in (RegisteredClient, PushedRequest, DeviceGrant):
        assert db.scalars(select(record.client_id)).all() == [OTHER]
    live = select(ClientToken.client_id).where(ClientToken.revoked_at.is_(None))
    assert db.scalars(live).all() == [OTHER]


def test_one_that_no_longer_is_what_it_may_be_is_not_found(
    db: Session, caplog: pytest.LogCaptureFixture
) -> None:
    """The rules became stricter since it registered."""
    writing(db)
    add(db, ONE)
    add(db, OTHER)
    hostile = {**heard(WEB, STRICT), "redirect_uris": ["http://leesrijk.example/"]}
    db.execute(update(RegisteredClient).where(RegisteredClient.client_id == ONE).values(said=hostile))
    assert registered.find(db, ONE, STRICT) is None
    assert "clients:refused" in caplog.messages
    assert [each.client.client_id for each in registered.all_of_them(db, STRICT)] == [OTHER]


def test_what_shows_a_row_shows_no_digest(db: Session) -> None:
    writing(db)
    add(db, ONE)
    found = registered.find(db, ONE, STRICT)
    assert found is not None
    assert "f" * 64 not in repr(found)
    assert "0" * 64 not in repr(found)


def test_a_change_of_what_is_gone_changes_nothing(db: Session) -> None:
    said = heard(WEB, STRICT)
    client = client_of(said, ONE, "0" * 64, STRICT, has_logo=False)
    writing(db)
    assert not registered.change(db, client, said, None, NOW)
    assert db.scalars(select(RegisteredClient.client_id)).all() == []


@pytest.mark.parametrize("once", [True, False])
def test_an_initial_access_token_is_good_until_its_last_moment(db: Session, once: bool) -> None:
    writing(db)
    value = initial_tokens.make(db, "Uitgeverij", NOW, LATER, once=once)
    found = initial_tokens.find(db, value, LATER - timedelta(seconds=1))
    assert found is not None
    assert (found.label, found.once) == ("Uitgeverij", once)
    assert initial_tokens.find(db, value, LATER) is None
    assert not initial_tokens.spend(db, found, LATER)
    assert initial_tokens.spend(db, found, NOW)
    assert initial_tokens.spend(db, found, NOW) is not once
    assert value not in repr(db.execute(select(InitialAccessToken.digest, InitialAccessToken.label)).all())


def test_CV_11_the_digest_of_a_token_for_once_opens_nothing_as_one_for_many(db: Session) -> None:
    writing(db)
    value = initial_tokens.make(db, "Uitgeverij", NOW, LATER)
    for other in (f"many:{value}", value[:-1], value + "a", "", "x" * 43):
        assert initial_tokens.find(db, other, NOW) is None
