"""One pupil: what a school sees of the enrolment and the account, and the small changes it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.accounts.records import Account, AuditEvent
from idp.rules.belgian_time import school_day
from tests.api.staff import Caller, signed_in
from tests.support.people import Made, Official
from tests.support.provider import Provider

SCHOOL = 2
HERE = f"/api/schools/{SCHOOL}"
EVERYTHING = ["see", "renew", "print", "hand_out", "rename"]


@pytest.fixture
def els(provider: Provider) -> Made:
    return provider.people.staff(school=SCHOOL, given_name="Els", family_name="Verstraete")


@pytest.fixture
def caller(provider: Provider, els: Made) -> Caller:
    return signed_in(provider, els)


def change(provider: Provider, pupil: Made, **values: Any) -> None:
    with provider.db() as db:
        db.execute(update(Account).where(Account.id == pupil.account_id).values(**values))


def account_of(provider: Provider, pupil: Made) -> Account:
    with provider.reading() as db:
        return db.get_one(Account, pupil.account_id)


def events(provider: Provider, what: str) -> list[AuditEvent]:
    with provider.reading() as db:
        return list(db.scalars(select(AuditEvent).where(AuditEvent.what == what).order_by(AuditEvent.id)))


# Looking


def test_R86_R87_R88_R91_R92_a_basic_pupil(provider: Provider, caller: Caller) -> None:
    until = school_day(provider.clock()) + timedelta(days=90)
    pupil = provider.people.pupil(
        "basic",
        given_name="Abdulghani",
        family_name="Bogdan",
        pupil_number=60351,
        administrative_group="6de leerjaar",
        class_code="6A",
        school=SCHOOL,
        active_until=until,
        official=Official("Abdulghani Karim", "Bogdan", "M", date(2010, 11, 7)),
    )
    # Just after midnight in Belgium: the evening before in UTC.
    change(
        provider,
        pupil,
        created_at=datetime(2023, 2, 21, 23, 30, tzinfo=UTC),
        last_sign_in_at=datetime(2023, 7, 21, 22, 30, tzinfo=UTC),
    )
    assert caller.told(f"{HERE}/pupils/60351") == {
        "pupil_number": 60351,
        "given_name": "Abdulghani",
        "family_name": "Bogdan",
        "group": "6de leerjaar",
        "class": "6A",
        "official": {
            "given_name": "Abdulghani Karim",
            "family_name": "Bogdan",
            "sex": "M",
            "birth_date": "2010-11-07",
        },
        "status": "active",
        "type": "basic",
        "until": until.isoformat(),
        "account": {
            "username": "abdulghani.bogdan",
            "kind": "basic",
            "secret_kind": "text",
            "must_choose_password": False,
            "temporary_until": None,
            "email": None,
            "email_verified": False,
            "created_on": "2023-02-22",
            "last_sign_in_on": "2023-07-22",
            "handed_out": None,
            "reported_at": None,
            "may_remove_email": False,
            "may_renew": True,
            "card_address": provider.issuer + pupil.card_path,
        },
        "may": EVERYTHING,
    }


def test_R92_R98_OA_57_an_address_is_masked_and_stands_in_the_way_of_a_new_password(
    provider: Provider, caller: Caller
) -> None:
    pupil = provider.people.pupil("advanced", school=SCHOOL, email="Butrint.Boerens@ond.vlaanderen.be")
    told = caller.told(f"{HERE}/pupils/{pupil.number}")
    account = told["account"]
    assert (account["email"], account["email_verified"]) == ("B*****s@ond.vlaanderen.be", True)
    assert (account["may_renew"], account["may_remove_email"]) == (False, True)
    assert told["may"] == ["see", "print", "hand_out", "rename", "remove_email"]
    change(provider, pupil, email="a@post.example", email_verified_at=None)
    told = caller.told(f"{HERE}/pupils/{pupil.number}")
    assert (told["account"]["email"], told["account"]["email_verified"]) == ("a*****@post.example", False)
    assert told["may"] == EVERYTHING


def test_OA_57_nothing_tells_an_address_or_a_secret_in_full(provider: Provider, caller: Caller) -> None:
    pupil = provider.people.pupil("advanced", school=SCHOOL, email="heel.geheim@post.example")
    sealed = account_of(provider, pupil).sealed_secret
    assert sealed is not None
    for path in ("/pupils", "/pupils?q=geheim", f"/pupils/{pupil.number}"):
        said = caller.get(HERE + path).text
        for hidden in ("heel.geheim", "geheim@", sealed, str(pupil.account_id), str(pupil.person_id)):
            assert hidden not in said, path


def test_R93_a_temporary_password(provider: Provider, caller: Caller) -> None:
    pupil = provider.people.pupil("advanced", school=SCHOOL, temporary=True)
    account = caller.told(f"{HERE}/pupils/{pupil.number}")["account"]
    until = account_of(provider, pupil).temporary_until
    assert until is not None
    assert account["must_choose_password"] is True
    assert account["temporary_until"] == until.isoformat(timespec="seconds")


def test_R83_R90_without_an_account_and_without_official_data(provider: Provider, caller: Caller) -> None:
    pupil = provider.people.enrolled_only(school=SCHOOL)
    told = caller.told(f"{HERE}/pupils/{pupil.pupil_number}")
    assert (told["official"], told["account"], told["status"], told["type"]) == (None, None, "none", "")
    assert told["may"] == ["see", "renew"]


@pytest.mark.parametrize("kind", ["pictures", "basic", "advanced"])
def test_R29_the_kind_of_password(provider: Provider, caller: Caller, kind: str) -> None:
    pupil = provider.people.pupil(kind, school=SCHOOL)
    account = caller.told(f"{HERE}/pupils/{pupil.number}")["account"]
    assert account["kind"] == ("advanced" if kind == "advanced" else "basic")
    assert account["secret_kind"] == ("pictures" if kind == "pictures" else "text")


def test_what_may_be_done_depends_on_how_the_account_stands(provider: Provider, caller: Caller) -> None:
    pupil, now = provider.people.pupil("basic", school=SCHOOL), provider.clock()

    def may() -> list[str]:
        found: list[str] = caller.told(f"{HERE}/pupils/{pupil.number}")["may"]
        return found

    change(provider, pupil, protected_at=now)
    assert may() == ["see", "renew", "print", "hand_out", "unlock", "rename"]
    change(provider, pupil, blocked_at=now)
    assert may() == ["see", "print", "hand_out", "rename"]
    teacher = provider.people.staff(school=SCHOOL, role="leerkracht", classes=("1A",))
    told = signed_in(provider, teacher).told(f"{HERE}/pupils/{pupil.number}")
    assert told["may"] == ["see", "print", "hand_out"]


def test_OA_54_who_left_has_no_account_here(provider: Provider, caller: Caller) -> None:
    """Maybe it lives on at another school: nothing of it is told, and nothing of it is changed from here."""
    people, yesterday = provider.people, school_day(provider.clock()) - timedelta(days=1)
    pupil = people.pupil("advanced", school=5, email="butrint@post.example")
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        number = people.enrol(db, account, SCHOOL, "1A", yesterday)
    told = caller.told(f"{HERE}/pupils/{number}")
    assert (told["status"], told["type"], told["account"], told["may"]) == ("inactive", "", None, ["see"])
    assert told["until"] == yesterday.isoformat()
    before = account_of(provider, pupil)
    for path, body in (
        (f"/pupils/{number}/username", {"username": "gekaapt"}),
        (f"/pupils/{number}/unlock", None),
        (f"/pupils/{number}/handed-out", {"handed_out": True}),
    ):
        answer = caller.post(HERE + path, body)
        assert (answer.status_code, answer.json()["reasons"]) == (422, ["inactive"])
    assert caller.post(f"{HERE}/handed-out", {"pupils": [number]}).status_code == 204
    after = account_of(provider, pupil)
    assert (after.username, after.handed_out_at) == (before.username, None)


# Renaming


def test_R25_PW_35_another_username_and_the_sign_in_goes_by_it(
    provider: Provider, caller: Caller, els: Made
) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    answer = caller.post(f"{HERE}/pupils/{pupil.number}/username", {"username": "mila.bloem"})
    assert (answer.status_code, answer.json()) == (200, {"username": "mila.bloem"})
    assert caller.told(f"{HERE}/pupils/{pupil.number}")["account"]["username"] == "mila.bloem"
    renamed = Made(**{**vars(pupil), "username": "mila.bloem"})
    assert signed_in(provider, renamed, "leerid:self").told("/api/me")["username"] == "mila.bloem"
    (event,) = events(provider, "pupil:renamed")
    assert (event.actor_id, event.account_id) == (els.account_id, pupil.account_id)
    assert (event.school_number, event.pupil_number, event.detail) == (SCHOOL, pupil.number, {})


def test_R22_R23_PW_35_a_username_that_cannot_be(provider: Provider, caller: Caller) -> None:
    pupil, other = (provider.people.pupil("basic", school=SCHOOL) for _ in range(2))
    enrolled = provider.people.enrolled_only(school=SCHOOL)
    for username, reasons in (
        ("x" * 51, ["too_long"]),
        ("mila@school", ["has_at"]),
        ("", ["empty"]),
        (other.username, ["taken"]),
        (other.username.upper(), ["taken"]),
    ):
        answer = caller.post(f"{HERE}/pupils/{pupil.number}/username", {"username": username})
        assert (answer.status_code, answer.json()["reasons"]) == (422, reasons)
    answer = caller.post(f"{HERE}/pupils/{enrolled.pupil_number}/username", {"username": "mila"})
    assert (answer.status_code, answer.json()["reasons"]) == (422, ["no_account"])
    assert account_of(provider, pupil).username == pupil.username
    assert events(provider, "pupil:renamed") == []


def test_PW_35_so_many_an_hour(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(staff={"second_factor": "optional", "username_changes_an_hour": 2})
    els, colleague = (provider.people.staff(school=SCHOOL) for _ in range(2))
    pupil = provider.people.pupil("basic", school=SCHOOL)
    path = f"{HERE}/pupils/{pupil.number}/username"
    caller = signed_in(provider, els)
    said = [caller.post(path, {"username": f"mila{name}"}).status_code for name in ("a", "@", "b", "c")]
    assert said == [200, 422, 200, 429]
    assert signed_in(provider, colleague).post(path, {"username": "mila.d"}).status_code == 200
    provider.clock.move(minutes=61)
    assert signed_in(provider, els).post(path, {"username": "mila.e"}).status_code == 200


def test_R21_R22_R23_while_it_is_typed(provider: Provider, caller: Caller) -> None:
    pupil, other = (provider.people.pupil("basic", school=SCHOOL) for _ in range(2))

    def said(**query: Any) -> Any:
        return caller.told(f"{HERE}/usernames", **query)

    assert said(candidate="mila.bloem") == {"free": True, "problems": []}
    assert said(candidate=other.username) == {"free": False, "problems": ["taken"]}
    assert said(candidate=pupil.username, pupil=pupil.number) == {"free": True, "problems": []}
    assert said(candidate=pupil.username, pupil=other.number) == {"free": False, "problems": ["taken"]}
    assert said(candidate="mila@x" + "y" * 50) == {"free": False, "problems": ["too_long", "has_at"]}
    assert said() == {"free": False, "problems": ["empty"]}
    assert caller.get(f"{HERE}/usernames", candidate="x" * 255).status_code == 400


# Unlocking and handing out


def test_PW_07_unlocking(provider: Provider, caller: Caller) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    before = account_of(provider, pupil)
    change(provider, pupil, protected_at=provider.clock())
    assert caller.told(f"{HERE}/pupils/{pupil.number}")["status"] == "protected"
    assert caller.post(f"{HERE}/pupils/{pupil.number}/unlock").status_code == 204
    assert caller.told(f"{HERE}/pupils/{pupil.number}")["status"] == "active"
    after = account_of(provider, pupil)
    assert after.failures_count_from is not None
    assert (after.sealed_secret, after.sign_ins_count_from) == (
        before.sealed_secret,
        before.sign_ins_count_from,
    )
    assert [each.pupil_number for each in events(provider, "pupil:unlocked")] == [pupil.number]


def test_the_tick_that_a_card_was_handed_out(provider: Provider, caller: Caller) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    path = f"{HERE}/pupils/{pupil.number}"
    assert caller.post(f"{path}/handed-out", {"handed_out": True}).status_code == 204
    told = caller.told(path)["account"]["handed_out"]
    assert told["by"] == "Els Verstraete"
    assert abs(datetime.fromisoformat(told["at"]) - provider.clock()) < timedelta(minutes=1)
    assert caller.post(f"{path}/handed-out", {"handed_out": False}).status_code == 204
    assert caller.told(path)["account"]["handed_out"] is None
    assert [each.detail for each in events(provider, "pupil:handed-out")] == [
        {"handed_out": True},
        {"handed_out": False},
    ]


def test_a_class_at_once_without_who_is_not_there(provider: Provider, caller: Caller) -> None:
    numbers = provider.people.many(4, school=SCHOOL, without_account=1)
    elsewhere = provider.people.many(5, school=5)
    answer = caller.post(f"{HERE}/handed-out", {"pupils": [*numbers[1:], elsewhere[-1], 999]})
    assert answer.status_code == 204
    with provider.reading() as db:
        ticked = select(Account.id).where(Account.handed_out_at.is_not(None))
        assert len(db.scalars(ticked).all()) == 2
    assert [each.pupil_number for each in events(provider, "pupil:handed-out")] == numbers[1:3]


# What is no part of a request

EXTRA = {
    "school_number": 5,
    "school_id": 5,
    "role": "operator",
    "is_admin": True,
    "email": "kaper@post.example",
    "email_verified": True,
    "password": "kaper",
    "sealed_secret": "kaper",
    "sub": "kaper",
    "acr": "urn:leerid:acr:two-factor",
    "kind": "staff",
    "created_at": "2020-01-01T00:00:00Z",
    "account_id": "00000000-0000-0000-0000-000000000000",
}


def test_OA_55_nothing_comes_in_beside_what_is_asked(provider: Provider, caller: Caller) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    before = row(account_of(provider, pupil))
    calls: list[tuple[str, dict[str, Any]]] = [
        (f"/pupils/{pupil.number}/username", {"username": "mila.bloem"}),
        (f"/pupils/{pupil.number}/handed-out", {"handed_out": True}),
        ("/handed-out", {"pupils": [pupil.number]}),
    ]
    for path, body in calls:
        for name, value in EXTRA.items():
            assert caller.post(HERE + path, {**body, name: value}).status_code == 400, (path, name)
        for wrong in ([body], {}, {next(iter(body)): {"$ne": 1}}, {next(iter(body)): None}, None):
            answer = caller.ask("POST", HERE + path, json=wrong, headers={"Content-Type": "application/json"})
            assert answer.status_code == 400, (path, wrong)
    assert row(account_of(provider, pupil)) == before


def row(account: Account) -> dict[str, Any]:
    return {column.key: getattr(account, column.key) for column in Account.__table__.columns}
