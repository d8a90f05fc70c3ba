"""The Schoolloket under attack, at every address that it has: whoever adds an address is in these tests."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
import requests
from cryptography.fernet import MultiFernet
from sqlalchemy import func, inspect, select

from idp.accounts.records import Account
from idp.schools.records import AppointedClass, Appointment, ExportTally, Operator, Renewal, SelectedPupil
from idp.web.logs import JsonLines as ProvidersLines
from portals.kit.logs import JsonLines
from tests.portals.desks import SIGNED, Desks, session_cookie, sign_in
from tests.portals.pressing import passwords, press
from tests.portals.school_desk import HOSTILE, SCHOOL
from tests.support.browser import Page, Visitor
from tests.support.people import Made

PDF = "application/pdf"
THEIRS, NOWHERE = 31245, 99999
NAME = f"School {HOSTILE[0]}"
PLACE = re.compile(r"<(?:[^:>]+:)?(\w+)>")


@dataclass
class Scene:
    """A beheerder at a school with hostile names, something of everything that has an address, and all that was asked."""

    desks: Desks
    visitor: Visitor
    els: Made
    pupil: Made
    proposed: str = ""
    saved: str = ""
    import_id: UUID = field(default_factory=uuid4)
    asked: list[requests.Response] = field(default_factory=list)

    @property
    def home(self) -> str:
        return self.desks.schoolloket.origin

    @property
    def token(self) -> str:
        return self.visitor.get(self.home + "/schools").form("/language").fields["csrf_token"]

    def rules(self, method: str) -> list[Any]:
        found = self.desks.schoolloket.app.url_map.iter_rules()
        return sorted((rule for rule in found if method in (rule.methods or ())), key=lambda rule: rule.rule)

    def address(self, rule: str, **instead: object) -> str:
        """The rule's address with something real in each of its places, or `instead`."""
        real = {
            "school": SCHOOL,
            "pupil": self.pupil.number,
            "renewal": self.saved if PLACE.search(rule.rpartition("/")[2]) else self.proposed,
            "kind": "cards.pdf",
            "form": "data.pdf",
            "client_id": "rekenrijk",
            "number": self.import_id,
            "name": "leerid.css",
        }
        return PLACE.sub(lambda place: str({**real, **instead}[place[1]]), rule)

    def addresses(self, method: str) -> list[str]:
        return [self.address(rule.rule) for rule in self.rules(method)]

    def post(self, path: str, data: Any, **headers: str) -> Page:
        return self.visitor.post(self.home + path, data, headers=headers)

    def state(self) -> tuple[Any, ...]:
        """What an attack would change."""
        with self.desks.provider.reading() as db:
            account = db.execute(
                select(*inspect(Account).columns).where(Account.id == self.pupil.account_id)
            ).one()
            moments = select(Renewal.id, Renewal.saved_from, Renewal.cancelled_at, Renewal.basic_secret)
            counted = [
                db.scalar(select(func.count()).select_from(each)) for each in (SelectedPupil, Appointment)
            ]
            return tuple(account), list(db.execute(moments.order_by(Renewal.id))), counted


@pytest.fixture
def scene(desks: Desks, visitor: Visitor) -> Scene:
    people = desks.provider.people
    people.school(SCHOOL, NAME)
    els = people.staff(school=SCHOOL, given_name=HOSTILE[1], family_name=HOSTILE[0])
    for given, family in zip(HOSTILE, reversed(HOSTILE), strict=True):
        pupil = people.pupil(
            "basic",
            school=SCHOOL,
            given_name=given,
            family_name=family,
            class_code=given,
            administrative_group=family,
        )
    people.pupil("advanced", school=SCHOOL, given_name=HOSTILE[0], email="an@example.be")
    people.enrolled_only(school=SCHOOL, given_name=HOSTILE[2])
    people.pupil("basic", school=THEIRS, pupil_number=4711)
    found = Scene(desks, visitor, els, pupil)
    visitor.http.hooks["response"].append(lambda answer, **_more: found.asked.append(answer))
    sign_in(visitor, els, desks.schoolloket.origin + "/login")
    found.saved = renew(found, pupil)
    press(visitor, "save-renewal")
    found.proposed = renew(found, pupil)
    found.asked.clear()
    return found


