"""The kinds of account."""

from datetime import timedelta

import pytest

from idp.rules.account_types import (
    DEFAULT_SESSION_LIMITS,
    AccountKind,
    SecretKind,
    Strength,
    may_choose_password,
    may_link_email,
    secret_kinds,
    strength_of,
)


@pytest.mark.parametrize(
    ("kind", "chooses", "links"),
    [
        (AccountKind.BASIC, False, False),
        (AccountKind.ADVANCED, True, True),
        (AccountKind.STAFF, True, False),
    ],
)
def test_R4_R13_R17_who_chooses_a_password_and_who_links_an_address(
    kind: AccountKind, chooses: bool, links: bool
) -> None:
    assert may_choose_password(kind) is chooses
    assert may_link_email(kind) is links


def test_R6_only_a_basic_account_has_pictures() -> None:
    with_pictures = [kind for kind in AccountKind if SecretKind.PICTURES in secret_kinds(kind)]
    assert with_pictures == [AccountKind.BASIC]
    assert all(SecretKind.TEXT in secret_kinds(kind) for kind in AccountKind)


@pytest.mark.parametrize(
    ("kind", "secret_kind", "temporary", "strength"),
    [
        (AccountKind.BASIC, SecretKind.PICTURES, False, Strength.PICTURE),
        (AccountKind.BASIC, SecretKind.TEXT, False, Strength.BASIC),
        (AccountKind.BASIC, SecretKind.TEXT, True, Strength.BASIC),
        (AccountKind.ADVANCED, SecretKind.TEXT, True, Strength.TEMPORARY),
        (AccountKind.ADVANCED, SecretKind.TEXT, False, Strength.PASSWORD),
        (AccountKind.STAFF, SecretKind.TEXT, True, Strength.TEMPORARY),
        (AccountKind.STAFF, SecretKind.TEXT, False, Strength.PASSWORD),
    ],
)
def test_DEV_1_the_strength_of_a_secret(
    kind: AccountKind, secret_kind: SecretKind, temporary: bool, strength: Strength
) -> None:
    assert strength_of(kind, secret_kind, temporary=temporary) is strength


def test_a_secret_the_kind_does_not_have_has_no_strength() -> None:
    with pytest.raises(ValueError, match="no pictures secret"):
        strength_of(AccountKind.ADVANCED, SecretKind.PICTURES, temporary=False)


def test_strengths_stand_weakest_first() -> None:
    assert [strength.name for strength in sorted(Strength)] == [
        "PICTURE", "BASIC", "TEMPORARY", "PASSWORD", "TWO_FACTOR",
    ]  # fmt: skip


def test_staff_sessions_fall_asleep_sooner() -> None:
    assert set(DEFAULT_SESSION_LIMITS) == set(AccountKind)
    assert DEFAULT_SESSION_LIMITS[AccountKind.STAFF].idle == timedelta(minutes=15)
    assert DEFAULT_SESSION_LIMITS[AccountKind.BASIC].idle == timedelta(minutes=30)
    assert {limits.absolute for limits in DEFAULT_SESSION_LIMITS.values()} == {timedelta(hours=10)}
