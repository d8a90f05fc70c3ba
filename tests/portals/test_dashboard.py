"""The dashboard: tiles that open in one click, favourites, a search, what each gets, and a provider that is slow or down."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Response
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as ChromiumPage

from idp.schools.records import SchoolApplication
from portals.leerlingloket.dashboard import MANY
from tests.portals.desks import Desks, sign_in
from tests.support.browser import Page, Visitor
from tests.support.people import Made

SCHOOL = 2


def tile(desks: Desks, client_id: str, name: str, **registration: Any) -> None:
    start = {"initiate_login_uri": f"https://{client_id}.example/start", "dashboard": True}
    desks.provider.relying_party(client_id, name=name, **{**start, **registration})


def many_tiles(desks: Desks) -> list[str]:
    names = [f"Oefenapp {letter}" for letter in "ABCDEFGHIJKL"] + ["Frans met Félix"]
    for number, name in enumerate(names):
        tile(desks, f"app{number}", name)
    return sorted([*names, "Rekenrijk"])


def come_in(desks: Desks, visitor: Visitor, kind: str = "basic") -> Page:
    desks.provider.people.school(SCHOOL)
    pupil = desks.provider.people.pupil(kind, school=SCHOOL, given_name="Ardalan", family_name="Bhatti")
    return sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")


def names(page: Page) -> list[str]:
    """The tiles that are shown, in their order."""
    tiles = page.html.split('<li class="tile"')[1:]
    return [
        each.partition('class="tile-name"')[2].partition(">")[2].partition("<")[0]
        for each in tiles
        if " hidden" not in each.partition(">")[0]
    ]


def star(visitor: Visitor, client_id: str, favourite: str) -> Page:
    assert visitor.page is not None
    form = visitor.page.form(f"/applications/{client_id}/favourite")
    return visitor.post(form.action, {**form.fields, "favourite": favourite})


# Tiles


def test_R49_R50_a_tile_opens_its_application_in_one_click(desks: Desks, visitor: Visitor) -> None:
    page = come_in(desks, visitor)
    assert "Jouw applicaties met LeerID" in page.text
    address = next(link for text, link in page.links.items() if text.startswith("Rekenrijk"))
    assert address.startswith(desks.rekenrijk.origin + "/login?iss="), "no page in between"
    assert visitor.get(address).url == desks.rekenrijk.origin + "/"


def test_R50_a_star_puts_an_application_first_and_takes_it_back(desks: Desks, visitor: Visitor) -> None:
    tile(desks, "aap", "Aap")
    tile(desks, "zon", "Zon")
    page = come_in(desks, visitor)
    assert names(page) == ["Aap", "Rekenrijk", "Zon"]
    assert page.html.count('aria-pressed="false"') == 3
    page = star(visitor, "zon", "yes")
    assert page.url.partition("#")[0] == desks.leerlingloket.origin + "/"
    assert names(page) == ["Zon", "Aap", "Rekenrijk"]
    assert page.html.count('aria-pressed="true"') == 1
    assert names(star(visitor, "zon", "no")) == ["Aap", "Rekenrijk", "Zon"]


def test_OA_32_a_star_without_the_forms_token_is_refused(desks: Desks, visitor: Visitor) -> None:
    come_in(desks, visitor)
    page = visitor.post(
        desks.leerlingloket.origin + "/applications/rekenrijk/favourite", {"favourite": "yes"}
    )
    assert page.status == 403


def test_a_star_for_what_is_not_there_says_so(desks: Desks, visitor: Visitor) -> None:
    page = come_in(desks, visitor)
    token = page.form("/logout").fields["csrf_token"]
    page = visitor.post(
        desks.leerlingloket.origin + "/applications/nergens/favourite",
        {"favourite": "yes", "csrf_token": token},
    )
    assert page.status == 404


def test_the_schools_order_and_what_it_switched_off(desks: Desks, visitor: Visitor) -> None:
    for client_id in ("aap", "zon", "uit"):
        tile(desks, client_id, client_id.title())
    desks.provider.people.school(SCHOOL)
    with desks.provider.db() as db:
        db.add(SchoolApplication(school_number=SCHOOL, client_id="zon", position=1))
        db.add(SchoolApplication(school_number=SCHOOL, client_id="uit", off_at=desks.provider.clock()))
    assert names(come_in(desks, visitor)) == ["Zon", "Aap", "Rekenrijk"]


# A search, when there are many


def test_with_few_tiles_there_is_nothing_to_search(desks: Desks, visitor: Visitor) -> None:
    assert "Zoek een toepassing" not in come_in(desks, visitor).text


def test_R50_with_many_tiles_one_is_found_by_a_piece_of_its_name(desks: Desks, visitor: Visitor) -> None:
    all_of_them = many_tiles(desks)
    assert len(all_of_them) > MANY
    page = come_in(desks, visitor)
    assert names(page) == all_of_them
    for typed, found in (
        ("felix", ["Frans met Félix"]),
        ("APP C", ["Oefenapp C"]),
        ("  rekenr ", ["Rekenrijk"]),
    ):
        page = visitor.submit(button="search-tiles", q=typed)
        assert names(page) == found, typed
    page = star(visitor, "rekenrijk", "yes")
    assert names(page) == ["Rekenrijk"], "a star leaves the search as it is"
    page = visitor.submit(button="search-tiles", q="<b>xyz")
    assert names(page) == []
    assert "Niets gevonden" in page.text
    assert "<b>xyz" not in page.html
    page = visitor.get(desks.leerlingloket.origin + "/?q=")
    assert names(page)[0] == "Rekenrijk", "the favourite"


def test_R50_the_search_is_live_in_a_browser(desks: Desks, chromium: Browser) -> None:
    many_tiles(desks)
    with chromium_at(desks, chromium) as page:
        page.locator("#q").press_sequentially("fel")
        expect(page.locator(".tile:visible")).to_have_count(1)
        expect(page.locator("[data-tile-count]")).to_have_text("1 gevonden")
        page.locator("#q").fill("niets hiervan")
        expect(page.locator("[data-tile-none]")).to_be_visible()
        page.locator("#q").fill("")
        expect(page.locator(".tile:visible")).to_have_count(14)
        page.goto(desks.leerlingloket.origin + "/?q=felix")
        expect(page.locator(".tile:visible")).to_have_count(1)
        page.locator("#q").fill("oefen")
        expect(page.locator(".tile:visible")).to_have_count(12)


# What does it get of me?


def test_PR_12_what_an_application_gets_is_told_in_a_childs_words(desks: Desks, visitor: Visitor) -> None:
    page = come_in(desks, visitor)
    link = next(each for text, each in page.links.items() if "Wat krijgt deze toepassing van mij?" in text)
    page = visitor.get(link)
    for words in ("Wat krijgt Rekenrijk van mij?", "Je voornaam", "Om je te begroeten", "Je klas"):
        assert words in page.text
    assert "given_name" not in page.html


def test_PR_12_one_that_gets_nothing_says_that(desks: Desks, visitor: Visitor) -> None:
    tile(desks, "stil", "Stil")
    come_in(desks, visitor)
    page = visitor.get("/applications/stil")
    assert "Niets over jou" in page.text


def test_what_is_not_on_the_dashboard_is_not_told_about(desks: Desks, visitor: Visitor) -> None:
    come_in(desks, visitor)
    for client_id in ("nergens", "schoolloket", "%2e%2e"):
        assert visitor.get(f"/applications/{client_id}").status == 404


# A provider that is slow or down


def put_in_place(desks: Desks, endpoint: str, view: Callable[..., Any]) -> None:
    """What the provider answers at one of its addresses from now on."""
    desks.provider.app.view_functions[endpoint] = view


TROUBLES: dict[str, Callable[[], Any]] = {
    "500": lambda: Response("boem", 500),
    "garbage": lambda: Response("<html>{not json", mimetype="application/json"),
    "another shape": lambda: {"applications": [{"naam": 3}], "me": None},
    "a list": lambda: Response("[]", mimetype="application/json"),
    "a redirect": lambda: Response("", 302, {"Location": "https://evil.example/"}),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_FT_18_without_an_answer_there_is_a_friendly_page(
    desks: Desks, visitor: Visitor, trouble: str
) -> None:
    come_in(desks, visitor)
    put_in_place(desks, "api.me", open_to_all(TROUBLES[trouble]))
    page = visitor.get(desks.leerlingloket.origin + "/")
    assert page.status == 503
    assert "LeerID is even niet bereikbaar" in page.text
    assert page.links["Probeer opnieuw"] == desks.leerlingloket.origin + "/"
    assert page.headers["X-Request-Id"] in page.text, "the foutnummer"
    assert page.headers["Retry-After"]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_FT_18_without_tiles_the_header_and_the_menu_are_there(
    desks: Desks, visitor: Visitor, trouble: str
) -> None:
    come_in(desks, visitor)
    put_in_place(desks, "api.applications", open_to_all(TROUBLES[trouble]))
    page = visitor.get(desks.leerlingloket.origin + "/")
    assert page.status == 503
    assert "Bhatti Ardalan" in page.text
    assert "We vinden je applicaties nu niet" in page.text
    assert page.headers["X-Request-Id"] in page.text
    assert page.links["Probeer opnieuw"] == desks.leerlingloket.origin + "/"
    assert page.links["Mijn LeerID Profiel"]
    assert "Je bent afgemeld" in visitor.submit("/logout").text


def test_FT_18_a_provider_that_hangs_keeps_nobody_longer_than_the_desks_patience(
    desks: Desks, visitor: Visitor
) -> None:
    come_in(desks, visitor)
    done = threading.Event()
    put_in_place(desks, "api.applications", open_to_all(lambda: {"late": done.wait(20)}))
    began = time.monotonic()
    page = visitor.get(desks.leerlingloket.origin + "/")
    waited = time.monotonic() - began
    done.set()
    assert "We vinden je applicaties nu niet" in page.text
    assert waited < 7


def test_FT_18_a_provider_that_refuses_the_connection_or_never_answers(
    desks: Desks, visitor: Visitor
) -> None:
    come_in(desks, visitor)
    api = desks.leerlingloket.app.extensions["desk"].api
    with silent_server() as address:
        for issuer in (address, "http://127.0.0.1:9"):
            api.issuer = issuer
            began = time.monotonic()
            page = visitor.get(desks.leerlingloket.origin + "/")
            assert time.monotonic() - began < 7
            assert (page.status, "Probeer opnieuw" in page.links) == (503, True)


def open_to_all(answer: Callable[[], Any]) -> Callable[..., Any]:
    return lambda **_places: answer()


@contextmanager
def silent_server() -> Iterator[str]:
    """It takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