def renew(scene: Scene, *pupils: Made) -> str:
    """The id of a new renewal; the visitor looks at it."""
    data = [("csrf_token", scene.token), *(("pupil", str(each.number)) for each in pupils)]
    page = scene.post(f"/schools/{SCHOOL}/renewals", data)
    assert page.status == 200
    return page.url.rpartition("/")[2]


# Forms from elsewhere


ELSEWHERE: tuple[tuple[bool, dict[str, str]], ...] = (
    (False, {}),
    (True, {"Sec-Fetch-Site": "cross-site"}),
    (True, {"Sec-Fetch-Site": "same-site"}),
    (True, {"Origin": "https://evil.example"}),
    (True, {"Origin": "null"}),
)


def test_OA_33_no_form_from_elsewhere_changes_anything(scene: Scene) -> None:
    """At real places, in the browser of somebody who may; nor does asking for the page do what its form would."""
    before, token = scene.state(), scene.token
    fields = {"do": "save", "username": "ge.kaapt", "pupil": str(scene.pupil.number), "handed_out": "yes"}
    for path in scene.addresses("POST"):
        for with_token, headers in ELSEWHERE:
            data = {**fields, **({"csrf_token": token} if with_token else {})}
            refused = 400 if path == SIGNED else 403
            assert scene.post(path, data, **headers).status == refused, (path, headers)
        if path != "/logout":
            scene.visitor.get(scene.home + path, params={**fields, "csrf_token": token})
    assert scene.state() == before


def test_OA_33_a_link_elsewhere_uses_up_no_download(scene: Scene) -> None:
    """Each file counts, for the renewal or for the hour. Whoever is led to one comes to the page that it hangs on."""
    files = [path for path in scene.addresses("GET") if path.endswith((".pdf", ".xlsx", ".csv"))]
    assert len(files) >= 5
    for path in files:
        for site in ("cross-site", "same-site"):
            headers = {"Sec-Fetch-Site": site}
            answer = scene.visitor.http.get(scene.home + path, headers=headers, allow_redirects=False)
            assert answer.status_code == 303, path
            assert path.startswith(answer.headers["Location"]), path
    with scene.desks.provider.reading() as db:
        assert db.scalar(select(func.sum(Renewal.card_downloads))) == 0
        assert db.scalar(select(func.sum(ExportTally.pupils))) == 1  # what was saved
    card = f"{scene.home}/schools/{SCHOOL}/pupils/{scene.pupil.number}/card.pdf"
    for site in ("same-origin", "none"):
        answer = scene.visitor.http.get(card, headers={"Sec-Fetch-Site": site})
        assert answer.headers["Content-Type"] == PDF


# Another school


def test_OA_54_at_every_address_another_school_is_as_much_there_as_one_that_never_was(scene: Scene) -> None:
    token = scene.token
    tried = 0
    for method in ("GET", "POST"):
        for rule in scene.rules(method):
            if "<int:school>" not in rule.rule:
                continue
            tried += 1
            for pupil in (4711, scene.pupil.number):
                theirs, nobodys = (
                    answer_at(scene, method, scene.address(rule.rule, school=school, pupil=pupil), token)
                    for school in (THEIRS, NOWHERE)
                )
                assert theirs == nobodys, rule.rule
                assert theirs[0] == 404, rule.rule
    assert tried >= 20


def test_OA_54_at_ones_own_school_anothers_pupil_or_renewal_is_not_there(scene: Scene) -> None:
    token, colleague = scene.token, scene.desks.visitor()
    sign_in(colleague, scene.desks.provider.people.staff(school=SCHOOL), scene.home + "/login")
    before = scene.state()
    other = Scene(scene.desks, colleague, scene.els, scene.pupil, scene.proposed, scene.saved)
    for method in ("GET", "POST"):
        for rule in scene.rules(method):
            if "<int:pupil>" in rule.rule and not rule.rule.endswith("/username"):
                theirs, nobodys = (
                    answer_at(scene, method, scene.address(rule.rule, pupil=pupil), token)
                    for pupil in (4711, 4712)
                )
                assert theirs == nobodys, rule.rule
                assert theirs[0] == 404, rule.rule
            if "<uuid:renewal>" in rule.rule:
                theirs, nobodys = (
                    answer_at(other, method, scene.address(rule.rule, **instead), other.token)
                    for instead in ({}, {"renewal": uuid4()})
                )
                assert theirs == nobodys, rule.rule
    colleague.close()
    assert scene.state() == before


