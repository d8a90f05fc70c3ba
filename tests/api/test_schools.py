"""Where a member of staff works."""

from __future__ import annotations

from datetime import timedelta

from idp.accounts.records import RecoveryCode, SecondFactor
from idp.rules.belgian_time import school_day
from idp.schools.records import Operator
from tests.api.staff import Caller, signed_in
from tests.support.people import Made
from tests.support.provider import Provider


def become_operator(provider: Provider, who: Made) -> None:
    with provider.db() as db:
        db.add(Operator(account_id=who.account_id, since=provider.clock()))


def as_listed(caller: Caller, school: int) -> int:
    total: int = caller.told(f"/api/schools/{school}/pupils")["total"]
    return total


def test_R76_the_schools_of_a_beheerder_with_as_many_pupils_as_the_list_has(provider: Provider) -> None:
    people = provider.people
    people.school(5, "Zonnebloem")
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    people.school(7, "Elders")
    els = people.staff(school=5)
    people.appoint(els, 2, "leerkracht", classes=("1B", "1A"))
    for class_code in ("1A", "1B", "1C"):
        people.pupil("basic", school=2, class_code=class_code)
    people.enrolled_only(school=2, class_code="1A")
    today = school_day(provider.clock())
    people.enrolled_only(school=5, starts_on=today + timedelta(days=30))
    people.enrolled_only(school=5, ends_on=today - timedelta(days=1))
    caller = signed_in(provider, els)
    told = caller.told("/api/schools")
    assert told == {
        "schools": [
            {
                "number": 2,
                "name": "BRUSSEL-STAD - TEST School 2",
                "role": "leerkracht",
                "classes": ["1A", "1B"],
                "pupils": 3,
            },
            {"number": 5, "name": "Zonnebloem", "role": "beheerder", "classes": None, "pupils": 1},
        ],
        "operator": False,
        "second_factor": {
            "required": False,
            "enrolled": False,
            "manage_url": f"{provider.issuer}/second-factor",
        },
    }
    assert [as_listed(caller, each["number"]) for each in told["schools"]] == [3, 1]


def test_R76_who_is_both_at_one_school_is_a_beheerder_there(provider: Provider) -> None:
    els = provider.people.staff(school=5, role="leerkracht", classes=("1A",))
    provider.people.appoint(els, 5)
    (school,) = signed_in(provider, els).told("/api/schools")["schools"]
    assert (school["role"], school["classes"]) == ("beheerder", None)


def test_somebody_without_a_school_and_an_operator(provider: Provider) -> None:
    els = provider.people.staff()
    become_operator(provider, els)
    told = signed_in(provider, els).told("/api/schools")
    assert (told["schools"], told["operator"]) == ([], True)


def test_who_has_a_second_factor(provider: Provider) -> None:
    els, now = provider.people.staff(school=5), provider.clock()
    caller = signed_in(provider, els)
    with provider.db() as db:
        db.add(SecondFactor(account_id=els.account_id, kind="totp", sealed_secret="x", created_at=now))
        db.add(RecoveryCode(digest="x", account_id=els.account_id, created_at=now))
    assert caller.told("/api/schools")["second_factor"]["enrolled"] is True
