"""The school's desk as it begins: who is signed in, for which schools."""

from __future__ import annotations

from idp.schools.records import Operator
from tests.portals.desks import Desks, sign_in
from tests.support.browser import Visitor


def test_R76_a_beheerder_of_one_school_comes_to_its_list(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    page = sign_in(visitor, people.staff(school=2), desks.schoolloket.origin + "/login")
    assert page.url == desks.schoolloket.origin + "/schools/2"
    assert "LeerID Schoolloket BRUSSEL-STAD - TEST School 2 (2)" in page.text
    assert "Wijzig instelling" not in page.text, "there is nothing to choose"
    assert {"Leerlingen", "Mijn scholen", "Logboek", "Tweede stap"} <= set(page.links)
    assert "Invoer" not in page.links


def test_R76_a_beheerder_of_two_schools_chooses_and_changes(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    people.school(31245, "Basisschool De Vlinder")
    for class_code in ("1A", "1A", "2B"):
        people.pupil("basic", school=31245, class_code=class_code)
    staff = people.staff(school=2)
    people.appoint(staff, 31245, "leerkracht", classes=["1A"])
    page = sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    assert page.url == desks.schoolloket.origin + "/schools"
    assert "BRUSSEL-STAD - TEST School 2 (2) LeerID-beheerder Ingeschreven leerlingen 0" in page.text
    assert "Basisschool De Vlinder (31245) Leerkracht · klas 1A Ingeschreven leerlingen 2" in page.text
    page = visitor.get(page.links["Basisschool De Vlinder (31245)"])
    assert "LeerID Schoolloket Basisschool De Vlinder (31245) Wijzig instelling" in page.text
    assert visitor.get(page.links["Wijzig instelling"]).url == desks.schoolloket.origin + "/schools"


def test_where_it_is_not_required_there_is_a_word_about_the_second_factor(
    desks: Desks, visitor: Visitor
) -> None:
    people = desks.provider.people
    page = sign_in(visitor, people.staff(school=2), desks.schoolloket.origin + "/login")
    assert page.links["Stel een tweede stap in"].startswith(desks.provider.issuer + "/second-factor")


def test_who_runs_leerid_and_works_at_no_school_comes_to_the_feeds(desks: Desks, visitor: Visitor) -> None:
    operator = desks.provider.people.staff()
    with desks.provider.db() as db:
        db.add(Operator(account_id=operator.account_id, since=desks.provider.clock()))
    page = sign_in(visitor, operator, desks.schoolloket.origin + "/login")
    assert page.url == desks.schoolloket.origin + "/operators"
    assert "Invoer" in page.links


def test_staff_without_a_school_are_told_so(desks: Desks, visitor: Visitor) -> None:
    page = sign_in(visitor, desks.provider.people.staff(), desks.schoolloket.origin + "/login")
    assert page.url == desks.schoolloket.origin + "/schools"
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