def answer_at(scene: Scene, method: str, path: str, token: str) -> tuple[int, str]:
    """What somebody sees there, without the number and the address that are of this request."""
    data = {"csrf_token": token, "do": "save", "handed_out": "yes", "pupil": "1", "shown": "1"}
    page = scene.visitor.get(scene.home + path) if method == "GET" else scene.post(path, data)
    text = re.sub(r"[2-9A-Z]{5}-[2-9A-Z]{5}", "", page.text)
    return page.status, text


# Odd addresses and odd fields

ODD = (
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "..%5cwin.ini",
    "%00",
    "1%00",
    "CON",
    "NUL.pdf",
    "%0a",
    "-1",
    "1.5",
    "%ff",
    "2;x=1",
)


def test_OA_53_what_is_no_place_is_nowhere(scene: Scene) -> None:
    for rule in scene.rules("GET"):
        for place in PLACE.findall(rule.rule):
            for odd in ODD:
                path = scene.address(rule.rule, **{place: odd})
                answer = scene.visitor.http.get(scene.home + path, allow_redirects=False)
                assert answer.status_code == 404, path
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "Traceback" not in answer.text


def test_OA_53_no_field_of_an_address_breaks_a_page(scene: Scene) -> None:
    """What can't be is as if it weren't there, or is said no to; never a fault."""
    odd = (
        "%00",
        "%ff",
        "%ed%a0%80",
        "9" * 30,
        "-1",
        "%0d%0aSet-Cookie:x=1",
        "'%22%3E%3Cscript%3E",
        "%F0%9F%98%80" * 60,
    )
    names = (
        "q",
        "page",
        "per_page",
        "sort",
        "list",
        "said",
        "renewal",
        "without",
        "from",
        "pupil",
        "actor",
        "fault",
        "by_class",
    )
    for path in scene.addresses("GET"):
        if path in ("/login", "/callback", "/logged-out"):
            continue
        for value in odd:
            query = "&".join(f"{name}={value}" for name in names)
            answer = scene.visitor.http.get(f"{scene.home}{path}?{query}", allow_redirects=False)
            assert answer.status_code in (200, 303, 400, 404), (path, value, answer.status_code)
            assert "<script>" not in answer.text or "text/html" not in answer.headers["Content-Type"]
            assert "x=1" not in answer.headers.get("Set-Cookie", "")


MORE = {
    "school": THEIRS, "school_id": THEIRS, "role": "beheerder", "password": "Kaap123!", "new_password": "x", "sub": "x",
    "kind": "advanced", "is_admin": "1", "email": "x@y.be", "email_verified": "1", "created_on": "2001-01-01",
    "session_digest": "", "blocked_at": "", "actor": "x", "purpose": "x",
}  # fmt: skip
# These do what they are for, whatever is sent along.
DOING = ("/logout", "/unlock", "/handed-out", "/cancel", "/save")


def test_OA_55_CV_45_what_no_form_of_ours_has_changes_nothing(scene: Scene) -> None:
    before, token = scene.state(), scene.token
    for path in scene.addresses("POST"):
        if not path.endswith(DOING):
            page = scene.post(path, {**MORE, "csrf_token": token, "account_id": str(scene.els.account_id)})
            assert page.status in (200, 400, 404, 422), path
    assert scene.state() == before
    with scene.desks.provider.reading() as db:
        assert [db.scalar(select(func.count()).select_from(each)) for each in (Operator, AppointedClass)] == [
            0,
            0,
        ]


# Headers


