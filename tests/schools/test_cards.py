"""Printed cards: what is on them, in which order, and that readers and scanners agree."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from fpdf.errors import FPDFResourceAccessError
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

import templates
from idp.rules.picture_passwords import PICTURES, SPARE_PICTURES
from idp.schools.card_contents import KNOWN_ALREADY, TEMPORARY, WARNING
from idp.schools.card_layouts import ALONE, ON_A_SHEET
from idp.schools.card_paper import Paper
from idp.schools.cards import one_card, printing_order, sheets
from idp.schools.picture_sentences import ARTICLES, sentence
from tests.schools.printing import ADDRESS, a_card, codes_on, reader, run_together, text_for_people, words

HOUSE = Path(__file__).parents[2]
A4, A5_LYING = (595, 842), (595, 420)

# What stands on a card


def test_R33_R40_a_card_says_everything_in_the_order_of_the_manual() -> None:
    said = words(one_card(a_card(class_code="5EM")))
    assert said == [
        "2e lj 3e gr Elektromechanica TSO · 5EM",
        "Ardalan Bhatti LeerID",
        "BRUSSEL-STAD - TEST School 2",
        "Gebruikersnaam:",
        "ardalan.bhatti",
        "Wachtwoord:",
        "qxu7Benc",
        "Scan de code of surf naar:",
        ADDRESS,
        "Indien je denkt dat iemand anders jouw LeerID gebruikt,",
        "contacteer dan zo snel mogelijk je LeerID-beheerder.",
    ]
    assert " ".join(said[-2:]) == WARNING


def test_R32_there_is_a_layout_for_one_card_and_one_for_eight_on_a_sheet() -> None:
    alone, sheet = reader(one_card(a_card())).pages, reader(sheets([a_card()] * 9, "6A")).pages
    assert [tuple(map(round, page.mediabox[2:])) for page in alone] == [A5_LYING]
    assert [tuple(map(round, page.mediabox[2:])) for page in sheet] == [A4, A4]
    assert [page.extract_text().count("Wachtwoord:") for page in sheet] == [8, 1]


def test_R32_a_sheet_says_whose_it_is_and_which_of_how_many() -> None:
    printed = sheets([a_card()] * 9, "6de leerjaar A")
    assert words(printed, 0)[-1] == "6de leerjaar A Pagina 1 van 2"
    assert words(printed, 1)[-1] == "6de leerjaar A Pagina 2 van 2"


def test_no_cards_at_all_is_a_page_that_says_so() -> None:
    assert words(sheets([], "6A"))[0] == "Er zijn geen kaartjes om af te drukken."


def test_username_and_password_are_in_letters_that_nobody_confuses() -> None:
    """One width for all, and a zero with a dot."""
    page = reader(one_card(a_card(username="noor0", password="0Ol1I8B"))).pages[0]
    fonts: dict[str, str] = {}
    page.extract_text(
        visitor_text=lambda text, _cm, _tm, font, _size: fonts.update({text.strip(): str(font)})
    )
    names = {text: font for text, font in fonts.items() if text in {"noor0", "0Ol1I8B"}}
    assert len(names) == 2
    assert all("Mono" in font for font in names.values())


def test_R12_a_temporary_password_says_what_is_asked_of_the_pupil() -> None:
    assert "".join(TEMPORARY.split()) in run_together(one_card(a_card(is_temporary=True)))
    assert "".join(TEMPORARY.split()) not in run_together(one_card(a_card()))


def test_a_card_without_a_password_says_that_the_pupil_knows_it() -> None:
    for printed in (one_card(a_card(password=None)), sheets([a_card(password=None)], "6A")):
        assert KNOWN_ALREADY in words(printed)
        assert "Wachtwoord:" not in words(printed)


# The two ways in


def test_R35_a_scanner_reads_every_code_of_a_sheet(tmp_path: Path) -> None:
    addresses = {f"https://id.leerid.example/k/{letter * 26}" for letter in "bcdfghjk"}
    cards = [
        a_card(address=address, pictures=index % 2 == 0, password="4738")
        for index, address in enumerate(sorted(addresses))
    ]
    read = codes_on(sheets(cards, "6A"), tmp_path)
    assert len(read) == 8
    assert set(read) == addresses


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000/k/3xh997qykk9ufh7vhsxnhtexac", "https://x.be/" + "a" * 150]
)
def test_R35_the_code_says_the_address_and_nothing_else(tmp_path: Path, address: str) -> None:
    """Also from a poor printer; the password isn't in it."""
    assert codes_on(one_card(a_card(address=address)), tmp_path, dots_an_inch=100) == [address]


