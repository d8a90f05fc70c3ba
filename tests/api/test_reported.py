""" "Dit was ik niet", as the school sees it: in the list, at the pupil, until a new password or until it was looked into."""

from __future__ import annotations

from typing import Any

import pytest

from idp.accounts import passwords
from idp.accounts.credentials import Vault
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.rules.account_types import SecretKind
from tests.api.staff import Caller, signed_in
from tests.support.people import Made
from tests.support.provider import Provider

SCHOOL = 2
PUPILS = f"/api/schools/{SCHOOL}/pupils"


@pytest.fixture
def pupil(provider: Provider) -> Made:
    """Who just said so; a classmate did not."""
    provider.people.pupil("basic", school=SCHOOL, class_code="1A", given_name="Zoë")
    made = provider.people.pupil("advanced", school=SCHOOL, class_code="1A", given_name="Amélie")
    assert signed_in(provider, made, "leerid:self").post("/api/me/not-me").status_code == 204
    return made


@pytest.fixture
def desk(provider: Provider) -> Caller:
    return signed_in(provider, provider.people.staff(school=SCHOOL))


def reported(desk: Caller) -> tuple[int, list[int]]:
    told = desk.told(PUPILS)
    return told["reported_total"], [row["pupil_number"] for row in told["rows"] if row["reported"]]


def account_of(desk: Caller, pupil: Made) -> dict[str, Any]:
    found: dict[str, Any] = desk.told(f"{PUPILS}/{pupil.number}")["account"]
    return found


def test_the_list_counts_marks_and_finds_who_reported(desk: Caller, pupil: Made) -> None:
    assert reported(desk) == (1, [pupil.number])
    only = desk.told(PUPILS, reported="yes")
    assert (only["total"], [row["pupil_number"] for row in only["rows"]]) == (1, [pupil.number])
    assert desk.told(PUPILS, reported="")["total"] == 2
    assert desk.get(PUPILS, reported="no").status_code == 400
    assert desk.told(PUPILS, q="Zoë")["reported_total"] == 1, "whatever the filter shows"
    selected = desk.post(f"/api/schools/{SCHOOL}/selection", {"all_of": {"reported": "yes"}}).json()
    assert selected == {"selected_total": 1}


def test_OA_61_settling_it_is_witnessed_and_takes_the_mark_away(desk: Caller, pupil: Made) -> None:
    assert account_of(desk, pupil)["reported_at"] is not None
    assert "settle" in desk.told(f"{PUPILS}/{pupil.number}")["may"]
    assert desk.post(f"{PUPILS}/{pupil.number}/report-settled").status_code == 204
    assert reported(desk) == (0, [])
    told = desk.told(f"{PUPILS}/{pupil.number}")
    assert told["account"]["reported_at"] is None
    assert "settle" not in told["may"]
    log = desk.told(f"/api/schools/{SCHOOL}/log", what="pupil:report-settled")
    assert [row["pupil"]["pupil_number"] for row in log["rows"]] == [pupil.number]


def test_a_new_password_from_the_school_settles_it(provider: Provider, desk: Caller, pupil: Made) -> None:
    wish = {"purpose": "renewal", "pupils": [pupil.number]}
    renewal = desk.post(f"/api/schools/{SCHOOL}/renewals", wish).json()["id"]
    assert desk.post(f"/api/schools/{SCHOOL}/renewals/{renewal}/save", {}).ok
    assert reported(desk) == (0, [])


def test_a_password_that_the_pupil_chose_does_not(provider: Provider, desk: Caller, pupil: Made) -> None:
    """Whoever has the mailbox may have chosen it: somebody at the school looks into it all the same."""
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        vault = Vault(provider.keys.sealing, provider.settings.hashing)
        sealed = vault.seal(Secret("Nog-Een-Sprinkhaan-8"), account.id, SecretKind.TEXT)
        passwords.choose(account, sealed, provider.clock())
    assert reported(desk) == (1, [pupil.number])


def test_CV_27_a_leerkracht_of_the_class_settles_and_another_one_does_not(
    provider: Provider, pupil: Made
) -> None:
    own, other = (
        signed_in(provider, provider.people.staff(school=SCHOOL, role="leerkracht", classes=[code]))
        for code in ("1A", "1B")
    )
    assert reported(other) == (0, [])
    assert other.post(f"{PUPILS}/{pupil.number}/report-settled").status_code == 404
    assert reported(own) == (1, [pupil.number])
    assert own.post(f"{PUPILS}/{pupil.number}/report-settled").status_code == 204
