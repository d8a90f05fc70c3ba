"""New passwords in bulk, as a beheerder and a teacher meet them: shown, saved, printed; with the texts of the manual."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from idp.accounts.records import Account
from idp.rules.picture_passwords import PICTURES as PICTURE_SET
from idp.schools.records import Enrolment, Renewal
from portals.schoolloket.pictures import PICTURES
from tests.portals.desks import Desks, sign_in
from tests.portals.pressing import passwords, press, ticked
from tests.support.browser import Page, Visitor, browser_headers
from tests.support.people import Made

SCHOOL = 2
WARNING = "Je kan geen nieuw wachtwoord genereren voor LeerID's met een gekoppeld e-mailadres"
WHY = (
    "Leerlingen die een e-mailadres hebben gekoppeld aan hun LeerID kunnen zelf hun wachtwoord herstellen en wijzigen. "
    "Je kan hun wachtwoord niet wijzigen in Bulk. Enkel in uitzonderlijke gevallen, wanneer ze de controle over hun "
    "e-mailadres en wachtwoord kwijt zijn, kan je ze 1 per 1 een nieuw wachtwoord geven (en hun e-mailadres ontkoppelen)."
)


@dataclass(frozen=True)
class Class:
    """The school of the manual's example, and its beheerder, who is signed in."""

    desks: Desks
    visitor: Visitor
    els: Made
    bhatti: Made
    bockstal: Made
    boeren: Made

    @property
    def home(self) -> str:
        return f"{self.desks.schoolloket.origin}/schools/{SCHOOL}"

    def renew(self, *pupils: Made | int, purpose: str = "renewal", visitor: Visitor | None = None) -> Page:
        """What the list's button "Vernieuw wachtwoord" leads to."""
        visitor = visitor or self.visitor
        page = visitor.get(self.home)
        numbers = [pupil if isinstance(pupil, int) else pupil.number for pupil in pupils]
        data = [("csrf_token", page.form("/language").fields["csrf_token"]), ("purpose", purpose)]
        data += [("pupil", str(number)) for number in numbers]
        return visitor.post(f"{self.home}/renewals", data, headers=browser_headers(page, self.home))

    def works(self, pupil: Made, password: str) -> bool:
        """Whether the pupil can sign in with it, on a device of their own."""
        device = self.desks.visitor()
        device.get(self.desks.leerlingloket.origin + "/login")
        device.submit(button="login-next", username=pupil.username)
        page = device.submit(button="login-submit", password=password)
        device.close()
        return "login-submit" not in page.ids

    def must_choose(self, pupil: Made) -> bool:
        with self.desks.provider.reading() as db:
            return db.get_one(Account, pupil.account_id).temporary_until is not None


@pytest.fixture
def the_class(desks: Desks, visitor: Visitor) -> Class:
    people = desks.provider.people
    people.school(SCHOOL, "BRUSSEL-STAD - TEST School 2")
    els = people.staff(school=SCHOOL, given_name="Els", family_name="Verstraete")

    def pupil(given: str, family: str, number: int, group: str, email: str | None = None) -> Made:
        return people.pupil(
            "advanced", school=SCHOOL, given_name=given, family_name=family, pupil_number=number,
            administrative_group=group, class_code=group[:2], email=email,
        )  # fmt: skip

    made = Class(
        desks,
        visitor,
        els,
        pupil("Ardalan", "Bhatti", 32890, "2e lj 3e gr Elektromechanica TSO"),
        pupil("Amani", "Bockstal", 80240, "1e lj 3e gr Sociale en techn. wet. TSO"),
        pupil("Butrint", "Boeren", 47727, "2e lj 2e gr Wetenschappen ASO", "tulpenbos@ond.vlaanderen.be"),
    )
    sign_in(visitor, els, desks.schoolloket.origin + "/login")
    return made


def the_three(the_class: Class) -> Page:
    return the_class.renew(the_class.bhatti, the_class.bockstal, the_class.boeren)


# The preview


