"""The API under made-up requests: what fits its own description, what almost does, and what nobody would send (FT-16)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from typing import Any, TypeAlias

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from idp.accounts.records import Account
from idp.api.describing import calls
from idp.schools.operators import make_operator
from tests.api.renewing import SCHOOL, Desk, desk_of
from tests.api.staff import Caller, nobody, signed_in
from tests.support.people import Made as Person
from tests.support.provider import Provider

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
Made: TypeAlias = Case[Operation]

CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 3
HOSTILE = '=HYPERLINK("http://x")<script>\'\u202e\r\n'
SENT = {"Content-Type": "text/csv"}


@dataclass(frozen=True)
class Scene:
    """A school with every kind of pupil, and everybody who might ask about it."""

    provider: Provider
    desk: Desk
    operator: Caller
    older: Caller
    leaver: Caller
    others: tuple[Caller, ...]
    pupil: Person
    saved: str

    def places(self, operation: Operation) -> dict[str, Any]:
        """Something that is really there for each place in the address; nothing that another call has used up."""
        proposed = self.desk.propose([self.pupil.number]).rpartition("/")[2]
        is_file = operation.path.endswith(("pdf", "xlsx", "csv"))
        there = {
            "school": SCHOOL,
            "number": self.fault() if "/faults/" in operation.path else self.pupil.number,
            "renewal": self.saved if is_file else proposed,
            "client_id": "oefenapp",
            "ref": "0" * 32,
            "import_id": self.operator.ask("POST", "/api/imports", data=b"a;b\n", headers=SENT).json()["id"],
        }
        return {name: value for name, value in there.items() if f"{{{name}}}" in operation.path}

    def fault(self) -> str:
        return requests.get(f"{self.provider.origin}/nergens", timeout=10).headers["X-Request-Id"]

    def owner(self, operation: Operation) -> Caller:
        """Who gets furthest with it."""
        if operation.path == "/api/me/not-me":
            return self.leaver  # who isn't signed in any more after it
        if operation.path.startswith("/api/me/"):
            return self.older
        return self.operator if operation.path.startswith("/api/imports") else self.desk.caller


@pytest.fixture
def scene(provider: Provider) -> Scene:
    people = provider.people
    people.school(SCHOOL, f"School {HOSTILE}")
    pupil = people.pupil("basic", school=SCHOOL, given_name=f"Jan {HOSTILE}", class_code="1A")
    older = people.pupil("advanced", school=SCHOOL, email="an@example.be", administrative_group=HOSTILE)
    people.pupil("pictures", school=SCHOOL, class_code="1B")
    people.enrolled_only(school=SCHOOL, family_name=HOSTILE)
    start = {"initiate_login_uri": "https://oefenapp.example/start", "dashboard": True}
    provider.relying_party("oefenapp", name=f"Oefen {HOSTILE.splitlines()[0]}", **start)
    runs = people.staff()
    with provider.db() as db:
        make_operator(db, db.get_one(Account, runs.account_id), provider.clock())
    desk, operator = desk_of(provider), signed_in(provider, runs)
    teacher = signed_in(provider, people.staff(school=SCHOOL, role="leerkracht", classes=["1A"]))
    return Scene(
        provider=provider,
        desk=desk,
        operator=operator,
        older=signed_in(provider, older, "leerid:self"),
        leaver=signed_in(provider, people.pupil("advanced", school=SCHOOL), "leerid:self"),
        others=(teacher, operator, signed_in(provider, pupil, "leerid:self"), nobody(provider)),
        pupil=pupil,
        saved=desk.renew([people.pupil("basic", school=SCHOOL).number]).rpartition("/")[2],
    )


# As the description says, or almost


def test_FT_16_every_answer_to_a_made_up_request_is_as_the_description_says(scene: Scene) -> None:
    """Seeded: the same requests each time. Who gets furthest sends each, and one of the others in turn."""
    document = requests.get(f"{scene.provider.origin}/api/openapi.json", timeout=10).text
    others, wrong = cycle(scene.others), set[str]()
    for operation, somewhere, anywhere in made_up(document):
        there = scene.places(operation)
        for case in somewhere:
            case.path_parameters = there
        for case in (*somewhere, *anywhere):
            for caller in (scene.owner(operation), next(others)):
                answer = case.call(base_url=caller.origin, headers=headers_of(caller), timeout=20)
                wrong |= complaints(case, answer)
    assert not wrong, "\n".join(sorted(wrong))


@cache
def made_up(document: str) -> list[tuple[Operation, list[Made], list[Made]]]:
    """For every call requests at a place that is there, and at others. Made once: that takes longer than sending them."""
    schema = schemathesis.openapi.from_dict(json.loads(document))
    schema.config.generation.with_security_parameters = False  # the test says who asks
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    return [(operation, [*at_a_place(operation)], [*anywhere(operation)]) for operation in found]


def at_a_place(operation: Operation) -> Iterator[Made]:
    """The test fills in which."""
    places = dict.fromkeys(re.findall(r"{(\w+)}", operation.path), "-")
    yield from cases(operation, GenerationMode.POSITIVE, places)
    if operation.query or operation.body:
        yield from cases(operation, GenerationMode.NEGATIVE, places)


def anywhere(operation: Operation) -> Iterator[Made]:
    if any(could_be_no_place(each) for each in operation.path_parameters):
        yield from cases(operation, GenerationMode.NEGATIVE, None)


def could_be_no_place(parameter: Any) -> bool:
    """Of a name that may be any text, there is none that isn't as described."""
    return bool(parameter.definition["schema"] != {"type": "string"})


