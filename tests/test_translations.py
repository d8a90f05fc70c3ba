"""English and French are complete: every Dutch text of every page has its translation, with the same places to fill in."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text in the code and the templates, as `make texts` would find them."""
    found = tmp_path_factory.mktemp("texts") / "all.pot"
    command = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        "extract",
        "-F",
        "pyproject.toml",
        "-o",
        str(found),
    ]
    subprocess.run([*command, "."], cwd=ROOT, check=True)
    with found.open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_text_is_translated_and_none_is_left_over(texts: Catalog, language: str) -> None:
    with (ROOT / "templates" / "catalogues" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    wanted = {message.id for message in texts if message.id}
    known = {
        message.id for message in catalogue if message.id and translated(message.string) and not message.fuzzy
    }
    assert wanted - known == set(), "not translated yet"
    assert known - wanted == set(), "translated, but nobody says it any more"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_translation_has_the_same_places_to_fill_in(language: str) -> None:
    with (ROOT / "templates" / "catalogues" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        for its_id, each in zip(ids, strings, strict=True):
            # One thing may be told without its number: "de ene leerling".
            assert places(each or "") in (places(its_id), places(ids[-1])), ids[0]


def translated(string: object) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def places(text: str) -> set[str]:
    return set(PLACE.findall(text))