def test_R99_R100_basic_and_advanced_without_an_address_are_renewed_in_one_action_and_the_others_are_not(
    the_class: Class,
) -> None:
    basic = the_class.desks.provider.people.pupil("basic", school=SCHOOL, pupil_number=60351)
    page = the_class.renew(the_class.bhatti, the_class.bockstal, the_class.boeren, basic)
    assert set(passwords(page)) == {"32890", "80240", "60351"}
    assert "nieuw gevorderd wachtwoord" in page.text
    assert "nieuw basis wachtwoord" in page.text
    page = press(the_class.visitor, "save-renewal")
    assert "3 LeerID's hebben een nieuw wachtwoord" in page.text
    assert the_class.works(the_class.boeren, the_class.boeren.password)


def test_R101_R102_R104_R105_the_preview_is_the_page_of_the_manual(the_class: Class) -> None:
    page = the_three(the_class)
    assert page.url.startswith(f"{the_class.home}/renewals/")
    assert page.title.startswith("Bulk: genereer nieuw wachtwoord")
    assert "LEERLINGEN ZONDER E-MAILADRES Totaal aantal rijen: 2" in page.text
    assert "Naam + stamnummer Gebruikersnaam Wachtwoord" in page.text
    own = passwords(page)
    assert all(re.fullmatch("[A-Za-z0-9]{8}", password) for password in own.values())
    for pupil, name in ((the_class.bhatti, "Ardalan Bhatti"), (the_class.bockstal, "Amani Bockstal")):
        assert f"{name} ({pupil.number}) {pupil.username} {own[str(pupil.number)]}" in page.text
    assert page.text.count("nieuw gevorderd wachtwoord") == 2, "a tag in each row"
    boxes = [each for each in page.form("save-renewal").inputs if each.get("name") == "pupil"]
    assert [(box["value"], "checked" in box) for box in boxes] == [("32890", True), ("80240", True)]
    assert {"cancel-renewal", "save-renewal"} <= page.ids
    assert "Annuleren Bewaren en afdrukken" in page.text
    assert WARNING in page.text
    assert WHY in page.text
    assert "LEERID'S MET GEKOPPELD E-MAILADRES Totaal aantal rijen: 1" in page.text
    assert f"Butrint Boeren (47727) {the_class.boeren.username} t*****s@ond.vlaanderen.be" in page.text, (
        "masked, and without a box"
    )


def test_R103_nobody_but_who_is_ticked_gets_the_password_that_was_shown(the_class: Class) -> None:
    shown = passwords(the_three(the_class))
    page = press(the_class.visitor, "save-renewal", untick=[32890, 80240])
    assert page.status == 422
    assert "Er is niemand aangevinkt" in page.text
    assert passwords(page) == shown
    boxes = [each for each in page.form("save-renewal").inputs if each.get("name") == "pupil"]
    assert not any("checked" in each for each in boxes)
    page = press(the_class.visitor, "save-renewal", {"pupil": "32890"})
    assert passwords(page) == {"32890": shown["32890"]}
    assert "1 LeerID heeft een nieuw wachtwoord" in page.text
    assert "Amani Bockstal" not in page.text
    assert the_class.works(the_class.bhatti, shown["32890"])
    assert the_class.works(the_class.bockstal, the_class.bockstal.password)


def test_PW_22_annuleren_drops_them_and_the_old_passwords_still_work(the_class: Class) -> None:
    page = the_three(the_class)
    address, shown = page.url, passwords(page)
    assert press(the_class.visitor, "cancel-renewal").url == the_class.home
    gone = the_class.visitor.get(address)
    assert gone.status == 404
    assert "Deze wachtwoorden zie je hier niet meer" in gone.text
    assert passwords(gone) == {}
    assert not the_class.works(the_class.bhatti, shown["32890"])
    assert the_class.works(the_class.bhatti, the_class.bhatti.password)


