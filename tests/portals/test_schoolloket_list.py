"""The list of a school: filter, order, pages, and a selection that nothing loses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page as Screen
from playwright.sync_api import expect

from tests.portals import school_desk
from tests.portals.desks import Desks, open_desks, sign_in
from tests.portals.school_desk import HOSTILE, SCHOOL, SCHOOL_NAME, come_in, going, press, rows, ticks
from tests.support.browser import Visitor
from tests.support.people import People
from tests.support.provider import Provider


def seeds(people: People) -> None:
    """The rows of the manual's picture."""
    people.school(SCHOOL, SCHOOL_NAME)
    for pupil in (school_desk.ardalan, school_desk.butrint, school_desk.abdulghani, school_desk.pieter):
        pupil(people)


def selected(page_text: str) -> int:
    return int(page_text.partition("Aantal geselecteerde leerlingen:")[2].split(maxsplit=1)[0])


# What is on the page


def test_R77_R79_R80_R81_R83_the_start_page_is_a_filter_and_the_enrolled_pupils(
    desks: Desks, visitor: Visitor
) -> None:
    seeds(desks.provider.people)
    page = come_in(desks, visitor)
    assert page.url == f"{desks.schoolloket.origin}/schools/2"
    assert "FILTER LEERLINGEN LIJST" in page.text
    assert "zoek op stamnummer, naam of voornaam" in page.html
    form = page.form("pupils")
    lists = [each["name"] for each in form.inputs if each["tag"] == "select"]
    assert lists == ["group", "status", "type", "class"]
    heading, _, table = page.text.partition("INGESCHREVEN LEERLINGEN")
    assert "Administratieve groep Alle" in heading
    assert table.lstrip().startswith("Totaal aantal rijen: 4")
    columns = "Stamnummer Voornaam Naam ▲ Administratieve groep Status Type"
    assert f"Selecteer alle leerlingen op deze bladzijde {columns}" in table
    assert "32890 Ardalan Ardalan Bhatti 2e lj 3e gr Elektromechanica TSO Actief Gevorderd" in table
    assert "60351 Abdulghani Abdulghani Bogdan 6de leerjaar Actief Basis" in table
    row = page.html.split('value="93504"')[1].split("</tr>")[0]
    assert "Geen account" in row
    assert row.rstrip().endswith('data-label="Type"></td>'), "nor is there a type"


