"""One pupil at the Schoolloket: what is shown, the dialog "LeerID aanmeldgegevens", and the small things done at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page as Screen
from playwright.sync_api import expect

from idp.accounts.records import Account
from tests.portals import school_desk
from tests.portals.desks import Desks, finish_login, open_desks, sign_in
from tests.portals.school_desk import SCHOOL, come_in
from tests.support.browser import Page, Visitor
from tests.support.people import Made, Official
from tests.support.provider import Provider

ENROLMENT_REMARK = (
    "Zijn de inschrijvingsgegevens niet correct? Dan moeten deze worden aangepast via het leerlingadministratiepakket "
    "van de school. Nadat de gecorrigeerde gegevens doorstromen uit DISCIMUS staan ze een dag later ook correct in het "
    "LeerID Schoolloket."
)
OFFICIAL_REMARK = (
    "Geen officiële gegevens beschikbaar? Dan beschikt de leerling (nog) niet over een geldig rijksregister- of bisnummer "
    "of ontbreekt het identificatienummer in het leerlingadministratiepakket van de school."
)
DIALOG_REMARKS = (
    (
        "Een gebruikersnaam kan slechts 1 keer voorkomen in het systeem. Indien de gegenereerde gebruikersnaam reeds "
        "bestaat, wordt deze aangevuld met een cijfer."
    ),
    "Deze gebruikersnaam mag niet langer zijn dan 50 karakters en mag geen '@-teken' bevatten.",
    (
        "Sinds de release van 08/02/2023 kan er hier geen e-mailadres meer ingevuld worden. Leerlingen kunnen dit nu zelf "
        "doen wanneer ze een gevorderd account hebben."
    ),
)
SAVED = "Het LeerID is succesvol aangepast."
MUST_CHOOSE = "Moet nieuw wachtwoord kiezen bij eerste aanmelding"


def at(desks: Desks, visitor: Visitor, number: int, what: str = "") -> Page:
    return visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/pupils/{number}{what}")


def shown_password(page: Page) -> str:
    """The new password in the dialog; of pictures the digits."""
    part = page.html.partition('id="new-password"')[2].partition("</div>")[0]
    text = re.search(r'new-password">([^<]+)<', part)
    return text[1] if text else "".join(re.findall(r'mono">(\d)<', part))


def signs_in(desks: Desks, pupil: Made, password: str, username: str | None = None) -> bool:
    """Whether the pupil comes in with it, on a device of their own; a forced change counts as coming in."""
    device = desks.visitor()
    device.get(desks.leerlingloket.origin + "/login")
    device.submit(button="login-next", username=username or pupil.username)
    page = device.submit(button="login-submit", password=password)
    device.close()
    return "login-submit" not in page.ids


# What is shown


def test_R86_R87_R88_R89_R91_R92_a_pupil_with_a_basic_account(desks: Desks, visitor: Visitor) -> None:
    school_desk.abdulghani(desks.provider.people)
    page = come_in(desks, visitor)
    page = visitor.get(page.links["Abdulghani Bogdan"])
    assert page.title.startswith("Abdulghani Bogdan")
    enrolment, official = page.text.split("OFFICIËLE GEGEVENS")
    assert "INSCHRIJVINGSGEGEVENS" in enrolment
    assert (
        "Voornaam Abdulghani Naam Bogdan Stamnummer 60351 Administratieve groep 6de leerjaar Klas 6A"
        in enrolment
    )
    assert "Voornaam Abdulghani Naam Bogdan Geslacht M Geboortedatum 7 november 2010" in official
    assert "Basis LeerID" in official
    assert "Account status Actief" in official
    assert "Wordt automatisch inactief bij einde inschrijving - 31 augustus 2027" in official
    assert "Pas aanmeldgegevens aan" in page.links
    assert "Gebruikersnaam abdulghani.bogdan Wachtwoord type Basis wachtwoord LeerID creatie" in official
    assert "Laatste aanmelding Nog niet aangemeld" in official
    assert ENROLMENT_REMARK in page.text
    assert OFFICIAL_REMARK in page.text
    names = {each.get("name", "") for form in page.forms for each in form.inputs}
    assert names <= {"", "csrf_token", "return_to", "language", "handed_out"}, "nothing of it is changed here"


def test_R89_what_the_school_corrects_is_shown_from_then_on(desks: Desks, visitor: Visitor) -> None:
    """The day's feed changes the enrolment; this desk shows what is there."""
    pupil = desks.provider.people.pupil(
        "basic", school=SCHOOL, given_name="Jan", official=Official("Johannes", "Peeters", "M")
    )
    come_in(desks, visitor)
    page = at(desks, visitor, pupil.number)
    assert page.text.count("Johannes") == 1, "the official name beside the school's own"
    assert "Voornaam Jan" in page.text