def test_PW_22_a_password_that_the_browser_sends_along_is_ignored(the_class: Class) -> None:
    preview = the_class.renew(the_class.bhatti)
    assert WARNING not in preview.text, "nobody here linked an address (R104)"
    shown = passwords(preview)
    wish = "Gekozen123"
    names = ("password", "new_password", "password-32890", "password[32890]", "seed", "secret")
    page = press(the_class.visitor, "save-renewal", dict.fromkeys(names, wish))
    assert passwords(page) == shown
    assert not the_class.works(the_class.bhatti, wish)
    assert the_class.works(the_class.bhatti, shown["32890"])


def test_OA_54_who_gets_none_is_listed_with_the_reason_which_tells_nothing_of_other_schools(
    the_class: Class,
) -> None:
    people = the_class.desks.provider.people
    without = people.enrolled_only(school=SCHOOL, given_name="Pieter-Alexander", family_name="Bogaert")
    blocked = people.pupil("basic", school=SCHOOL)
    with the_class.desks.provider.db() as db:
        now = the_class.desks.provider.clock()
        db.execute(update(Account).where(Account.id == blocked.account_id).values(blocked_at=now))
    theirs = people.pupil("basic", school=31245, pupil_number=77777)
    page = the_class.renew(without.pupil_number, blocked, theirs, 99999)
    assert theirs.given_name not in page.text
    assert "Niemand krijgt een nieuw wachtwoord" in page.text
    assert "save-renewal" not in page.ids
    assert f"Pieter-Alexander Bogaert ({without.pupil_number}) Heeft nog geen LeerID." in page.text
    assert "Het LeerID is geblokkeerd." in page.text
    for unknown in (77777, 99999):
        assert f"({unknown}) Staat niet (meer) in jouw leerlingenlijst." in page.text


# Which kind basic accounts get


def test_basic_accounts_get_words_or_pictures_and_who_was_unticked_stays_so(the_class: Class) -> None:
    people = the_class.desks.provider.people
    first, second = (people.pupil("basic", school=SCHOOL, pupil_number=number) for number in (601, 602))
    words = passwords(the_class.renew(first, second))
    page = press(the_class.visitor, "apply-basic-secret", {"basic_secret": "pictures"}, untick=[602])
    pictures = passwords(page)
    assert set(pictures) == set(words) == {"601", "602"}
    assert all(re.fullmatch("[1-9]{4}", password) for password in pictures.values())
    assert page.text.count("nieuwe afbeeldingen") == 2
    assert "/pictures/" in page.html
    boxes = {
        each["value"]: "checked" in each
        for each in page.form("save-renewal").inputs
        if each.get("name") == "pupil"
    }
    assert boxes == {"601": True, "602": False}
    done = press(the_class.visitor, "save-renewal")
    assert (
        "1 bestaand LeerID met afbeeldingen: De leerling klikt bij het aanmelden op de afbeeldingen"
        in done.text
    )
    assert the_class.works(first, pictures["601"])


def test_the_drawings_of_this_desk_are_those_of_the_pad() -> None:
    assert [(each.digit, each.key) for each in PICTURES.values()] == [
        (str(picture.digit), picture.key) for picture in PICTURE_SET
    ]


# The result


