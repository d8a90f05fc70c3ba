"""The operators' pages: a feed is sent, looked at and applied, without script as well (R89, FT-24)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import func, select

from idp.schools.imports import changing
from idp.schools.records import Enrolment
from tests.api.test_imports import an_operator
from tests.portals.desks import Desks, sign_in
from tests.portals.pressing import press
from tests.portals.school_desk import HOSTILE
from tests.portals.test_wcag import LOOKS, assert_accessible, come_in
from tests.schools.imports.feeds import pupil, school_of, text_of
from tests.support.browser import Page, Visitor, browser_headers

Line = dict[str, object]
FOR_EVER = {"begin": "2020-09-01", "einde": "2150-08-31"}


def text(lines: Iterable[Line]) -> bytes:
    return text_of({**line, **FOR_EVER} for line in lines).encode()


@pytest.fixture
def operator(desks: Desks, visitor: Visitor) -> Visitor:
    """Signed in, at no school in particular."""
    sign_in(visitor, an_operator(desks.provider, given_name="Noor"), desks.schoolloket.origin + "/login")
    return visitor


def home(desks: Desks) -> str:
    return desks.schoolloket.origin + "/operators"


def send(desks: Desks, visitor: Visitor, content: bytes, name: str = "feed.csv") -> Page:
    page = visitor.get(home(desks))
    form = page.form("send-feed")
    target = desks.schoolloket.origin + form.action
    return visitor.post(
        target,
        {"csrf_token": form.fields["csrf_token"]},
        files={"feed": (name, content)},
        headers=browser_headers(page, target),
    )


def enrolled(desks: Desks) -> int:
    with desks.provider.reading() as db:
        return db.scalar(select(func.count()).select_from(Enrolment)) or 0


def test_R89_a_feed_is_sent_looked_at_and_applied(desks: Desks, operator: Visitor) -> None:
    assert operator.get(desks.schoolloket.origin + "/schools").links["Invoer"] == home(desks)
    assert "Er is nog geen bestand gestuurd." in operator.get(home(desks)).text
    page = send(desks, operator, text([pupil(1), pupil(2), pupil("?"), pupil(1)]))
    assert "Er is nog niets veranderd." in page.text
    for words in ("Nieuwe leerlingen 2", "Leerlingen in het bestand 3", "Regels die niet gebruikt worden 2"):
        assert words in page.text
    assert "School 2 (2) nieuw" in page.text
    assert "Dit is geen getal dat kan." in page.text
    assert "Deze leerling staat al op een regel hierboven." in page.text
    assert "Hier wordt niemand uitgeschreven: 2" in page.text
    assert "Abdulghani" not in page.html
    assert enrolled(desks) == 0
    done = press(operator, "apply-import")
    assert "Toegepast" in done.text
    assert enrolled(desks) == 2
    listed = operator.get(home(desks))
    assert "feed.csv" in listed.text
    assert "noor." in listed.text
    again = send(desks, operator, text([pupil(1), pupil(2)]))
    assert "er verandert niets aan de inschrijvingen" in again.text


def test_FT_24_too_much_at_once_is_a_question(desks: Desks, operator: Visitor) -> None:
    send(desks, operator, text(school_of(20)))
    press(operator, "apply-import")
    page = send(desks, operator, text(school_of(12)))
    assert "Klopt het dat zo veel leerlingen stoppen?" in page.text
    assert "8 van de 20 inschrijvingen (40,0 %)" in page.text
    assert "8 van 20" in page.text
    assert "Toch toepassen" in page.text
    done = press(operator, "apply-import")
    assert "Klaar op" in done.text
    assert "Niet meer in het bestand 8" in done.text


def test_an_import_is_removed(desks: Desks, operator: Visitor) -> None:
    page = send(desks, operator, text([pupil()]))
    assert "Er is nog geen bestand gestuurd." in press(operator, "remove-import").text
    assert operator.get(page.url).status == 404


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04", "Dit zip-bestand kunnen we niet lezen."),
        (b"naam;klas\n", "Regel 1, instellingsnummer: Deze kolom ontbreekt."),
        (text([pupil()]) + b'2;"x\n', "Regel 3: De aanhalingstekens kloppen niet."),
    ],
)
def test_OA_52_a_refused_file_says_why(desks: Desks, operator: Visitor, content: bytes, says: str) -> None:
    page = send(desks, operator, content)
    assert "Er is niets ingelezen" in page.text
    assert says in page.text
    assert "apply-import" not in page.ids


def test_a_file_that_can_not_be_sent_says_so_beside_the_field(desks: Desks, operator: Visitor) -> None:
    nothing = send(desks, operator, b"")
    assert (nothing.status, "Kies een bestand waar iets in staat." in nothing.text) == (422, True)
    large = send(desks, operator, b"x" * 20_000_001)
    assert (large.status, "Dit bestand is te groot." in large.text) == (422, True)


def test_OA_58_what_a_feed_holds_is_text(desks: Desks, operator: Visitor) -> None:
    lines = [
        pupil(n, school=n, instelling=f'"{name.replace(chr(34), chr(34) * 2)}"')
        for n, name in enumerate(HOSTILE, 1)
    ]
    page = send(desks, operator, text(lines), name="<script>alert(1)</script>.csv")
    for name in HOSTILE:
        assert name not in page.html or "<" not in name
        assert name in page.text
    assert "49" not in page.text


def test_FT_11_without_script_a_button_goes_on_and_with_it_the_page_does(
    desks: Desks, operator: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "STEP", {"sqlite": 10, "postgresql": 10})
    monkeypatch.setattr("idp.api.imports.STEP_SECONDS", 0.0)
    monkeypatch.setattr("portals.schoolloket.operators.SECONDS_A_PRESS", 0.0)
    send(desks, operator, text(school_of(30)))
    page = press(operator, "apply-import")
    assert "10 van 30" in page.text
    form = page.form("go-on")
    target = desks.schoolloket.origin + form.action
    told = operator.http.post(
        target,
        data=form.fields,
        headers={**browser_headers(page, target), "Accept": "application/json"},
        timeout=10,
    ).json()
    assert told == {"done": 20, "total": 30, "saved": False}
    while "go-on" in page.ids:
        page = press(operator, "go-on")
    assert "Toegepast" in page.text


def test_OA_54_only_operators_find_these_pages(desks: Desks, visitor: Visitor) -> None:
    staff = desks.provider.people.staff(school=2)
    page = sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    assert "Invoer" not in page.links
    assert visitor.get(home(desks)).status == 404
    target = home(desks) + "/imports"
    token = page.form("/language").fields["csrf_token"]
    refused = visitor.post(
        target, {"csrf_token": token}, files={"feed": ("x", b"x")}, headers=browser_headers(page, target)
    )
    assert refused.status == 404


def test_OA_47_nobody_from_outside_sends_a_large_file(desks: Desks) -> None:
    stranger = desks.visitor()
    page = stranger.post(home(desks) + "/imports", {"csrf_token": "x"}, files={"feed": ("x", b"x" * 300_000)})
    assert page.status == 413
    stranger.close()


def test_wcag_the_operators_pages(desks: Desks, chromium: Browser, tmp_path: Path) -> None:
    who = an_operator(desks.provider)
    feed, fewer = tmp_path / "feed.csv", tmp_path / "fewer.csv"
    feed.write_bytes(text([*school_of(20), *school_of(5, school=3), pupil("?", school=3)]))
    fewer.write_bytes(text([*school_of(12, klas="7A"), pupil("?", school=3)]))
    wrong: list[str] = []
    for width, scheme in LOOKS:
        context = chromium.new_context(
            viewport={"width": width, "height": 640}, color_scheme=scheme, locale="nl-BE"
        )
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        come_in(page, who, desks.schoolloket.origin + "/login")
        page.wait_for_url("**/operators")
        for path, yes in ((feed, False), (fewer, True)):
            page.goto(home(desks))
            assert_accessible(page)
            page.locator("#feed").set_input_files(path)
            page.locator("#send-feed").click()
            page.wait_for_url("**/imports/*")
            page.locator("summary", has_text="Voorbeelden").click()
            assert_accessible(page)
            assert page.locator("#stopped").count() == yes
            page.locator("#apply-import").click()
            page.get_by_text("Klaar op").wait_for()
            assert_accessible(page)
        context.close()
    assert wrong == []