def test_R78_search_by_number_name_or_given_name(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    come_in(desks, visitor)
    for words, found in [
        ("60351", [60351]),
        ("bogd", [60351]),
        ("ARDALAN", [32890]),
        ("boeren but", [47727]),
        ("zzz", []),
    ]:
        page = press(visitor, chosen={"q": words})
        assert rows(page) == found
        assert f"Totaal aantal rijen: {len(found)}" in page.text
        assert page.form("pupils").fields["q"] == words, "what was typed stays"
        assert ("Geen leerlingen gevonden" in page.text) == (found == [])


def test_R79_R80_each_list_filters_and_the_count_follows(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    come_in(desks, visitor)
    nothing = {"group": "", "status": "", "type": "", "class": ""}
    for name, value, found in [
        ("group", "6de leerjaar", [60351]),
        ("status", "none", [93504]),
        ("type", "advanced", [32890, 47727]),
        ("class", "4WE", [47727]),
    ]:
        page = press(visitor, chosen={**nothing, name: value})
        assert rows(page) == found, name
        assert f"Totaal aantal rijen: {len(found)}" in page.text
        assert page.form("pupils").fields[name] == value
    assert len(rows(press(visitor, go=going(page, "Wis filter")))) == 4


def test_R82_by_name_unless_a_heading_is_pressed(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    page = come_in(desks, visitor)
    assert rows(page) == [32890, 47727, 93504, 60351]
    assert page.html.count("aria-sort") == 1
    assert 'aria-sort="ascending"' in page.html.split("Naam <span")[0][-400:]
    page = press(visitor, go=going(page, "Stamnummer"))
    assert rows(page) == [32890, 47727, 60351, 93504]
    page = press(visitor, go=going(page, "Stamnummer"))
    assert rows(page) == [93504, 60351, 47727, 32890]
    assert 'aria-sort="descending"' in page.html
    page = press(visitor, go=going(page, "Voornaam"))
    assert rows(page) == [60351, 32890, 47727, 93504]


def test_the_list_has_pages_of_25_50_or_100(desks: Desks, visitor: Visitor) -> None:
    numbers = desks.provider.people.many(60, school=SCHOOL)
    page = come_in(desks, visitor)
    seen = rows(page)
    assert len(seen) == 25
    page = press(visitor, go=going(page, "3"))
    assert "page=3" in page.url
    assert len(rows(page)) == 10
    page = press(visitor, go=going(page, "50"))
    assert len(rows(page)) == 50, "more rows begin at the first page"
    page = press(visitor, go=going(page, "100"))
    assert sorted(rows(page)) == numbers
    assert "Volgende" not in page.text


def test_an_address_that_was_mangled_is_still_the_list(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    come_in(desks, visitor)
    for query in ("page=0", "page=99999999999", "page=x", "per_page=7", "sort=x", "direction=up", "status=?"):
        page = visitor.get(f"{desks.schoolloket.origin}/schools/2?{query}&q=bo%00g")
        assert page.status == 200, query
        assert rows(page) == [93504, 60351]


# The selection


def test_R84_the_selection_stays_on_other_pages_under_other_filters_and_after_a_reload(
    desks: Desks, visitor: Visitor
) -> None:
    desks.provider.people.many(60, school=SCHOOL)
    first = rows(come_in(desks, visitor))
    page = press(visitor, go="page=2", tick=first[:2])
    assert selected(page.text) == 2
    second = rows(page)
    page = press(visitor, chosen={"q": str(first[0])}, tick=second[:1])
    assert selected(page.text) == 3
    assert ticks(page.form("pupils")) >= {first[0]}
    page = visitor.get(f"{desks.schoolloket.origin}/schools/2?page=2")
    assert selected(page.text) == 3
    assert ticks(page.form("pupils")) == {second[0]}
    page = press(visitor, go="", untick=second[:1])
    assert selected(page.text) == 2
    assert ticks(page.form("pupils")) == set(first[:2])


def test_R84_everybody_of_a_filter_a_whole_page_and_nobody(desks: Desks, visitor: Visitor) -> None:
    desks.provider.people.many(60, school=SCHOOL)
    page = come_in(desks, visitor)
    page = press(visitor, chosen={"whole_page": "yes"})
    assert selected(page.text) == 25
    page = press(visitor, "select-nobody")
    assert selected(page.text) == 0
    page = press(visitor, chosen={"class": "1A"})
    total = int(page.text.split("Totaal aantal rijen:")[1].split()[0])
    assert f"Selecteer alle {total} leerlingen" in page.text
    page = press(visitor, "select-everybody")
    assert 0 < selected(page.text) == total < 60
    assert "class=1A" in page.url, "the filter stays"


def test_R84_another_sign_in_has_its_own_selection(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    come_in(desks, visitor)
    press(visitor, tick=[32890])
    colleague = desks.visitor()
    assert selected(come_in(desks, colleague).text) == 0
    colleague.close()


def test_R84_no_tick_reaches_a_pupil_of_another_school(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    desks.provider.people.pupil("basic", school=31245, pupil_number=777)
    come_in(desks, visitor)
    page = press(visitor, chosen={"shown": "32890,777"}, tick=[777, 32890])
    assert selected(page.text) == 1


def test_R85_the_selection_gets_new_passwords_that_are_shown_first(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    come_in(desks, visitor)
    page = press(visitor, "renew", tick=[32890, 47727])
    assert page.url.startswith(f"{desks.schoolloket.origin}/schools/2/renewals/")
    assert "Bulk: genereer nieuw wachtwoord" in page.text
    assert "Ardalan Bhatti (32890)" in page.text
    page = visitor.get(f"{desks.schoolloket.origin}/schools/2")
    page = press(visitor, "activate", untick=[32890, 47727], tick=[93504])
    assert "Pieter-Alexander Bogaert (93504)" in page.text
    assert "pieter-alexander.bogaert" in page.text


def test_R85_without_a_selection_the_list_says_so(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    come_in(desks, visitor)
    for button in ("renew", "activate", "print-cards"):
        assert "Je hebt nog niemand geselecteerd." in press(visitor, button).text


# Files


def test_cards_without_a_password_and_excel(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    come_in(desks, visitor)
    file = press(visitor, "print-cards", tick=[60351])
    assert file.response.content.startswith(b"%PDF")
    page = visitor.get(f"{desks.schoolloket.origin}/schools/2?type=advanced")
    excel = visitor.http.get(page.links["Alle rijen op één blad"])
    assert excel.content.startswith(b"PK")
    assert "attachment" in excel.headers["Content-Disposition"]
    assert visitor.http.get(page.links["Een blad voor elke klas"]).content.startswith(b"PK")
    press(visitor, "select-nobody")
    visitor.get(f"{desks.schoolloket.origin}/schools/2")
    page = press(visitor, "print-cards", tick=[93504])
    assert "heeft niemand een LeerID" in page.text


def test_a_file_after_ten_minutes_comes_after_a_new_sign_in_and_the_list(
    open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    """It is eleven minutes ago at first: a desk looks at a clock of its own."""
    hour = {"access_seconds": 3600, "id_token_seconds": 3600}
    with open_desks(open_provider, tmp_path, tokens=hour) as desks, closing(desks.visitor()) as visitor:
        desks.provider.clock.move(minutes=-11)
        seeds(desks.provider.people)
        staff = desks.provider.people.staff(school=SCHOOL)
        sign_in(visitor, staff, desks.schoolloket.origin + "/login")
        press(visitor, chosen={"q": "bo"}, tick=[60351])
        desks.provider.clock.move(minutes=11)
        asked = press(visitor, "print-cards")
        assert asked.url.startswith(desks.provider.issuer)
        page = visitor.submit(button="login-submit", password=staff.password)
        assert "/schools/2?q=bo" in page.url
        assert selected(page.text) == 1, "the same sign-in, only fresh"
        file = visitor.http.get(page.links["Download nu de kaartjes zonder wachtwoord (PDF)"])
        assert file.content.startswith(b"%PDF")


# Who sees what


def test_a_leerkracht_sees_the_own_classes_and_cannot_export(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    page = come_in(desks, visitor, role="leerkracht", classes=["6A"])
    assert rows(page) == [60351]
    assert "Totaal aantal rijen: 1" in page.text
    assert "Bhatti" not in page.html
    assert "5EM" not in page.html, "nor what there is to filter by"
    assert "Excel" not in page.text
    assert "Logboek" not in page.text
    assert visitor.get(f"{desks.schoolloket.origin}/schools/2/pupils.xlsx").status == 403
    page = visitor.get(f"{desks.schoolloket.origin}/schools/2")
    assert selected(press(visitor, chosen={"shown": "32890,60351"}, tick=[32890, 60351]).text) == 1


def test_R76_a_switch_of_school_in_another_tab_changes_nothing_in_this_one(
    desks: Desks, visitor: Visitor
) -> None:
    people = desks.provider.people
    seeds(people)
    people.pupil("basic", school=31245, given_name="Elif", family_name="Yilmaz", pupil_number=32890)
    people.school(31245, "Basisschool De Vlinder")
    staff = people.staff(school=SCHOOL)
    people.appoint(staff, 31245)
    page = sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    this_tab = visitor.get(page.links[f"{SCHOOL_NAME} (2)"])
    other_tab = visitor.get(page.links["Basisschool De Vlinder (31245)"])
    assert "Elif Yilmaz" in other_tab.text
    visitor.page = this_tab
    page = press(visitor, "renew", tick=[32890])
    assert "/schools/2/renewals/" in page.url
    assert "Ardalan Bhatti (32890)" in page.text
    assert "Yilmaz" not in page.text
    assert selected(visitor.get(f"{desks.schoolloket.origin}/schools/31245").text) == 0


def test_OA_54_a_school_without_a_role_is_not_there(desks: Desks, visitor: Visitor) -> None:
    seeds(desks.provider.people)
    desks.provider.people.pupil("basic", school=31245)
    come_in(desks, visitor)
    home = desks.schoolloket.origin
    token = visitor.get(f"{home}/schools/2").form("pupils").fields["csrf_token"]
    missing = visitor.get(f"{home}/schools/999").text.split("Foutnummer")[0]
    for path in ("", "/cards.pdf", "/pupils.xlsx"):
        page = visitor.get(f"{home}/schools/31245{path}")
        assert page.status == 404
        assert page.text.split("Foutnummer")[0] == missing
    assert visitor.post(f"{home}/schools/31245/select", {"csrf_token": token}).status == 404


def test_OA_58_CV_35_whatever_a_name_holds_is_text(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    people.school(SCHOOL, "<b>School</b>")
    for given, family in zip(HOSTILE, reversed(HOSTILE), strict=True):
        made = people.pupil(
            school=SCHOOL,
            given_name=given,
            family_name=family,
            class_code=given[:50],
            administrative_group=family,
        )
    page = come_in(desks, visitor)
    query = quote(HOSTILE[1])
    one = f"{page.url}/pupils/{made.number}"
    for address in (page.url, f"{page.url}?q={query}&group={query}&class={query}", one, f"{one}/edit"):
        html = visitor.get(address).html
        for tag in ("<script>alert", "<img src=x", "<svg/onload", "<b>School", 'href="javascript:'):
            assert tag not in html, (address, tag)
    assert "{{ 7 * 7 }}" in page.html


# With script


def test_R84_with_script_ticks_are_kept_at_once_and_a_row_is_a_link(desks: Desks, page: Screen) -> None:
    seeds(desks.provider.people)
    staff = desks.provider.people.staff(school=SCHOOL)
    page.goto(desks.schoolloket.origin + "/login")
    page.locator("#username").fill(staff.username)
    page.locator("#login-next").click()
    page.locator("#password").fill(staff.password)
    page.locator("#login-submit").click()
    count = page.locator("[data-selection-count]")
    page.get_by_label("Selecteer Ardalan Bhatti").check()
    page.get_by_label("Selecteer Butrint Boeren").check()
    expect(count).to_have_text("2")
    page.get_by_role("cell", name="6de leerjaar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Abdulghani Bogdan")
    page.get_by_role("link", name="Terug naar de lijst").click()
    expect(count).to_have_text("2")
    expect(page.get_by_label("Selecteer Butrint Boeren")).to_be_checked()
    page.get_by_label("Selecteer alle leerlingen op deze bladzijde").check()
    expect(count).to_have_text("4")
    page.get_by_label("Selecteer Butrint Boeren").uncheck()
    expect(count).to_have_text("3")
    page.get_by_role("button", name="Voornaam").click()
    page.wait_for_url("**sort=given_name*")
    expect(count).to_have_text("3")
    page.locator("#q").fill("bog")
    page.locator("#q").press("Enter")
    page.wait_for_url("**q=bog*")
    assert page.locator("tbody tr").count() == 2
