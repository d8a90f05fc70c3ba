"""The codes of an app are those of RFC 6238; its secret is locked; and a time step counts once."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from idp.accounts import authenticator_app, sealed_box
from idp.accounts.factors import FactorKind, factors_of, has_factor, remove, remove_all
from idp.accounts.opening import new_person, open_account
from idp.accounts.sealed_box import BoxTampered
from idp.accounts.secret import Secret
from idp.database import writing
from idp.key_files import SealingRing
from idp.rules.account_types import AccountKind
from tests.support.totp import code_at

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RING = SealingRing({"1": b"1" * 32})
NEWER = SealingRing({"1": b"1" * 32, "2": b"2" * 32})
OF_THE_RFC = Secret(base64.b32encode(b"12345678901234567890").decode())


def somebody(db: Session) -> UUID:
    writing(db)
    person = new_person(db, given_name="Els", family_name="Verstraete", now=NOW)
    account = open_account(db, person, AccountKind.STAFF, NOW)
    db.flush()
    return account.id


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert code_at(OF_THE_RFC.reveal(), moment) == code
    assert authenticator_app.step_of(OF_THE_RFC, Secret(code), moment) == seconds // 30


def test_a_secret_is_160_random_bits_in_groups_that_can_be_typed() -> None:
    secrets = {authenticator_app.new_secret().reveal() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(base64.b32decode(each)) for each in secrets} == {20}
    assert authenticator_app.in_groups(OF_THE_RFC) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"


def test_the_qr_code_says_all_that_an_app_needs() -> None:
    address = authenticator_app.address(OF_THE_RFC, "els.verstraete")
    assert address.startswith("otpauth://totp/LeerID:els.verstraete?")
    for part in (f"secret={OF_THE_RFC.reveal()}", "issuer=LeerID", "period=30", "digits=6", "algorithm=SHA1"):
        assert part in address


def test_OA_65_a_time_step_counts_once_and_no_earlier_one_after_it(db: Session) -> None:
    account, secret = somebody(db), authenticator_app.new_secret()
    authenticator_app.add(db, RING, account, secret, 0, NOW)

    def use(at: datetime, code_of: datetime) -> bool:
        code = Secret(code_at(secret.reveal(), code_of))
        return authenticator_app.use(db, RING, account, code, at)

    half_minute = timedelta(seconds=30)
    assert use(NOW, NOW)
    assert not use(NOW, NOW)
    assert not use(NOW, NOW - half_minute)
    assert use(NOW, NOW + half_minute)
    assert not use(NOW + half_minute, NOW)


def test_a_telephone_may_be_half_a_minute_early_or_late() -> None:
    good = {
        steps: authenticator_app.step_of(
            OF_THE_RFC, Secret(code_at(OF_THE_RFC.reveal(), NOW + steps * timedelta(seconds=30))), NOW
        )
        is not None
        for steps in range(-2, 3)
    }
    assert good == {-2: False, -1: True, 0: True, 1: True, 2: False}


def test_of_two_apps_either_will_do(db: Session) -> None:
    account = somebody(db)
    secrets = [authenticator_app.new_secret() for _ in range(2)]
    for secret in secrets:
        authenticator_app.add(db, RING, account, secret, 0, NOW)
    for secret in secrets:
        assert authenticator_app.use(db, RING, account, Secret(code_at(secret.reveal(), NOW)), NOW)
    assert not authenticator_app.use(db, RING, uuid4(), Secret(code_at(secrets[0].reveal(), NOW)), NOW)


def test_PW_16_a_secret_moves_to_todays_key_when_it_is_used(db: Session) -> None:
    account, secret = somebody(db), authenticator_app.new_secret()
    authenticator_app.add(db, RING, account, secret, 0, NOW)
    assert authenticator_app.use(db, NEWER, account, Secret(code_at(secret.reveal(), NOW)), NOW)
    db.expire_all()
    sealed = factors_of(db, account)[0].sealed_secret or ""
    assert not sealed_box.is_stale(NEWER, sealed)
    assert secret.reveal() not in sealed


def test_PW_15_a_secret_opens_for_its_own_account_only(db: Session) -> None:
    account, secret = somebody(db), authenticator_app.new_secret()
    sealed = authenticator_app.lock(RING, account, secret)
    assert authenticator_app.unlock(RING, account, sealed) == secret
    for ring, other, text in (
        (RING, uuid4(), sealed),
        (SealingRing({"1": b"3" * 32}), account, sealed),
        (SealingRing({"2": b"1" * 32}), account, sealed),
        (RING, account, sealed[:-4] + "AAAA"),
        (RING, account, "v2" + sealed[2:]),
        (RING, account, "nonsense"),
    ):
        with pytest.raises(BoxTampered):
            authenticator_app.unlock(ring, other, text)


def test_a_factor_is_taken_away_once_and_from_its_owner_only(db: Session) -> None:
    account = somebody(db)
    assert not has_factor(db, account)
    authenticator_app.add(db, RING, account, authenticator_app.new_secret(), 0, NOW)
    factor = factors_of(db, account, FactorKind.APP)[0].id
    assert factors_of(db, account, FactorKind.PASSKEY) == []
    assert remove(db, uuid4(), factor) is None
    assert remove(db, account, factor) is FactorKind.APP
    assert remove(db, account, factor) is None
    authenticator_app.add(db, RING, account, authenticator_app.new_secret(), 0, NOW)
    remove_all(db, account)
    assert not has_factor(db, account)