@pytest.mark.parametrize("layout", [ON_A_SHEET, ALONE])
def test_R35_a_code_is_large_enough_also_when_a_printer_makes_the_page_smaller(layout: Any) -> None:
    assert layout.code.width * 0.95 >= 28


def test_R36_the_address_is_printed_whole_on_one_line() -> None:
    for printed in (one_card(a_card()), sheets([a_card()], "6A")):
        assert ADDRESS in words(printed)


# The order of a class


def test_R41_cards_lie_by_group_and_then_by_name() -> None:
    cards = [
        a_card("Ardalan", "Bhatti", group="2e lj 3e gr Elektromechanica TSO"),
        a_card("Zoë", "Élias", group="1e lj 3e gr Sociale en techn. wet. TSO"),
        a_card("Amani", "Bockstal", group="1e lj 3e gr Sociale en techn. wet. TSO"),
        a_card("Łukasz", "de Smet", group="1e lj 3e gr Sociale en techn. wet. TSO"),
        a_card("Anna", "De Smet", group="1e lj 3e gr Sociale en techn. wet. TSO"),
        a_card("Tom", "Fierens", group="1E LJ 3e gr sociale en techn. wet. TSO"),
    ]
    names = ["Amani Bockstal", "Anna De Smet", "Łukasz de Smet", "Zoë Élias", "Tom Fierens", "Ardalan Bhatti"]
    assert [card.full_name for card in printing_order(cards)] == names
    printed = words(sheets(cards, "Alle groepen"))
    assert [line.removesuffix(" LeerID") for line in printed if line.endswith(" LeerID")] == names


# Pictures


def test_R42_a_picture_card_shows_the_pictures_in_order_with_their_digits() -> None:
    printed = one_card(a_card(password="4738", pictures=True))
    page = reader(printed).pages[0]
    drawn = re.findall(rb"/(I\d+) Do", page.get_contents().get_data())  # type: ignore[union-attr]
    shown = [image_of(page, name.decode()) for name in drawn]
    assert [closest(image) for image in shown] == ["huis", "raket", "fiets", "slak"]
    assert "Wachtwoord:4738Eerst" in run_together(printed)


def image_of(page: Any, name: str) -> Image.Image:
    image = page.images[f"/{name}"].image
    assert isinstance(image, Image.Image)
    return image.convert("L")


def closest(image: Image.Image) -> str:
    def difference(key: str) -> int:
        with Image.open(templates.card_pictures() / f"{key}.png") as known:
            return sum(ImageChops.difference(image, known.convert("L")).tobytes())

    return min((picture.key for picture in PICTURES), key=difference)


def test_R42_the_pictures_are_told_to_who_can_not_see_them() -> None:
    assert b"Afbeeldingen in deze volgorde: 4 huis, 7 raket, 3 fiets, 8 slak" in spoken(
        one_card(a_card(password="4738", pictures=True))
    )


def spoken(pdf: bytes) -> bytes:
    tree = reader(pdf).root_object["/StructTreeRoot"]["/K"][0].get_object()  # type: ignore[index]
    said = [str(element.get_object().get("/Alt", "")) for element in tree["/K"]]
    return "\n".join(said).encode()


