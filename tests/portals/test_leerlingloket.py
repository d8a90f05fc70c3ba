"""The pupil's desk: landing page, dashboard, menu, signing out."""

from __future__ import annotations

from datetime import date

import pytest

from tests.portals.desks import Desks, session_cookie, sign_in
from tests.support.browser import Visitor
from tests.support.people import Made


def pupil_of_the_manual(desks: Desks, kind: str = "basic") -> Made:
    people = desks.provider.people
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    return people.pupil(
        kind, given_name="Ardalan", family_name="Bhatti", school=2, active_until=date(2035, 8, 31)
    )


def test_R43_the_landing_page_says_how_to_sign_in(desks: Desks, visitor: Visitor) -> None:
    page = visitor.get(desks.leerlingloket.origin + "/")
    for words in (
        "Aanmelden",
        "Klik hier om je aan te melden op LeerID Leerlingloket.",
        "Je kan aanmelden via:",
        "Je LeerID-account: gebruikersnaam en wachtwoord",
    ):
        assert words in page.text
    assert page.links["hier"] == page.links["Aanmelden"] == desks.leerlingloket.origin + "/login"


@pytest.mark.parametrize("kind", ["basic", "pictures", "advanced"])
def test_R37_R49_every_kind_of_pupil_signs_in_and_sees_the_applications(
    desks: Desks, visitor: Visitor, kind: str
) -> None:
    page = sign_in(visitor, pupil_of_the_manual(desks, kind), desks.leerlingloket.origin + "/login")
    assert page.url == desks.leerlingloket.origin + "/"
    assert page.title.startswith("Jouw applicaties met LeerID")
    assert "Dag Ardalan!" in page.text


def test_R35_R36_a_card_leads_to_the_own_desk_after_the_password_only(desks: Desks, visitor: Visitor) -> None:
    pupil = pupil_of_the_manual(desks)
    visitor.get(desks.provider.issuer + pupil.card_path)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.url == desks.leerlingloket.origin + "/"
    assert "Bhatti Ardalan" in page.text


def test_R50_R53_name_initials_and_menu(desks: Desks, visitor: Visitor) -> None:
    page = sign_in(visitor, pupil_of_the_manual(desks), desks.leerlingloket.origin + "/login")
    assert "BABhatti Ardalan" in page.text.replace("BA ", "BA")
    assert page.links["Mijn Dashboard"] == desks.leerlingloket.origin + "/"
    assert page.links["Mijn LeerID Profiel"] == desks.leerlingloket.origin + "/profile"
    assert page.form("/logout").method == "POST"
    assert "Afmelden" in page.text


def test_R50_a_tile_opens_its_application_with_one_click(desks: Desks, visitor: Visitor) -> None:
    page = sign_in(visitor, pupil_of_the_manual(desks), desks.leerlingloket.origin + "/login")
    tile = next(address for text, address in page.links.items() if "Rekenrijk" in text)
    assert "Oefen rekenen op jouw tempo." in page.text
    opened = visitor.get(tile)
    assert opened.url == desks.rekenrijk.origin + "/", "a pupil signs in once"
    assert "Dag Ardalan!" in opened.text


def test_a_logo_comes_from_the_provider_and_the_page_may_show_it(desks: Desks, visitor: Visitor) -> None:
    page = sign_in(visitor, pupil_of_the_manual(desks), desks.leerlingloket.origin + "/login")
    logo = desks.provider.issuer + "/applications/rekenrijk/logo"
    assert f'src="{logo}"' in page.html
    assert f"img-src 'self' {desks.provider.issuer};" in page.headers["Content-Security-Policy"]
    assert visitor.http.get(logo).headers["Content-Type"].startswith("image/svg+xml")


def test_R50_a_dashboard_without_applications_says_what_to_expect(desks: Desks, visitor: Visitor) -> None:
    desks.provider.unregister("rekenrijk")
    page = sign_in(visitor, pupil_of_the_manual(desks), desks.leerlingloket.origin + "/login")
    assert "Hier komen je applicaties" in page.text


def test_R75_signing_out_ends_it_here_and_at_the_provider(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, pupil_of_the_manual(desks), desks.leerlingloket.origin + "/login")
    page = visitor.submit("/logout")
    assert page.url.startswith(desks.leerlingloket.origin + "/logged-out")
    assert "Je bent afgemeld" in page.text
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert visitor.cookie("leerlingloket_session") is None or "Bhatti" not in visitor.get("/").text
    assert "login-next" in visitor.get(desks.leerlingloket.origin + "/profile").ids


def test_OA_35_signing_out_takes_back_what_a_copied_cookie_holds(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, pupil_of_the_manual(desks), desks.leerlingloket.origin + "/login")
    copied = session_cookie(visitor, "leerlingloket")
    form = visitor.get(desks.leerlingloket.origin + "/").form("/logout")
    answer = visitor.http.post(
        desks.leerlingloket.origin + "/logout", data=form.fields, allow_redirects=False
    )
    assert answer.status_code == 303
    assert "/end_session" in answer.headers["Location"], "the provider was not asked to end the session yet"
    thief = desks.visitor()
    thief.http.cookies.set("leerlingloket_session", copied, domain="127.0.0.1")
    assert "login-next" in thief.get(desks.leerlingloket.origin + "/profile").ids
    thief.close()


def test_nobody_is_told_that_they_are_out_while_they_are_in(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, pupil_of_the_manual(desks), desks.leerlingloket.origin + "/login")
    for query in ("", "?state=", "?state=x"):
        page = visitor.get(desks.leerlingloket.origin + "/logged-out" + query)
        assert "Je bent afgemeld" not in page.text
        assert "Bhatti Ardalan" in page.text


def test_a_page_that_was_asked_for_is_shown_after_signing_in(desks: Desks, visitor: Visitor) -> None:
    page = sign_in(visitor, pupil_of_the_manual(desks), desks.leerlingloket.origin + "/profile")
    assert page.url == desks.leerlingloket.origin + "/profile"