def test_R107_R108_R109_R113_the_result_says_what_it_means_and_has_the_files_to_print(
    the_class: Class,
) -> None:
    shown = passwords(the_three(the_class))
    page = press(the_class.visitor, "save-renewal")
    assert page.url.startswith(f"{the_class.home}/renewals/")
    assert "2 LeerID's hebben een nieuw wachtwoord" in page.text
    assert (
        "2 bestaande LeerID's met gevorderd wachtwoord: De leerlingen moeten hun wachtwoord aanpassen nadat ze de eerste "
        "keer aangemeld zijn. Ze kunnen nadien steeds hun wachtwoord aanpassen en een e-mailadres toevoegen."
    ) in page.text
    assert "LEERID'S MET NIEUW GEVORDERD WACHTWOORD Totaal aantal rijen: 2" in page.text
    assert passwords(page) == shown
    for pupil in (the_class.bhatti, the_class.bockstal):
        assert f"({pupil.number}) {pupil.username} {shown[str(pupil.number)]}" in page.text
        assert the_class.must_choose(pupil)
        assert not the_class.works(pupil, pupil.password)
    assert the_class.works(the_class.bhatti, shown["32890"])
    cards = the_class.visitor.http.get(
        page.links[
            "Download een PDF met LeerID gebruikersnamen en wachtwoorden 2 kaartjes om uit te knippen en uit te delen"
        ]
    )
    assert cards.headers["Content-Type"] == "application/pdf"
    assert "attachment" in cards.headers["Content-Disposition"]
    assert cards.headers["Cache-Control"] == "no-store"
    printed = "".join(each.extract_text() for each in PdfReader(io.BytesIO(cards.content)).pages)
    assert all(password in printed for password in shown.values())
    for link in (
        "Download de Excel met alle LeerID data Eén rij per leerling",
        "Excel met een blad per klas",
    ):
        table = the_class.visitor.http.get(page.links[link])
        book = CalamineWorkbook.from_filelike(io.BytesIO(table.content))
        cells = [
            cell
            for name in book.sheet_names
            for row in book.get_sheet_by_name(name).to_python()
            for cell in row
        ]
        assert set(shown.values()) <= {str(cell) for cell in cells}
    merged = the_class.visitor.http.get(page.links["CSV om brieven mee te maken"])
    assert merged.headers["Content-Type"].startswith("text/csv")
    assert all(password in merged.content.decode("utf-8-sig") for password in shown.values())


def test_R107_each_kind_has_its_own_line_and_table(the_class: Class) -> None:
    people = the_class.desks.provider.people
    pupils = [people.pupil(kind, school=SCHOOL) for kind in ("basic", "basic", "pictures")]
    the_class.renew(the_class.bhatti, *pupils)
    text = press(the_class.visitor, "save-renewal").text
    assert "4 LeerID's hebben een nieuw wachtwoord" in text
    assert "1 bestaand LeerID met gevorderd wachtwoord: De leerling moet het wachtwoord aanpassen" in text
    assert (
        "2 bestaande LeerID's met basis wachtwoord: De leerlingen melden zich telkens met dit wachtwoord aan"
        in text
    )
    assert "1 bestaand LeerID met afbeeldingen: De leerling klikt" in text
    assert "LEERID'S MET NIEUW BASIS WACHTWOORD Totaal aantal rijen: 2" in text
    assert "LEERID'S MET NIEUWE AFBEELDINGEN Totaal aantal rijen: 1" in text
    assert "Genoteerd: alle kaartjes zijn uitgereikt." in press(the_class.visitor, "all-handed-out").text
    with the_class.desks.provider.reading() as db:
        given = set(db.scalars(select(Account.id).where(Account.handed_out_at.is_not(None))))
    assert given == {pupil.account_id for pupil in (the_class.bhatti, *pupils)}


def test_R2_pupils_without_an_account_get_one_in_the_same_way(the_class: Class) -> None:
    people = the_class.desks.provider.people
    new = people.enrolled_only(
        school=SCHOOL, given_name="Pieter-Alexander", family_name="Bogaert", secondary=True
    )
    page = the_class.renew(new.pupil_number, the_class.bhatti, purpose="activation")
    assert page.title.startswith("Activeer LeerID's")
    assert "LEERLINGEN ZONDER LEERID Totaal aantal rijen: 1" in page.text
    assert "pieter-alexander.bogaert" in page.text
    assert "nieuw LeerID" in page.text
    assert "Ardalan Bhatti (32890) Heeft al een LeerID." in page.text
    shown = passwords(page)
    page = press(the_class.visitor, "save-renewal")
    assert "1 leerling heeft nu een LeerID" in page.text
    assert "1 nieuw LeerID met gevorderd wachtwoord: De leerling moet" in page.text
    assert "NIEUWE LEERID'S MET GEVORDERD WACHTWOORD" in page.text
    assert passwords(page) == shown


# One pupil who lost the e-mail address and the password