def test_R42_every_picture_has_a_print_and_an_article() -> None:
    keys = {picture.key for picture in (*PICTURES, *SPARE_PICTURES)}
    assert {print_.stem for print_ in templates.card_pictures().glob("*.png")} == keys
    assert set(ARTICLES) == {picture.noun for picture in (*PICTURES, *SPARE_PICTURES)}
    for key in keys:
        with Image.open(templates.card_pictures() / f"{key}.png") as print_:
            assert print_.size == (300, 300)


@pytest.mark.parametrize(
    ("digits", "said"),
    [
        ("4738", "Eerst het huis, dan de raket, dan de fiets en ten slotte de slak."),
        ("4745", "Eerst het huis, dan de raket, dan weer het huis en ten slotte de kat."),
        (
            "12191",
            "Eerst de ballon, dan de eend, dan weer de ballon, dan de trein en ten slotte weer de ballon.",
        ),
    ],
)
def test_R42_the_pictures_make_a_sentence(digits: str, said: str) -> None:
    by_digit = {str(picture.digit): picture for picture in PICTURES}
    assert sentence([by_digit[digit] for digit in digits]) == said


def test_R42_six_pictures_go_on_a_card_too() -> None:
    printed = sheets([a_card(password="473825", pictures=True)], "2A")
    assert "Wachtwoord:473825Eersthethuis" in run_together(printed)


# Names that somebody once typed

STRANGE = [
    "<b>Jan</b> & <i>co</i>",
    '<img src="file:///etc/hostname">',
    "<img src=http://127.0.0.1:9/x.png>",
    "{{ 7*7 }} {% raw %} ${x} %s {nb}",
    "W" * 500,
    "Maria " * 83,
    "Tom 😀",
    "Łukasz Żółć",
    "Şükrü Öztürk ığİ",
    "Ελένη",
    "Іван Чайковський",
    ") Tj ET (\\050 (( BT",
    'O\'Neil "de" Groot',
]


def test_OA_51_one_bad_name_does_not_stop_the_class() -> None:
    cards = [a_card(name, f"Nr{number}") for number, name in enumerate(STRANGE)]
    printed = run_together(sheets(cards, "<b>6A</b> & {{ x }}"))
    for number, name in enumerate(STRANGE):
        assert f"{''.join(name.split())}Nr{number}LeerID" in printed
    assert "<b>6A</b>&{{x}}" in printed


@pytest.mark.parametrize("name", [STRANGE[1], STRANGE[4], STRANGE[5]])
def test_OA_51_a_name_is_drawn_as_it_is_written_on_a_card_alone(name: str) -> None:
    printed = run_together(one_card(a_card(name, group=name)))
    assert printed.count("".join(name.split())) == 2
    assert "qxu7Benc" in printed


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Ame\u0301lie", "Amélie"),
        ("Tom\x00\x07\x1b\u202e\u200f", "Tom"),
        ("An\r\n\tna", "An na"),
        ("Zo\u0308" + "\u0301" * 40 + "e", "Zö\u0301\u0301\u0301e"),
        ("王小明", "\ufffd\ufffd\ufffd"),
        ("Kim 🦄", "Kim \ufffd"),
        ("\ud800Bo", "Bo"),
        ("", ""),
        (" \u00a0 ", ""),
    ],
)
def test_OA_51_what_can_not_be_drawn_is_left_out_or_marked(name: str, drawn: str) -> None:
    printed = one_card(a_card(name, "Peeters"))
    assert "".join(f"{drawn}Peeters".split()) in run_together(printed)


@pytest.mark.parametrize("name", ["محمد علي", "דוד לוי"])
def test_OA_51_arabic_and_hebrew_run_from_right_to_left(tmp_path: Path, name: str) -> None:
    """Drawn the wrong way around, they would be read backwards."""
    shown = text_for_people(one_card(a_card(name, "")), tmp_path)
    assert unicodedata.normalize("NFKC", name) in unicodedata.normalize("NFKC", shown)