def test_R90_R91_R92_R93_R98_an_advanced_account(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    temporary, own = school_desk.ardalan(people), school_desk.butrint(people)
    finish_login(visitor, own, visitor.get(desks.leerlingloket.origin + "/login"))
    visitor.forget()
    come_in(desks, visitor)
    page = at(desks, visitor, own.number)
    assert "Gevorderd LeerID" in page.text
    assert (
        "Gebruikersnaam butrint.boeren1 Wachtwoord type Gevorderd wachtwoord E-mailadres t*****s@ond"
        in page.text
    )
    assert "thomas.peeters" not in page.html
    assert "Nog niet aangemeld" not in page.text
    assert MUST_CHOOSE not in page.text
    page = at(desks, visitor, temporary.number)
    assert f"Wachtwoord type Gevorderd wachtwoord {MUST_CHOOSE}" in " ".join(page.text.split())
    assert "E-mailadres" not in page.text
    assert "Geslacht" not in page.text
    assert OFFICIAL_REMARK in page.text
    pictures = people.pupil("pictures", school=SCHOOL)
    assert "Wachtwoord type Afbeeldingswachtwoord" in at(desks, visitor, pictures.number).text
    with desks.provider.db() as db:
        account = db.get_one(Account, temporary.account_id)
        account.temporary_until = desks.provider.clock() - timedelta(days=1)
    page = at(desks, visitor, temporary.number)
    assert "Account status Verlopen" in page.text
    assert "Geef een nieuw wachtwoord" in page.text


def test_the_way_back_leads_to_the_same_place_in_the_list(desks: Desks, visitor: Visitor) -> None:
    school_desk.abdulghani(desks.provider.people)
    page = come_in(desks, visitor)
    listed = visitor.get(f"{page.url}?q=bog&sort=given_name&direction=desc")
    page = visitor.get(listed.links["Abdulghani Bogdan"])
    page = visitor.get(page.links["Pas aanmeldgegevens aan"])
    page = visitor.submit("save", button="cancel")
    page = visitor.submit(button="handed-out")
    assert visitor.get(page.links["Terug naar de lijst"]).url == listed.url


# The dialog


def test_R94_R95_R96_the_dialog_makes_a_password_and_takes_none(desks: Desks, visitor: Visitor) -> None:
    pupil = school_desk.abdulghani(desks.provider.people)
    come_in(desks, visitor)
    at(desks, visitor, pupil.number)
    page = at(desks, visitor, pupil.number, "/edit")
    for words in ("LeerID aanmeldgegevens", "Abdulghani Bogdan", "pas gebruikersnaam aan", *DIALOG_REMARKS):
        assert words in page.text
    for words in ("genereer nieuw wachtwoord", "Annuleer", "Bewaren en afdrukken"):
        assert words in page.text
    inputs = page.form("save").inputs
    assert {each["name"] for each in inputs} == {"csrf_token", "do", "username", "basic_secret"}
    page = visitor.submit("save", button="generate")
    password = shown_password(page)
    assert re.fullmatch(r"[a-z0-9]{6}", password)
    assert "Dit wachtwoord geldt pas als je bewaart." in page.text
    visitor.submit("save", button="cancel", password="1234", new_password="1234")
    assert signs_in(desks, pupil, pupil.password), "nothing was saved"
    assert not signs_in(desks, pupil, password)


def test_R93_R97_saving_gives_the_message_and_the_card(desks: Desks, visitor: Visitor) -> None:
    pupil = school_desk.abdulghani(desks.provider.people)
    come_in(desks, visitor)
    at(desks, visitor, pupil.number, "/edit")
    password = shown_password(visitor.submit("save", button="generate"))
    again = shown_password(visitor.submit("save", button="generate"))
    page = visitor.submit("save", button="save", password="by-hand", new_password="by-hand")
    assert SAVED in page.text
    assert page.url.startswith(f"{desks.schoolloket.origin}/schools/2/pupils/60351?")
    assert again not in page.html
    card = visitor.http.get(page.links["Download de PDF"])
    assert card.content.startswith(b"%PDF")
    assert signs_in(desks, pupil, again)
    assert password != again, "only the last one that was shown counts"
    assert not signs_in(desks, pupil, pupil.password)
    advanced = desks.provider.people.pupil("advanced", school=SCHOOL)
    assert MUST_CHOOSE not in at(desks, visitor, advanced.number).text
    at(desks, visitor, advanced.number, "/edit")
    assert len(shown_password(visitor.submit("save", button="generate"))) == 8
    assert MUST_CHOOSE in visitor.submit("save", button="save").text


def test_a_basic_pupil_gets_words_or_pictures(desks: Desks, visitor: Visitor) -> None:
    pupil = school_desk.abdulghani(desks.provider.people)
    come_in(desks, visitor)
    at(desks, visitor, pupil.number, "/edit")
    page = visitor.submit("save", button="save", basic_secret="pictures")
    assert "Kijk het na en bewaar." in page.text, (
        "what is saved is shown first, also to who forgets to ask for it"
    )
    assert shown_password(visitor.submit("save", button="generate", basic_secret="text"))[0].isalnum()
    page = visitor.submit("save", button="generate", basic_secret="pictures")
    digits = shown_password(page)
    assert re.fullmatch(r"[1-9]{4}", digits)
    assert "/static/pictures/" in page.html
    assert "Afbeeldingswachtwoord" in visitor.submit("save", button="save").text
    assert signs_in(desks, pupil, digits)


def test_R94_a_username_alone_keeps_the_password(desks: Desks, visitor: Visitor) -> None:
    pupil = school_desk.abdulghani(desks.provider.people)
    come_in(desks, visitor)
    at(desks, visitor, pupil.number, "/edit")
    page = visitor.submit("save", button="save", username="abdul.bogdan")
    assert SAVED in page.text
    assert "Gebruikersnaam abdul.bogdan" in page.text
    assert visitor.http.get(page.links["Download een kaartje zonder wachtwoord (PDF)"]).content.startswith(
        b"%PDF"
    )
    assert signs_in(desks, pupil, pupil.password, "abdul.bogdan")
    at(desks, visitor, pupil.number, "/edit")
    assert "Je hebt niets gewijzigd." in visitor.submit("save", button="save").text


def test_R94_a_username_with_a_new_password(desks: Desks, visitor: Visitor) -> None:
    pupil = school_desk.abdulghani(desks.provider.people)
    come_in(desks, visitor)
    at(desks, visitor, pupil.number, "/edit")
    page = visitor.submit("save", button="generate", username="abdul.bogdan")
    assert page.form("save").fields["username"] == "abdul.bogdan"
    page = visitor.submit("save", button="save", username="abdul.b")
    assert "Bij wat je koos, is een nieuw wachtwoord gemaakt." in page.text
    password = shown_password(page)
    page = visitor.submit("save", button="save")
    assert "Gebruikersnaam abdul.b " in page.text
    assert signs_in(desks, pupil, password, "abdul.b")


def test_R22_R23_a_username_that_cannot_be_is_said_beside_the_field(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    pupil = school_desk.abdulghani(people)
    people.pupil(username="elif.yilmaz")
    come_in(desks, visitor)
    for button in ("save", "generate"):
        for wanted, words in [
            ("elif.yilmaz", "Deze gebruikersnaam bestaat al."),
            ("", "Vul een gebruikersnaam in."),
            ("elif@school", "Een gebruikersnaam mag geen '@-teken' bevatten."),
            ("e" * 51, "Deze gebruikersnaam is langer dan 50 karakters."),
        ]:
            at(desks, visitor, pupil.number, "/edit")
            page = visitor.submit("save", button=button, username=wanted)
            assert page.status == 422, wanted
            visible = re.findall(r'field-error" data-problem="\w+">.*?<span>(.*?)</span>', page.html)
            assert [each.replace("&#39;", "'") for each in visible] == [words]
            assert page.form("save").fields["username"] == wanted, "what was typed stays"
    assert "Gebruikersnaam abdulghani.bogdan" in at(desks, visitor, pupil.number).text


def test_R106_R114_R115_an_address_is_removed_together_with_a_new_password(
    desks: Desks, visitor: Visitor
) -> None:
    pupil = school_desk.butrint(desks.provider.people)
    come_in(desks, visitor)
    page = at(desks, visitor, pupil.number, "/edit")
    assert "genereer nieuw wachtwoord" not in page.text
    assert "verwijder e-mailadres" in page.text
    page = visitor.submit("save", button="remove-email")
    password = shown_password(page)
    assert "t*****s@ond.vlaanderen.be" in page.text
    assert "Als je bewaart, is dit e-mailadres niet meer gekoppeld." in page.text
    assert signs_in(desks, pupil, pupil.password), "not before it is saved"
    page = visitor.submit("save", button="save")
    assert SAVED in page.text
    assert "Download de PDF" in page.links
    assert MUST_CHOOSE in page.text
    assert "ond.vlaanderen.be" not in page.text
    assert signs_in(desks, pupil, password)


def test_PW_22_a_proposal_that_is_over_is_not_saved_with_another_password(
    desks: Desks, visitor: Visitor
) -> None:
    pupil = school_desk.abdulghani(desks.provider.people)
    come_in(desks, visitor)
    at(desks, visitor, pupil.number, "/edit")
    shown = visitor.submit("save", button="generate")
    visitor.submit("save", button="cancel")
    visitor.page = shown
    page = visitor.submit("save", button="save")
    assert "Het nieuwe wachtwoord is vervallen en niet bewaard." in page.text
    assert signs_in(desks, pupil, pupil.password)
    page = visitor.get(shown.url)
    assert "Het nieuwe wachtwoord is vervallen en niet bewaard." in page.text


def test_R100_who_links_an_address_in_the_meantime_keeps_the_own_password(
    desks: Desks, visitor: Visitor
) -> None:
    pupil = desks.provider.people.pupil("advanced", school=SCHOOL)
    come_in(desks, visitor)
    at(desks, visitor, pupil.number, "/edit")
    password = shown_password(visitor.submit("save", button="generate"))
    with desks.provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        account.email = account.email_folded = "eigen@ond.vlaanderen.be"
        account.email_verified_at = desks.provider.clock()
    page = visitor.submit("save", button="save")
    assert "Er veranderde intussen iets aan dit LeerID." in page.text
    assert SAVED not in page.text
    assert signs_in(desks, pupil, pupil.password)
    assert not signs_in(desks, pupil, password)


def test_PW_35_too_many_usernames_in_an_hour_are_refused_beside_the_field(
    open_provider: Callable[..., Provider], tmp_path: Path
) -> None:
    once = {"username_changes_an_hour": 1}
    with open_desks(open_provider, tmp_path, staff=once) as desks, closing(desks.visitor()) as visitor:
        pupil = school_desk.abdulghani(desks.provider.people)
        come_in(desks, visitor)
        at(desks, visitor, pupil.number, "/edit")
        assert SAVED in visitor.submit("save", button="save", username="abdul.b").text
        for button in ("save", "generate"):
            at(desks, visitor, pupil.number, "/edit")
            page = visitor.submit("save", button=button, username="abdul.c")
            assert page.status == 429
            assert page.form("save").fields["username"] == "abdul.c"
            shown = page.html.partition('data-problem="too_many"')[2]
            assert not shown.startswith(" hidden")


def test_PW_23_a_proposal_for_somebody_else_shows_nothing(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    one, other = school_desk.abdulghani(people), school_desk.ardalan(people)
    come_in(desks, visitor)
    at(desks, visitor, one.number, "/edit")
    shown = visitor.submit("save", button="generate")
    password = shown_password(shown)
    renewal = shown.url.partition("?")[2]
    assert password not in at(desks, visitor, other.number, f"/edit?{renewal}").html
    colleague = desks.visitor()
    come_in(desks, colleague)
    assert password not in colleague.get(shown.url).html
    colleague.close()


# Done at once


def test_a_protected_account_is_unlocked(desks: Desks, visitor: Visitor) -> None:
    pupil = school_desk.abdulghani(desks.provider.people)
    with desks.provider.db() as db:
        db.get_one(Account, pupil.account_id).protected_at = desks.provider.clock()
    come_in(desks, visitor)
    assert "Account status Beveiligd" in at(desks, visitor, pupil.number).text
    page = visitor.submit(button="unlock")
    assert "De leerling kan opnieuw aanmelden" in page.text
    assert "Account status Actief" in page.text
    assert "unlock" not in page.ids
    assert signs_in(desks, pupil, pupil.password)


def test_a_card_that_was_handed_out_is_ticked_with_who_and_when(desks: Desks, visitor: Visitor) -> None:
    pupil = school_desk.abdulghani(desks.provider.people)
    come_in(desks, visitor)
    assert "Nog niet uitgereikt" in at(desks, visitor, pupil.number).text
    page = visitor.submit(button="handed-out")
    assert re.search(r"Uitgereikt op \d+ \w+ \d{4} door \w+", page.text)
    page = visitor.submit(button="not-handed-out")
    assert "Nog niet uitgereikt" in page.text
    assert visitor.http.get(page.links["Kaartje zonder wachtwoord (PDF)"]).content.startswith(b"%PDF")


def test_R2_a_pupil_without_an_account_is_activated(desks: Desks, visitor: Visitor) -> None:
    pupil = school_desk.pieter(desks.provider.people)
    come_in(desks, visitor)
    page = at(desks, visitor, pupil.pupil_number)
    assert "Geen account" in page.text
    assert at(desks, visitor, pupil.pupil_number, "/edit").status == 404
    at(desks, visitor, pupil.pupil_number)
    page = visitor.submit(button="activate")
    assert page.url.startswith(f"{desks.schoolloket.origin}/schools/2/renewals/")
    assert "pieter-alexander.bogaert" in page.text


# Who may


def test_a_leerkracht_renews_for_the_own_class_and_changes_no_name(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    own, email = school_desk.abdulghani(people), school_desk.butrint(people)
    other = school_desk.ardalan(people)
    come_in(desks, visitor, role="leerkracht", classes=["6A", "4WE"])
    page = at(desks, visitor, own.number, "/edit")
    assert "pas gebruikersnaam aan" not in page.text
    assert shown_password(visitor.submit("save", button="generate"))
    assert SAVED in visitor.submit("save", button="save").text
    assert "Pas aanmeldgegevens aan" not in at(desks, visitor, email.number).text
    page = at(desks, visitor, email.number, "/edit")
    assert "verwijder e-mailadres" not in page.text
    token = {"csrf_token": page.form("save").fields["csrf_token"]}
    edit = f"{desks.schoolloket.origin}/schools/2/pupils/%d/edit"
    for number, fields in [
        (own.number, {"do": "save", "username": "another.name"}),
        (own.number, {"do": "generate", "username": "another.name"}),
        (email.number, {"do": "remove-email"}),
    ]:
        assert visitor.post(edit % number, {**token, **fields}).status == 403
    for path in ("", "/edit", "/card.pdf", "/username?candidate=x"):
        assert at(desks, visitor, other.number, path).status == (403 if "username" in path else 404), path


def test_OA_54_a_pupil_of_another_school_is_not_there(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    school_desk.abdulghani(people)
    elsewhere = people.pupil("basic", school=31245, pupil_number=777)
    come_in(desks, visitor)
    token = at(desks, visitor, 60351).form("handed-out").fields["csrf_token"]
    missing = at(desks, visitor, 999).text.split("Foutnummer")[0]
    for path in ("", "/edit", "/card.pdf"):
        page = at(desks, visitor, elsewhere.number, path)
        assert (page.status, page.text.split("Foutnummer")[0]) == (404, missing)
    for path in ("/edit", "/unlock", "/handed-out"):
        url = f"{desks.schoolloket.origin}/schools/2/pupils/777{path}"
        assert visitor.post(url, {"csrf_token": token, "do": "generate", "handed_out": "yes"}).status == 404
    assert signs_in(desks, elsewhere, elsewhere.password)


# With script


def test_R94_with_script_a_username_is_checked_while_it_is_typed(desks: Desks, page: Screen) -> None:
    people = desks.provider.people
    school_desk.abdulghani(people)
    people.pupil(username="elif.yilmaz")
    staff = people.staff(school=SCHOOL)
    page.goto(f"{desks.schoolloket.origin}/schools/2/pupils/60351/edit")
    page.locator("#username").fill(staff.username)
    page.locator("#login-next").click()
    page.locator("#password").fill(staff.password)
    page.locator("#login-submit").click()
    page.locator(".rename summary").click()
    field = page.locator("#username")
    field.fill("elif.yilmaz")
    expect(page.get_by_text("Deze gebruikersnaam bestaat al.")).to_be_visible()
    field.fill("elif@x")
    expect(page.get_by_text("Een gebruikersnaam mag geen '@-teken' bevatten.")).to_be_visible()
    field.fill("abdul.bogdan")
    expect(page.get_by_text("Deze gebruikersnaam is vrij.")).to_be_visible()
    field.press("Enter")
    expect(page.get_by_text(SAVED)).to_be_visible()
    expect(page.get_by_text("abdul.bogdan")).to_be_visible()


def test_signing_in_begins_at_the_page_that_was_asked(desks: Desks, visitor: Visitor) -> None:
    school_desk.abdulghani(desks.provider.people)
    staff = desks.provider.people.staff(school=SCHOOL)
    page = sign_in(visitor, staff, f"{desks.schoolloket.origin}/schools/2/pupils/60351?list=q%3Dbog")
    assert "Abdulghani Bogdan" in page.title
    assert page.links["Terug naar de lijst"].endswith("/schools/2?q=bog")