def test_R106_R114_R115_R116_one_by_one_the_address_goes_and_a_password_comes_by_itself(
    the_class: Class,
) -> None:
    boeren, visitor = the_class.boeren, the_class.visitor
    page = the_class.renew(boeren, purpose="email_removal")
    shown = passwords(page)
    assert set(shown) == {"47727"}
    page = press(visitor, "save-renewal")
    assert passwords(page) == shown
    cards = visitor.http.get(f"{page.url}/cards.pdf")
    printed = "".join(each.extract_text() for each in PdfReader(io.BytesIO(cards.content)).pages)
    assert shown["47727"] in printed
    detail = visitor.get(f"{the_class.home}/pupils/47727").text
    assert "t*****s@ond.vlaanderen.be" not in detail
    assert "Moet nieuw wachtwoord kiezen bij eerste aanmelding" in detail
    assert the_class.works(boeren, shown["47727"])
    with the_class.desks.provider.db() as db:
        account = db.get_one(Account, boeren.account_id)
        account.email = account.email_folded = "tulpenbos@ond.vlaanderen.be"
        account.email_verified_at = the_class.desks.provider.clock()
    assert "t*****s@ond.vlaanderen.be" in visitor.get(f"{the_class.home}/pupils/47727").text, (
        "linked again (R116)"
    )


# Whatever happens on the way, nobody gets somebody else's password


def test_a_double_click_the_back_button_and_a_reload_change_nothing(the_class: Class) -> None:
    visitor, preview = the_class.visitor, the_three(the_class)
    shown, form = passwords(preview), preview.form("save-renewal")
    cookies = {"Cookie": "; ".join(f"{each.name}={each.value}" for each in visitor.http.cookies)}
    target = the_class.desks.schoolloket.origin + form.action

    def click(_: int) -> tuple[int, str]:
        http = the_class.desks.visitor().http
        answer = http.post(target, ticked(form, {"80240"}), headers=cookies, allow_redirects=False)
        return answer.status_code, urlsplit(answer.headers["Location"]).path

    with ThreadPoolExecutor(4) as clicks:
        assert set(clicks.map(click, range(4))) == {(303, urlsplit(preview.url).path)}
    for button in ("save-renewal", "cancel-renewal", "save-renewal"):
        visitor.page = preview  # back, where everybody was ticked
        assert passwords(press(visitor, button)) == {"32890": shown["32890"]}
    assert the_class.works(the_class.bhatti, shown["32890"])
    assert the_class.works(the_class.bockstal, the_class.bockstal.password)


def test_a_long_save_shows_how_far_it_is_and_goes_on_where_it_was(the_class: Class) -> None:
    desks, visitor = the_class.desks, the_class.visitor
    desks.provider.people.many(300, school=SCHOOL)
    with desks.provider.reading() as db:
        numbers = db.scalars(select(Enrolment.pupil_number).where(Enrolment.school_number == SCHOOL)).all()
    page = the_class.renew(*numbers)
    shown = passwords(page)
    assert len(shown) == 302, "but for who linked an address"
    saving = press(visitor, "save-renewal")
    how_far = re.search(r"Wachtwoorden bewaren (\d+ van 302)", saving.text)
    assert how_far
    assert passwords(saving) == {}
    visitor.get(the_class.home)
    saving = visitor.get(saving.url)
    assert how_far[1] in saving.text, "left, and come back to"
    sent = {"csrf_token": saving.form("go-on").fields["csrf_token"]}
    script = {**browser_headers(saving, saving.url), "Accept": "application/json"}
    step = visitor.post(saving.url + "/save", sent, headers=script).response.json()
    assert step["total"] == 302
    assert step["done"] > int(how_far[1].split()[0]), "progress.js goes a step further each time"
    visitor.get(saving.url)
    while "go-on" in visitor.get(saving.url).ids:
        press(visitor, "go-on")
    assert passwords(visitor.get(saving.url)) == shown


# Who may, and how long


def files(page: Page) -> list[str]:
    return [f"{page.url}/{name}" for name in ("cards.pdf", "accounts.xlsx", "accounts.csv")]


