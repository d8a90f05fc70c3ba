"""A text with case and accents folded away: `Élise Nuñez` reads `elise nunez`."""

import unicodedata

# Letters that Unicode does not take apart by itself.
_SPECIAL_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ħ": "h",
        "\u0131": "i", "ŋ": "ng", "ŧ": "t", "ĸ": "k", "ə": "e",
    }
)  # fmt: skip


def folded(text: str) -> str:
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_SPECIAL_LETTERS)
    return without_marks(lowered).translate(_SPECIAL_LETTERS)


def without_marks(text: str) -> str:
    """Letters without their accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(character for character in apart if not unicodedata.combining(character))