def test_OA_51_arabic_letters_join() -> None:
    """One letter at the beginning, in the middle and at the end of a word has three shapes."""
    page = reader(one_card(a_card("ممم", ""))).pages[0]
    fonts = page["/Resources"]["/Font"].values()  # type: ignore[index]
    shapes = sum(font.get_object()["/ToUnicode"].get_data().count(b"<0645>") for font in fonts)
    assert shapes == 3


@settings(max_examples=10)
@given(st.lists(st.text(), min_size=21, max_size=21))
def test_OA_51_whatever_the_names_the_neighbour_gets_a_card(names: list[str]) -> None:
    cards = [
        a_card(given, family, group=group)
        for given, family, group in zip(names[::3], names[1::3], names[2::3], strict=True)
    ]
    assert "NoorJanssensLeerID" in run_together(sheets([*cards, a_card("Noor", "Janssens")], "6A"))


WATCHED = """
import sys
from idp.schools.cards import one_card
from tests.schools.printing import a_card

opened, watching = [], False

def watch(event, arguments):
    if watching and (event == "open" or event.startswith(("socket.", "urllib."))):
        opened.append(f"{event} {arguments[0]}")

sys.addaudithook(watch)
one_card(a_card())  # what is imported on the way
watching = True
for name in sys.argv[1:]:
    one_card(a_card(name, name, group=name, class_code=name))
watching = False
print("\\n".join(opened))
"""


def test_OA_51_CV_47_nothing_is_opened_or_fetched_for_what_a_name_says() -> None:
    command = [sys.executable, "-c", WATCHED, *STRANGE[:4]]
    opened = subprocess.run(
        command, cwd=HOUSE, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {Path(line).parent.name for line in opened} == {"fonts"}


@pytest.mark.parametrize("resource", ["/etc/hostname", "http://127.0.0.1:9/x.png", Path("/etc/hostname")])
def test_OA_51_CV_47_the_paper_itself_refuses_to_look_anything_up(resource: Any) -> None:
    paper = Paper(orientation="portrait", size="A4", title="LeerID-kaartjes")
    paper.add_page()
    with pytest.raises(FPDFResourceAccessError):
        paper.image(resource)


# The file itself


def test_PW_17_the_file_says_nothing_of_a_pupil_but_on_its_pages() -> None:
    pdf = reader(sheets([a_card()], "6de leerjaar A"))
    assert pdf.metadata is not None
    assert set(pdf.metadata) == {"/Title", "/Producer", "/CreationDate"}
    assert pdf.metadata.title == "LeerID-kaartjes"
    assert pdf.root_object.get("/Names") is None
    assert pdf.xmp_metadata is None


def test_a_card_can_be_heard() -> None:
    pdf = reader(one_card(a_card()))
    assert str(pdf.root_object["/Lang"]) == "nl"
    assert pdf.root_object["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert f"QR-code naar {ADDRESS}".encode() in spoken(one_card(a_card()))


def test_nothing_in_the_file_acts() -> None:
    pdf = one_card(a_card("<script>", "x"))
    assert not re.search(rb"/(JavaScript|JS|Launch|URI|EmbeddedFile|GoToR|SubmitForm)\b", pdf)


def test_the_same_cards_make_the_same_file() -> None:
    first, second = (re.sub(rb"/CreationDate \(.*?\)|/ID \[.*?\]", b"", one_card(a_card())) for _ in range(2))
    assert first == second


def test_many_cards_share_letters_and_pictures() -> None:
    one = len(sheets([a_card(password="4738", pictures=True)], "2A"))
    forty = len(sheets([a_card(password="4738", pictures=True)] * 40, "2A"))
    assert forty < 4 * one


def test_the_letters_and_their_licence_travel_together() -> None:
    assert {file.name for file in templates.card_fonts().iterdir()} == {
        "DejaVuSans.ttf",
        "DejaVuSans-Bold.ttf",
        "DejaVuSansMono-Bold.ttf",
        "LICENSE",
    }