def cases(operation: Operation, mode: GenerationMode, places: Mapping[str, str] | None) -> list[Made]:
    made: list[Made] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode, path_parameters=dict(places) if places is not None else None))
    def collect(case: Made) -> None:
        case.headers.clear()  # no call reads any but the token's
        made.append(case)

    collect()
    return made


def complaints(case: Made, answer: Response) -> set[str]:
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as found:
        asked = f"{case.method} {case.operation.path} {case.query} {case.body!r:.80}"
        return {f"{asked}: {each.title}: {each.message[:200]}" for each in found.exceptions}
    return set()


def headers_of(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.token}"} if caller.token else {}


# What nobody would send

NOWHERE = (
    "..%2f..%2fetc%2fpasswd", "%2e%2e", "..%5c..%5cwin.ini", "%00", "1%00", "%2fetc%2fpasswd", "CON", "NUL.pdf", "%0a",
    "1%0a", "%e2%80%ae", "%ff", "%ed%a0%80", "-1", "1.0", "1e3", "0x1", "+1", "%20", "1;x=2", str(2**31), str(2**63),
    "9" * 4_000,
)  # fmt: skip


@pytest.fixture
def desk(provider: Provider) -> Desk:
    provider.people.school(SCHOOL)
    return desk_of(provider)


def test_OA_53_what_is_no_place_is_nowhere(provider: Provider, desk: Desk) -> None:
    """In every place of every address: nothing there is a path, no number is too large, and the answer is never a page."""
    number = provider.people.pupil("basic", school=SCHOOL).number
    right = {"int:school": str(SCHOOL), "int:number": str(number), "uuid:renewal": desk.propose([number])[9:]}
    addresses = [*astray(provider, right)]
    assert len(addresses) > 30 * len(NOWHERE)
    for method, address in addresses:
        answer = desk.caller.ask(method, address, json={} if method == "POST" else None)
        # An empty body may be what is said no to first.
        assert answer.status_code in ((400, 404) if method == "POST" else (404,)), (method, address[:90])
        assert answer.headers["Content-Type"] == "application/problem+json", (method, address[:90])
    # Python reads no longer numbers than 4,300 digits, and says so with an error.
    assert desk.caller.get(f"/api/schools/{'9' * 5_000}/pupils").status_code == 404


