"""R89, FT-24: operators send a feed, see what it would change, and apply it; nobody else finds anything there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from sqlalchemy import select

from idp.accounts.records import Account, AuditEvent, Person
from idp.schools.imports import changing
from idp.schools.operators import make_operator
from idp.schools.records import Enrolment
from tests.api.staff import Caller, signed_in
from tests.schools.imports.feeds import pupil, school_of, text_of
from tests.support.people import Made
from tests.support.provider import Provider

Line = dict[str, object]


def an_operator(provider: Provider, **named: str) -> Made:
    who = provider.people.staff(**named)  # type: ignore[arg-type]
    with provider.db() as db:
        make_operator(db, db.get_one(Account, who.account_id), provider.clock())
    return who


@pytest.fixture
def operator(provider: Provider) -> Caller:
    return signed_in(provider, an_operator(provider))


def sent(caller: Caller, lines: list[Line], kind: str = "text/csv", **query: str) -> requests.Response:
    """Days that are right whatever day it is today."""
    running = [{**line, "begin": "2020-09-01", "einde": "2150-08-31"} for line in lines]
    return post(caller, text_of(running).encode(), kind, **query)


def post(caller: Caller, content: bytes, kind: str = "text/csv", **query: str) -> requests.Response:
    return caller.ask("POST", "/api/imports", data=content, headers={"Content-Type": kind}, params=query)


def made(answer: requests.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def apply(caller: Caller, which: str, *, confirmed: bool = False) -> requests.Response:
    return caller.post(f"/api/imports/{which}/apply", {"confirmed": confirmed})


def taken_in(caller: Caller, lines: list[Line], *, confirmed: bool = False) -> str:
    which = made(sent(caller, lines))
    answer = apply(caller, which, confirmed=confirmed)
    while answer.json()["state"] == "applying":
        answer = apply(caller, which)
    assert answer.json()["state"] == "applied", answer.text
    return which


def enrolled(provider: Provider) -> set[tuple[int, int]]:
    with provider.reading() as db:
        return {(each.school_number, each.pupil_number) for each in db.scalars(select(Enrolment))}


def test_R89_a_feed_is_shown_before_it_is_applied(provider: Provider, operator: Caller) -> None:
    which = made(sent(operator, [pupil(1), pupil(2), pupil("?")], name="feed van vandaag.csv"))
    assert enrolled(provider) == set()
    told = operator.told(f"/api/imports/{which}")
    assert (told["name"], told["state"], told["rows"], told["bad_rows"]) == (
        "feed van vandaag.csv",
        "ready",
        2,
        1,
    )
    assert (
        told["totals"] | {"schools": 1, "new_schools": 1, "new": 2, "left": 0, "unchanged": 0}
        == told["totals"]
    )
    assert [(each["number"], each["is_new"], each["new"]) for each in told["schools"]] == [(2, True, 2)]
    assert told["bad"] == [
        {"line": 4, "column": "stamnummer", "wrong": "no_number", "school_number": 2, "pupil_number": None}
    ]
    assert told["examples"][0]["change"] == "new"
    assert "Abdulghani" not in str(told)
    taken_in(operator, [pupil(1), pupil(2)])
    assert enrolled(provider) == {(2, 1), (2, 2)}
    listed = operator.told("/api/imports")
    assert [each["state"] for each in listed["imports"]] == ["applied", "ready"]
    assert listed["largest_megabytes"] == 20


def test_FT_24_one_that_ends_too_much_asks_first(provider: Provider, operator: Caller) -> None:
    taken_in(operator, school_of(20))
    which = made(sent(operator, school_of(10)))
    refused = apply(operator, which)
    assert (refused.status_code, refused.json()["reasons"]) == (409, ["stopped"])
    told = operator.told(f"/api/imports/{which}")
    assert (told["state"], told["ended"], told["enrolled"]) == ("stopped", 10, 20)
    assert told["schools"][0]["stops"] is True
    assert apply(operator, which, confirmed=True).json()["state"] == "applied"
    with provider.reading() as db:
        confirmed = select(AuditEvent).where(AuditEvent.what == "import:confirmed")
        assert db.scalars(confirmed).one().detail["ended"] == 10


def test_OA_52_what_is_wrong_with_the_whole_file_is_told(operator: Caller) -> None:
    for content, kind, refusal in (
        (b"PK\x03\x04xlsx", "application/zip", {"reason": "no_zip", "line": None, "part": ""}),
        (text_of([pupil()]).encode() + b'"\n', "text/csv", {"reason": "quotes", "line": 3, "part": ""}),
        (
            b"naam;voornaam\n",
            "text/csv",
            {"reason": "column_missing", "line": 1, "part": "instellingsnummer"},
        ),
        (b"", "text/csv", {"reason": "empty", "line": None, "part": ""}),
    ):
        which = made(post(operator, content, kind))
        told = operator.told(f"/api/imports/{which}")
        assert (told["state"], told["refusal"]) == ("refused", refusal)
        assert apply(operator, which).json()["reasons"] == ["refused"]


def test_OA_47_a_file_that_is_too_large_is_not_read(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(imports={"largest_upload_megabytes": 1})
    operator = signed_in(provider, an_operator(provider))
    assert post(operator, b"x" * 1_000_001).status_code == 413
    assert operator.told("/api/imports") == {"imports": [], "largest_megabytes": 1}


def test_a_file_larger_than_any_other_request_may_be_is_taken_in(operator: Caller) -> None:
    which = made(sent(operator, [pupil(number, naam="x" * 200) for number in range(1, 3_001)]))
    assert operator.told(f"/api/imports/{which}")["rows"] == 3_000


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_another_kind_of_body_is_refused(operator: Caller, kind: str) -> None:
    assert sent(operator, [pupil()], kind).status_code == 415


def test_FT_11_applying_goes_on_where_it_was_also_with_an_older_sign_in(
    open_provider: Callable[..., Provider], monkeypatch: pytest.MonkeyPatch
) -> None:
    """About a second a call: here each call does one step."""
    monkeypatch.setattr(changing, "STEP", {"sqlite": 10, "postgresql": 10})
    monkeypatch.setattr("idp.api.imports.STEP_SECONDS", 0.0)
    provider = open_provider(staff={"recent_minutes": 5})
    operator = signed_in(provider, an_operator(provider))
    which, other = made(sent(operator, school_of(25))), made(sent(operator, school_of(3, school=9)))
    told = [apply(operator, which).json()]
    assert operator.ask("DELETE", f"/api/imports/{which}").status_code == 409
    assert apply(operator, other).json()["reasons"] == ["applying"]
    provider.clock.move(minutes=6)
    while told[-1]["state"] == "applying":
        told.append(apply(operator, which).json())
    assert [each["done"] for each in told] == [10, 20, 25, 25, 25]
    assert told[-1] == {"state": "applied", "done": 25, "total": 25}
    assert len(enrolled(provider)) == 25
    # To begin with another one, the sign-in is too old.
    refused = apply(operator, other)
    assert refused.status_code == 401
    assert 'error="insufficient_user_authentication"' in refused.headers["WWW-Authenticate"]


def test_an_import_that_was_not_applied_is_removed(operator: Caller) -> None:
    which = made(sent(operator, [pupil()]))
    assert operator.ask("DELETE", f"/api/imports/{which}").status_code == 204
    assert operator.get(f"/api/imports/{which}").status_code == 404
    done = taken_in(operator, [pupil()])
    assert operator.ask("DELETE", f"/api/imports/{done}").status_code == 409


def test_R90_PR_19_the_key_is_digested_with_the_providers_own(provider: Provider, operator: Caller) -> None:
    taken_in(operator, [pupil(leerling_sleutel="85073003328")])
    with provider.reading() as db:
        (key,) = db.scalars(select(Person.registry_key).where(Person.registry_key.is_not(None)))
    assert key is not None
    assert len(key) == 64


def calls(which: str | UUID) -> list[tuple[str, str, Any]]:
    return [
        ("GET", "/api/imports", None),
        ("GET", f"/api/imports/{which}", None),
        ("POST", f"/api/imports/{which}/apply", {"confirmed": True}),
        ("DELETE", f"/api/imports/{which}", None),
    ]


def test_OA_54_for_anybody_else_there_is_nothing_here(provider: Provider, operator: Caller) -> None:
    which = made(sent(operator, [pupil()]))
    beheerder = signed_in(provider, provider.people.staff(school=2))
    for caller, status in ((beheerder, 404), (Caller(provider.origin, None), 401)):
        for method, path, body in calls(which):
            assert caller.ask(method, path, json=body).status_code == status, path
        assert sent(caller, [pupil(9)]).status_code == status
    child = signed_in(provider, provider.people.pupil("basic", school=3), "leerid:self")
    assert sent(child, [pupil(9)]).status_code == 403
    assert operator.told(f"/api/imports/{which}")["state"] == "ready"


def test_OA_53_an_import_that_is_not_there_is_not_there(operator: Caller) -> None:
    for which in (uuid4(), "..%2f..%2fetc", "NUL", "%00"):
        for method, path, body in calls(which)[1:]:
            assert operator.ask(method, path, json=body).status_code == 404, path


def test_an_import_without_the_confirmation_word_is_refused(operator: Caller) -> None:
    which = made(sent(operator, [pupil()]))
    for body in ({}, {"confirmed": "yes"}, {"confirmed": True, "force": True}):
        assert operator.post(f"/api/imports/{which}/apply", body).status_code == 400
