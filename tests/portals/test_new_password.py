"""The road from the profile to another password, and back (R57, R59-R66)."""

from __future__ import annotations

import pytest

from tests.portals.desks import Desks, sign_in
from tests.support.browser import Visitor
from tests.support.people import Made

NEW = "Olifant-Op-Bergpad-29"


@pytest.fixture
def pupil(desks: Desks) -> Made:
    return desks.provider.people.pupil("advanced", school=2)


def test_R57_R66_from_the_profile_to_a_new_password_and_back(
    desks: Desks, visitor: Visitor, pupil: Made
) -> None:
    profile = f"{desks.leerlingloket.origin}/profile"
    elsewhere = desks.visitor()
    for each in (visitor, elsewhere):
        sign_in(each, pupil, desks.leerlingloket.origin + "/login")
    desks.provider.clock.move(minutes=1)
    visitor.get(profile)
    page = visitor.get(f"{desks.provider.issuer}/password")
    assert page.links["Terug naar overzicht"] == profile
    page = visitor.submit(button="password-submit", new_password=NEW)
    assert visitor.get(page.links["Ga naar de profiel pagina"]).url == profile  # and nobody is asked anything
    desks.tell_applications()
    assert "login-next" in elsewhere.get(f"{desks.provider.issuer}/login").ids
    page = elsewhere.get(profile)
    assert pupil.username not in page.html
    elsewhere.close()


def test_R65_cancelling_leads_back_and_changes_nothing(desks: Desks, visitor: Visitor, pupil: Made) -> None:
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    page = visitor.get(f"{desks.provider.issuer}/password")
    assert visitor.get(page.links["Annuleer"]).url == f"{desks.leerlingloket.origin}/profile"
    visitor.forget()
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    assert visitor.get(f"{desks.leerlingloket.origin}/profile").status == 200