def astray(provider: Provider, right: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every address of a school with a wrong thing in one of its places, and right ones in the others."""
    for rule, method, _call in calls(provider.app):
        places = re.findall(r"<([^>]+)>", rule.rule) if rule.rule.startswith("/api/schools/") else ()
        for wrong in places:
            for nowhere in NOWHERE:
                chosen = {**dict.fromkeys(places, "-"), **right, wrong: nowhere}
                address = rule.rule
                for place in places:
                    address = address.replace(f"<{place}>", chosen[place])
                yield method, address


QUERIES = (
    "page=1&page=2", "page=0", "page=-1", "page=1.0", "page=%2b1", "page=%D9%A3", f"page={2**31}", f"page={2**63}",
    f"page={'9' * 5_000}", "page=", "page", "q=%00", "q[]=x", "%00=1", "sort=%00", "sort=family_name%20desc",
    "sort=(select%201)", "per_page=1000", f"q={'a' * 101}", "=", "school=3", "direction=ASC",
)  # fmt: skip


def test_OA_09_CV_30_a_question_that_is_not_described_is_refused(desk: Desk) -> None:
    for what in ("pupils", "log", "log.csv", "pupils.xlsx", "usernames", "cards.pdf"):
        for query in QUERIES:
            answer = desk.get(f"{what}?{query}")
            assert answer.status_code == 400, (what, query[:40], answer.text[:200])
    for odd in ("%ff", "%ed%a0%80", "%25_%5c'%22", "x%e2%80%ae"):
        answer = desk.get(f"pupils?q={odd}")
        assert (answer.status_code, answer.json()["total"]) == (200, 0), odd


BODIES = (
    b"", b"null", b"[]", b"1", b"{", b"{}}", b"\xff\xfe{", b'{"add":[1],"add":[2]}', b'{"add":[NaN]}', b'{"add":[1e400]}',
    b'{"add":[-1]}', b'{"add":[1.5]}', b'{"add":["1"]}', b'{"add":[true]}', b'{"add":{"0":1}}', b'{"add":[[1]]}',
    b'{"add":[%d]}' % 2**31, b'{"add":[%d]}' % 2**63, b'{"add":[' + b"9" * 5_000 + b"]}", b'{"ADD":[1]}', b'{"":1}',
    b'{"clear":1}', b'{"all_of":{"group":"\\ud800"}}', b'{"all_of":{"class":"\\u0000"}}', b'{"all_of":{"school":3}}',
    b'{"\\ud800":1}', b"[" * 50_000, b'{"add":[' + b"[" * 50_000, b'{"all_of":' * 900 + b"{}" + b"}" * 900,
    b'{"add":[' + b",".join([b"1"] * 5_001) + b"]}",
)  # fmt: skip
KINDS = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json, text/plain",
    "multipart/form-data",
    "",
)


def test_OA_55_OA_47_a_body_that_is_not_described_is_refused(provider: Provider, desk: Desk) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL, pupil_number=1)
    for body in BODIES:
        answer = send(desk, body)
        assert answer.status_code == 400, (body[:60], answer.text[:200])
        assert answer.json()["detail"].isprintable()
    for kind in KINDS:
        assert send(desk, b'{"add":[1]}', kind).status_code == 415, kind
    assert send(desk, b'{"add":[1]' + b" " * 1_000_000 + b"}").status_code == 413
    assert desk.get("pupils").json()["selected_total"] == 0
    assert send(desk, b'{"add":[%d]}' % pupil.number).json() == {"selected_total": 1}


def send(desk: Desk, body: bytes, kind: str = "application/json") -> requests.Response:
    return desk.caller.ask("POST", desk.at("selection"), data=body, headers={"Content-Type": kind})


HEADERS = ("Basic \xe9", "Basic", "Basic =", "Basic //8=", "Bearer \xe9", "Bearer", "\xff\xfe", "Digest \xe9")


def test_OA_11_no_header_is_a_fault_of_ours(provider: Provider) -> None:
    for header in HEADERS:
        for method, path in (("POST", "/api/faults"), ("GET", "/api/me"), ("GET", "/api/schools/2/pupils")):
            headers = {"Authorization": header.encode("latin-1")}
            answer = requests.request(method, provider.origin + path, headers=headers, timeout=10)
            assert answer.status_code == 401, (header, path)