def test_OA_34_OA_49_CV_22_every_page_and_every_file_is_for_one_person_and_in_no_frame(scene: Scene) -> None:
    files = {
        f"/schools/{SCHOOL}/renewals/{scene.saved}/{kind}"
        for kind in ("cards.pdf", "accounts.xlsx", "accounts.csv")
    }
    kinds = set()
    for path in sorted({*scene.addresses("GET"), *files, "/nergens"}):
        if path.startswith(("/static/", "/healthz")):
            continue
        answer = scene.visitor.http.get(scene.home + path, allow_redirects=False)
        assert answer.status_code in (200, 303, 400, 404), path
        headers, kind = answer.headers, answer.headers["Content-Type"].partition(";")[0]
        kinds.add(kind)
        assert headers["Cache-Control"] == "no-store", path
        assert "Cookie" in headers["Vary"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
        if kind == "text/html":
            policy = headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy, path
            assert "unsafe" not in policy, path
            assert headers["X-Frame-Options"] == "DENY", path
        elif kind != "application/json":
            assert headers["Content-Disposition"].startswith('attachment; filename="'), path
    assert kinds >= {"text/html", "application/pdf", "text/csv"}
    assert any("spreadsheet" in kind for kind in kinds)


# Hostile names


class Elements(HTMLParser):
    """Whatever in a page acts, with what it acts on."""

    def __init__(self) -> None:
        super().__init__()
        self.acting: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            leads = (value or "").strip().casefold()
            if name.startswith("on") or (
                name in ("href", "src", "action", "formaction") and ":" in leads.split("/")[0]
            ):
                self.acting.append(f"{tag} {name}={leads}")
        if tag in ("script", "img", "svg", "iframe", "object", "embed", "base", "meta"):
            self.acting.append(f"{tag} {dict(attrs).get('src', '')}")


def test_OA_58_CV_35_whatever_a_name_holds_is_shown_and_never_done(scene: Scene) -> None:
    """On every page that there is: a harmless school has the same elements that act."""
    seen = ""
    for path in pages(scene):
        page = scene.visitor.get(scene.home + path)
        if "text/html" not in page.headers["Content-Type"]:
            continue
        elements = Elements()
        elements.feed(page.html)
        for each in elements.acting:
            assert "alert" not in each, (path, each)
            assert "javascript" not in each, (path, each)
            assert each != "img x", (path, each)
            assert not each.split(" ")[1].startswith("on"), (path, each)
            assert each != "script ", (path, "a script without a file")
        seen += page.text
    for hostile in HOSTILE:
        assert " ".join(hostile.split()) in seen


def pages(scene: Scene) -> list[str]:
    place = f"/schools/{SCHOOL}"
    query = "&".join(
        f"{name}={quote(value)}"
        for name, value in zip(("q", "group", "class", "actor", "fault"), HOSTILE, strict=True)
    )
    return [
        *scene.addresses("GET"),
        f"{place}/renewals/{scene.saved}",
        f"{place}?{query}",
        f"{place}/log?{query}",
        f"{place}/pupils/{scene.pupil.number}/edit?renewal={scene.proposed}&{query}",
        f"{place}/pupils/{scene.pupil.number}?said={quote(HOSTILE[1])}",
    ]


# Passwords


def test_OA_44_no_password_is_in_an_address_a_cookie_or_a_log_line(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    visitor, place = scene.visitor, f"/schools/{SCHOOL}/renewals"
    renewal = renew(scene, scene.pupil)
    page = visitor.page
    assert page is not None
    shown = list(passwords(page).values())
    assert len(shown) == 1
    page = press(visitor, "save-renewal")
    assert shown[0] in page.text
    for kind in ("cards.pdf", "accounts.xlsx", "accounts.csv"):
        assert visitor.http.get(f"{scene.home}{place}/{renewal}/{kind}").status_code == 200
    edit = f"/schools/{SCHOOL}/pupils/{scene.pupil.number}/edit"
    visitor.get(scene.home + edit)
    dialog = press(visitor, "generate")
    new = re.search(r'new-password"[^>]*>\s*([^<\s]+)', dialog.html)
    assert new is not None
    press(visitor, "save")
    said = [line for answer in scene.asked for line in told_outside_the_page(answer)]
    said += [
        format_record(record)
        for record in caplog.records
        for format_record in (JsonLines().format, ProvidersLines().format)
    ]
    said.append(opened_cookie(scene))
    assert len(said) > 100
    for password in (*shown, new[1], scene.els.password):
        assert not [line for line in said if password in line], password


def opened_cookie(scene: Scene) -> str:
    sessions: Any = scene.desks.schoolloket.app.session_interface
    seal: MultiFernet = sessions.seal
    return seal.decrypt(session_cookie(scene.visitor, "schoolloket")).decode()


def told_outside_the_page(answer: requests.Response) -> Iterator[str]:
    """What stays in a history, a proxy's log or a browser's store."""
    yield answer.request.url or ""
    yield from (f"{name}: {value}" for name, value in answer.headers.items())
    yield answer.request.headers.get("Referer", "")