def statuses(visitor: Visitor, addresses: list[str]) -> set[int]:
    return {visitor.http.get(address, allow_redirects=False).status_code for address in addresses}


def test_PW_23_a_file_is_downloaded_three_times(the_class: Class) -> None:
    the_three(the_class)
    page = press(the_class.visitor, "save-renewal")
    for _ in range(3):
        assert statuses(the_class.visitor, files(page)) == {200}
    fourth = the_class.visitor.get(files(page)[0])
    assert fourth.status == 404
    assert "Deze wachtwoorden zie je hier niet meer" in fourth.text


def test_PW_23_nobody_else_sees_or_downloads_it(the_class: Class) -> None:
    people, visitor = the_class.desks.provider.people, the_class.visitor
    the_three(the_class)
    page = press(visitor, "save-renewal")
    colleague, same_person, elsewhere = (the_class.desks.visitor() for _ in range(3))
    door = the_class.desks.schoolloket.origin + "/login"
    sign_in(colleague, people.staff(school=SCHOOL), door)
    sign_in(same_person, the_class.els, door)
    sign_in(elsewhere, people.staff(school=31245), door)
    for other in (colleague, same_person, elsewhere):
        assert statuses(other, [page.url, *files(page)]) == {404}
        other.get(page.url)
        assert "32890" not in (other.page.text if other.page else "")
    foreign = page.url.replace(f"/schools/{SCHOOL}/", "/schools/31245/")
    assert statuses(elsewhere, [foreign, f"{foreign}/cards.pdf"]) == {404}


def test_PW_23_after_a_quarter_of_an_hour_or_signing_out_it_is_over(the_class: Class) -> None:
    the_three(the_class)
    page = press(the_class.visitor, "save-renewal")
    with the_class.desks.provider.db() as db:
        db.execute(update(Renewal).values(expires_at=the_class.desks.provider.clock()))
    over = the_class.visitor.get(page.url)
    assert over.status == 410
    assert "Deze wachtwoorden zie je hier niet meer" in over.text
    assert passwords(over) == {}
    assert statuses(the_class.visitor, files(page)) == {404}
    the_class.renew(the_class.bhatti)
    page = press(the_class.visitor, "save-renewal")
    the_class.visitor.submit("/logout")
    sign_in(the_class.visitor, the_class.els, the_class.desks.schoolloket.origin + "/login")
    assert statuses(the_class.visitor, [page.url, *files(page)]) == {404}


def test_a_leerkracht_renews_the_own_class_and_gets_cards_but_no_tables(the_class: Class) -> None:
    people = the_class.desks.provider.people
    teacher = people.staff()
    people.appoint(teacher, SCHOOL, "leerkracht", classes=["2e"])
    visitor = the_class.desks.visitor()
    sign_in(visitor, teacher, the_class.desks.schoolloket.origin + "/login")
    page = the_class.renew(the_class.bhatti, the_class.bockstal, visitor=visitor)
    assert set(passwords(page)) == {"32890"}, "Amani is in another class"
    assert "(80240) Staat niet (meer) in jouw leerlingenlijst." in page.text
    page = press(visitor, "save-renewal")
    assert "Download een PDF" in page.text
    assert "Excel" not in page.text
    cards, *tables = files(page)
    assert statuses(visitor, [cards]) == {200}
    for table in tables:
        refused = visitor.get(table)
        assert refused.status == 403
        assert "Dit mag alleen een LeerID-beheerder" in refused.text


def test_what_no_form_of_ours_sends_is_refused(the_class: Class) -> None:
    page = the_class.visitor.get(the_class.home)
    token = page.form("/language").fields["csrf_token"]
    for data in (
        {},
        {"pupil": "x"},
        {"pupil": "32890", "purpose": "everything"},
        {"pupil": "32890", "basic_secret": "x"},
    ):
        sent = {**data, "csrf_token": token}
        answer = the_class.visitor.post(
            f"{the_class.home}/renewals", sent, headers=browser_headers(page, page.url)
        )
        assert answer.status == 400, data