# On a home screen, on paper, large


def test_it_can_be_put_on_a_home_screen(desks: Desks, visitor: Visitor) -> None:
    page = visitor.get(desks.leerlingloket.origin + "/")
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page.html
    assert "manifest-src 'self'" in page.headers["Content-Security-Policy"]
    answer = visitor.http.get(desks.leerlingloket.origin + "/manifest.webmanifest")
    assert answer.headers["Content-Type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    assert manifest["lang"] == "nl-BE"
    icons = {(each["sizes"], each["purpose"]): each["src"] for each in manifest["icons"]}
    assert set(icons) == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for (size, _purpose), source in icons.items():
        png = visitor.http.get(desks.leerlingloket.origin + source)
        assert png.headers["Content-Type"] == "image/png"
        assert int.from_bytes(png.content[16:20]) == int(size.split("x")[0])
    touch = page.html.partition('rel="apple-touch-icon" href="')[2].partition('"')[0]
    assert visitor.http.get(desks.leerlingloket.origin + touch).content.startswith(b"\x89PNG")


def test_only_the_pupils_desk_is_for_a_home_screen_and_nothing_of_it_is_kept(
    desks: Desks, visitor: Visitor
) -> None:
    assert "manifest" not in visitor.get(desks.schoolloket.origin + "/").html
    page = come_in(desks, visitor)
    assert page.headers["Cache-Control"] == "no-store"
    assert "serviceWorker" not in page.html


def test_PR_15_large_text_paper_and_the_dark_break_nothing(desks: Desks, chromium: Browser) -> None:
    many_tiles(desks)
    with chromium_at(desks, chromium, color_scheme="dark") as page:
        page.set_viewport_size({"width": 640, "height": 720})
        page.evaluate("document.documentElement.style.fontSize = '225%'")  # twice the desk's own size
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) <= 0
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.emulate_media(media="print")
        paper = page.locator(".tile").first.evaluate("tile => getComputedStyle(tile).backgroundColor")
        assert paper == "rgb(255, 255, 255)"
        for left_out in (".band", ".footer", ".star", ".tile-more", ".tile-search", "#idle"):
            expect(page.locator(left_out).first).to_be_hidden()
        expect(page.locator(".tile-name").first).to_be_visible()


def test_reduced_motion_is_respected(desks: Desks, chromium: Browser) -> None:
    with chromium_at(desks, chromium, reduced_motion="reduce") as page:
        moving = "tile => getComputedStyle(tile).transitionDuration.split(', ').every(time => time === '0s')"
        assert page.locator(".tile").first.evaluate(moving)


@contextmanager
def chromium_at(desks: Desks, chromium: Browser, **wishes: Any) -> Iterator[ChromiumPage]:
    """A pupil at the dashboard, in a real browser."""
    desks.provider.people.school(SCHOOL)
    pupil = desks.provider.people.pupil("basic", school=SCHOOL)
    context = chromium.new_context(locale="nl-BE", **wishes)
    context.set_default_timeout(10_000)
    page = context.new_page()
    come_in_by_browser(page, pupil, desks.leerlingloket.origin)
    yield page
    context.close()


def come_in_by_browser(page: ChromiumPage, pupil: Made, home: str) -> None:
    page.goto(home + "/login")
    page.locator("#username").fill(pupil.username)
    page.locator("#login-next").click()
    page.locator("#password").fill(pupil.password)
    page.locator("#login-submit").click()
    page.wait_for_url(home + "/")
