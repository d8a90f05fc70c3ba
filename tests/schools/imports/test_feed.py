"""What a line of the CSV feed says, and what can be wrong with it."""

from __future__ import annotations

import io
from datetime import date

import pytest

from idp.schools.imports import feed
from idp.schools.imports.rows import BadRow, FeedRefused, Refusal, Row, Wrong
from tests.schools.imports.feeds import COLUMNS, official, pupil, text_of


def read(text: str) -> list[Row | BadRow]:
    return list(feed.rows(io.BytesIO(text.encode())))


def only(**said: object) -> Row | BadRow:
    (found,) = read(text_of([pupil(**said)]))
    return found


def test_R89_a_line_says_everything_about_an_enrolment() -> None:
    assert only(**official(), leerling_sleutel="AB-1") == Row(
        line=2,
        school_number=2,
        school_name="School 2",
        pupil_number=60351,
        given_name="Abdulghani",
        family_name="Bogdan",
        official_given_name="Abdulghani",
        official_family_name="Bogdan",
        sex="M",
        birth_date=date(2010, 11, 7),
        administrative_group="6de leerjaar",
        class_code="6A",
        ordinary_secondary=False,
        pupil_key="AB-1",
        starts_on=date(2026, 9, 1),
        ends_on=date(2027, 8, 31),
    )


def test_R90_official_data_may_be_empty_or_not_there_at_all() -> None:
    bare = [name for name in COLUMNS if not name.startswith(("officiele", "ges", "geb", "leerling"))]
    for text in (text_of([pupil()]), text_of([pupil()], columns=bare)):
        (found,) = read(text)
        assert isinstance(found, Row)
        assert (found.official_given_name, found.sex, found.birth_date, found.pupil_key) == (None,) * 4


@pytest.mark.parametrize(
    "text",
    [
        text_of([pupil()], ","),
        text_of([pupil()]).replace("\n", "\r\n"),
        text_of([pupil()]).rstrip("\n"),
        "\ufeff" + text_of([pupil()]),
        text_of([pupil()], columns=reversed(COLUMNS)),
        text_of([pupil()], columns=(*COLUMNS, "schoolbus")),
        text_of([pupil()]).replace("administratieve_groep", "Administratieve groep"),
        text_of([pupil()]).replace("officiele_naam", "Officiële-Naam"),
        text_of([pupil()]).replace("Bogdan", '"Bogdan"'),
        "\n" + text_of([pupil()]) + "\n\n",
    ],
)
def test_R89_every_usual_way_of_writing_a_csv_is_read(text: str) -> None:
    (found,) = read(text)
    assert isinstance(found, Row)
    assert (found.family_name, found.administrative_group) == ("Bogdan", "6de leerjaar")


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ({"voornaam": "  Zoë "}, "given_name", "Zoë"),
        ({"voornaam": "Zoe\u0308"}, "given_name", "Zoë"),
        ({"naam": "Van\u00a0den Bossche"}, "family_name", "Van den Bossche"),
        ({"naam": "<script>alert(1)</script>"}, "family_name", "<script>alert(1)</script>"),
        ({"naam": '"D""Hondt; Maes"'}, "family_name", 'D"Hondt; Maes'),
        ({"onderwijs": "gewoon_secundair"}, "ordinary_secondary", True),
        ({"onderwijs": "Gewoon secundair"}, "ordinary_secondary", True),
        ({"begin": "1/09/2026"}, "starts_on", date(2026, 9, 1)),
        ({"einde": "31/08/2027"}, "ends_on", date(2027, 8, 31)),
        ({"stamnummer": "00017"}, "pupil_number", 17),
        ({"geslacht": "v"}, "sex", "V"),
        ({"klas": ""}, "class_code", ""),
        ({"instelling": ""}, "school_name", None),
    ],
)
def test_R89_a_cell_is_read_as_it_is_meant(said: dict[str, object], name: str, value: object) -> None:
    found = only(**said)
    assert isinstance(found, Row), found
    assert getattr(found, name) == value


@pytest.mark.parametrize(
    ("said", "column", "wrong"),
    [
        ({"stamnummer": ""}, "stamnummer", Wrong.EMPTY),
        ({"stamnummer": "12a"}, "stamnummer", Wrong.NO_NUMBER),
        ({"stamnummer": "-3"}, "stamnummer", Wrong.NO_NUMBER),
        ({"stamnummer": "٣"}, "stamnummer", Wrong.NO_NUMBER),
        ({"stamnummer": "9" * 5000}, "stamnummer", Wrong.NO_NUMBER),
        ({"instellingsnummer": "4294967296"}, "instellingsnummer", Wrong.NO_NUMBER),
        ({"voornaam": " "}, "voornaam", Wrong.EMPTY),
        ({"naam": "x" * 201}, "naam", Wrong.TOO_LONG),
        ({"klas": "x" * 51}, "klas", Wrong.TOO_LONG),
        ({"naam": "Bog\x07dan"}, "naam", Wrong.CONTROL),
        ({"naam": "Bog\u202edan"}, "naam", Wrong.CONTROL),
        ({"naam": "Bog\u2028dan"}, "naam", Wrong.CONTROL),
        ({"begin": "01-09-2026"}, "begin", Wrong.NO_DATE),
        ({"begin": "2026-09-31"}, "begin", Wrong.IMPOSSIBLE),
        ({"begin": "0001-01-01"}, "begin", Wrong.IMPOSSIBLE),
        ({"geboortedatum": "30/02/2010"}, "geboortedatum", Wrong.IMPOSSIBLE),
        ({"geboortedatum": "2026-09-01"}, "geboortedatum", Wrong.IMPOSSIBLE),
        ({"einde": "2026-08-31"}, "einde", Wrong.ENDS_FIRST),
        ({"onderwijs": "secundair"}, "onderwijs", Wrong.UNKNOWN_WORD),
        ({"onderwijs": ""}, "onderwijs", Wrong.EMPTY),
        ({"geslacht": "W"}, "geslacht", Wrong.UNKNOWN_WORD),
    ],
)
def test_OA_52_a_bad_line_is_named_with_its_column(
    said: dict[str, object], column: str, wrong: Wrong
) -> None:
    found = read(text_of([pupil(1), pupil(**said), pupil(3)]))
    bad = found[1]
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.column, bad.wrong) == (3, column, wrong)
    assert [isinstance(each, Row) for each in found] == [True, False, True]


def test_OA_52_a_line_of_another_width_is_named_and_the_rest_is_read() -> None:
    found = read(text_of([pupil(1)]) + "2;x\n" + text_of([pupil(3)]).splitlines()[1] + ";\n")
    assert [type(each) for each in found] == [Row, BadRow, BadRow]
    assert isinstance(found[-1], BadRow)
    assert found[-1].wrong is Wrong.CELLS


@pytest.mark.parametrize(
    ("text", "refusal", "part"),
    [
        ("", Refusal.EMPTY, ""),
        ("zomaar een tekst\n", Refusal.NO_HEADER, ""),
        (text_of([pupil()]).replace("stamnummer", "nummer", 1), Refusal.COLUMN_MISSING, "stamnummer"),
        (text_of([pupil()]).replace("instelling;", "klas;", 1), Refusal.COLUMN_TWICE, "klas"),
    ],
)
def test_OA_52_another_kind_of_file_is_refused_by_name(text: str, refusal: Refusal, part: str) -> None:
    with pytest.raises(FeedRefused) as refused:
        read(text)
    assert (refused.value.refusal, refused.value.part) == (refusal, part)
    assert str(refused.value)
