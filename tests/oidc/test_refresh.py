"""Refreshing: once each, never more than was granted, never longer than it was granted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.accounts.records import Account
from idp.authentication import sessions
from idp.authentication.records import BrowserSession
from idp.rules.belgian_time import school_day
from idp.tokens.records import GrantFamily, RefreshToken
from tests.oidc.handed_out import Handed, error_of, hand_out
from tests.support.provider import Provider
from tests.support.statements import counted, verbs


@pytest.fixture
def handed(provider: Provider) -> Handed:
    return hand_out(provider, provider.relying_party(), provider.people.pupil())


@pytest.fixture
def offline(provider: Provider) -> Handed:
    scope = ("openid", "profile", "offline_access")
    return hand_out(provider, provider.relying_party(), provider.people.pupil(), scope=scope, offline=True)


def test_a_refresh_token_buys_new_tokens(provider: Provider, handed: Handed) -> None:
    rp, first = handed.rp, handed.exchange()
    before = rp.verify(first.id_token)
    provider.clock.move(minutes=5)
    second = rp.refresh(first)
    assert set(second.raw) == {
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
        "id_token",
    }
    assert not {second.access_token, second.refresh_token} & {first.access_token, first.refresh_token}
    assert rp.userinfo(second.access_token).status_code == 200
    after = rp.verify(second.id_token)
    assert "nonce" not in after
    assert after["iat"] > before["iat"]
    for claim in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
        assert after[claim] == before[claim], claim


def test_OA_12_a_used_one_ends_the_family(provider: Provider, handed: Handed) -> None:
    rp, first = handed.rp, handed.exchange()
    second = rp.refresh(first)
    provider.clock.move(hours=1)
    with provider.db() as db:
        db.execute(update(BrowserSession).values(last_seen_at=provider.clock()))
    third = rp.refresh(second)
    assert error_of(rp.try_refresh(first.refresh_token)) == "invalid_grant"
    assert error_of(rp.try_refresh(third.refresh_token)) == "invalid_grant"
    assert rp.userinfo(third.access_token).status_code == 401


def test_OA_12_within_the_same_second_too_and_on_another_node(provider: Provider, handed: Handed) -> None:
    rp, first = handed.rp, handed.exchange()
    second = rp.refresh(first)
    rp.metadata["token_endpoint"] = f"{provider.another_node()}/token"
    assert error_of(rp.try_refresh(first.refresh_token)) == "invalid_grant"
    assert rp.userinfo(second.access_token).status_code == 401


def test_OA_13_another_client_gets_nothing_and_ends_nothing(provider: Provider, handed: Handed) -> None:
    thief = provider.relying_party("dief")
    tokens = handed.exchange()
    assert error_of(thief.try_refresh(tokens.refresh_token)) == "invalid_grant"
    second = handed.rp.refresh(tokens)
    assert error_of(thief.try_refresh(tokens.refresh_token)) == "invalid_grant"
    assert handed.rp.userinfo(second.access_token).status_code == 200


def test_OA_13_OA_56_CV_26_scope_only_narrows(handed: Handed) -> None:
    rp, tokens = handed.rp, handed.exchange()
    for wider in (
        "openid profile email leerid leerid:school", "openid offline_access", "leerid:self", "x", "openid\tprofile",
        "openid,profile", '"openid"', "OPENID", " ".join(f"s{n}" for n in range(1000)), "openid  profile", " ",
    ):  # fmt: skip
        assert error_of(rp.try_refresh(tokens.refresh_token, scope=wider)) == "invalid_scope", wider
    narrow = rp.refresh(tokens, scope="profile openid")
    assert narrow.raw["scope"] == "openid profile"
    assert rp.introspect(narrow.access_token).json()["scope"] == "openid profile"
    again = rp.refresh(narrow)
    assert again.raw["scope"] == "openid profile email leerid", "what was granted stays granted"


def test_a_scope_without_openid_gives_no_id_token(handed: Handed) -> None:
    narrow = handed.rp.refresh(handed.exchange(), scope="profile")
    assert "id_token" not in narrow.raw


@pytest.mark.parametrize("what", ["blocked", "left school", "temporary password expired", "password renewed"])
def test_CV_07_OA_13_whoever_may_no_longer_sign_in(provider: Provider, offline: Handed, what: str) -> None:
    tokens, now = offline.exchange(), provider.clock()
    values: dict[str, dict[str, Any]] = {
        "blocked": {"blocked_at": now},
        "left school": {"active_until": school_day(now) - timedelta(days=1)},
        "temporary password expired": {"temporary_until": now},
        "password renewed": {"sign_ins_count_from": now},
    }
    with provider.db() as db:
        db.execute(update(Account).values(**values[what]))
    assert error_of(offline.rp.try_refresh(tokens.refresh_token)) == "invalid_grant"


def test_CV_07_a_client_that_is_gone_refreshes_nothing(provider: Provider, offline: Handed) -> None:
    tokens = offline.exchange()
    provider.unregister(offline.rp.client_id)
    assert error_of(offline.rp.try_refresh(tokens.refresh_token), 401) == "invalid_client"


def test_without_offline_access_it_dies_with_the_session(provider: Provider, handed: Handed) -> None:
    tokens = handed.exchange()
    with provider.db() as db:
        sessions.end(db, handed.session_digest, provider.clock())
    assert error_of(handed.rp.try_refresh(tokens.refresh_token)) == "invalid_grant"
    assert handed.rp.userinfo(tokens.access_token).status_code == 401


def test_with_offline_access_it_outlives_the_session(provider: Provider, offline: Handed) -> None:
    tokens = offline.exchange()
    with provider.db() as db:
        sessions.end(db, offline.session_digest, provider.clock())
    provider.clock.move(days=20)
    assert offline.rp.userinfo(offline.rp.refresh(tokens).access_token).status_code == 200


def test_OA_13_thirty_days_and_not_one_more_however_often_it_is_used(
    provider: Provider, offline: Handed
) -> None:
    tokens = offline.exchange()
    for _ in range(5):
        provider.clock.move(days=5, hours=23)
        tokens = offline.rp.refresh(tokens)
    provider.clock.move(hours=5)
    assert error_of(offline.rp.try_refresh(tokens.refresh_token)) == "invalid_grant"


def test_a_session_that_nobody_used_for_half_an_hour_is_over(provider: Provider, handed: Handed) -> None:
    tokens = handed.exchange()
    provider.clock.move(minutes=20)
    tokens = handed.rp.refresh(tokens)
    provider.clock.move(minutes=11)
    assert error_of(handed.rp.try_refresh(tokens.refresh_token)) == "invalid_grant"


def test_whoever_works_in_a_portal_is_not_idle(provider: Provider) -> None:
    rp = provider.relying_party("portaal", first_party=True, scope="openid profile leerid:self")
    tokens = hand_out(provider, rp, provider.people.pupil(), scope=("openid", "leerid:self")).exchange()
    for _ in range(4):
        provider.clock.move(minutes=20)
        tokens = rp.refresh(tokens)
    provider.clock.move(minutes=31)
    assert error_of(rp.try_refresh(tokens.refresh_token)) == "invalid_grant"


def test_CV_10_the_generations_are_counted(provider: Provider, handed: Handed) -> None:
    tokens = handed.exchange()
    for _ in range(3):
        tokens = handed.rp.refresh(tokens)
    with provider.reading() as db:
        rows = db.scalars(select(RefreshToken).order_by(RefreshToken.generation)).all()
        assert db.scalar(select(GrantFamily.revoked_at)) is None
    assert [row.generation for row in rows] == [1, 2, 3, 4]
    assert [row.spent_at is None for row in rows] == [False, False, False, True]


def test_it_takes_four_statements(provider: Provider, handed: Handed) -> None:
    tokens = handed.rp.refresh(handed.exchange())
    with counted(provider.engine) as statements:
        handed.rp.refresh(tokens)
    assert verbs(statements) == ["SELECT", "UPDATE", "INSERT", "INSERT"]
