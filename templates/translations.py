"""Dutch is the language of the texts in the code; English and French are catalogues beside this file."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

# Code -> the language's own name, in the order of the language switch.
LANGUAGES = {"nl": "Nederlands", "en": "English", "fr": "Français"}


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of `language`; Dutch needs none. Read once per process, straight from the .po file."""
    path = Path(__file__).parent / "catalogues" / f"{language}.po"
    if language not in LANGUAGES or not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(fp=compiled)
