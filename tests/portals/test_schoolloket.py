"""The school's desk as it begins: who is signed in, for which schools."""

from __future__ import annotations

from tests.portals.desks import Desks, sign_in
from tests.support.browser import Visitor


def test_R76_a_beheerder_sees_the_school_with_its_number_and_pupils(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    for _ in range(3):
        people.pupil("basic", school=2)
    people.pupil("basic", school=31245)
    page = sign_in(visitor, people.staff(school=2), desks.schoolloket.origin + "/login")
    assert page.url == desks.schoolloket.origin + "/"
    assert "LeerID Schoolloket" in page.text
    assert "BRUSSEL-STAD - TEST School 2 (2)" in page.text
    assert "Ingeschreven leerlingen 3" in page.text


def test_R76_a_beheerder_of_two_schools_sees_both(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    people.school(31245, "Basisschool De Vlinder")
    staff = people.staff(school=2)
    people.appoint(staff, 31245, "leerkracht")
    text = sign_in(visitor, staff, desks.schoolloket.origin + "/login").text
    assert "Mijn scholen" in text
    assert "BRUSSEL-STAD - TEST School 2 (2)" in text
    assert "Basisschool De Vlinder (31245)" in text
    assert "Leerkracht" in text


def test_staff_without_a_school_are_told_so(desks: Desks, visitor: Visitor) -> None:
    page = sign_in(visitor, desks.provider.people.staff(), desks.schoolloket.origin + "/login")
    assert "Je bent op dit moment aan geen enkele school verbonden." in page.text


def test_a_pupil_is_told_that_this_desk_is_for_schools(desks: Desks, visitor: Visitor) -> None:
    pupil = desks.provider.people.pupil("basic", given_name="Elif", school=2)
    page = sign_in(visitor, pupil, desks.schoolloket.origin + "/login")
    assert page.status == 403
    assert "Dit loket is voor scholen" in page.text
    assert "Ingeschreven leerlingen" not in page.text
    out = visitor.submit("sign-out")
    assert "Je bent afgemeld" in out.text


def test_signing_out_of_one_desk_ends_the_other_at_its_next_page(desks: Desks, visitor: Visitor) -> None:
    staff = desks.provider.people.staff(school=2)
    sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    sign_in(visitor, staff, desks.leerlingloket.origin + "/login")
    visitor.submit("/logout")
    assert "login-next" in visitor.get(desks.schoolloket.origin + "/").ids
