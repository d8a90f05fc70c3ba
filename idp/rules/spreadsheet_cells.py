"""A text that a spreadsheet shows and never runs: nothing in it is a formula (OA-50)."""

import re
import unicodedata

# What begins a formula, also behind quotes and spaces and in full width; a tab or another sign of control hides one.
FORMULA = re.compile(r"""["'\s]*[=+\-@|]|[\x00-\x1f]""")


def harmless(text: str) -> str:
    """The same text; with an apostrophe before it, as spreadsheets mark a text, when it could be taken for a formula."""
    return f"'{text}" if FORMULA.match(unicodedata.normalize("NFKC", text)) else text
