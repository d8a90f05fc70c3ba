"""How a pupil's name is shown."""


def initials(given: str, family: str) -> str:
    """Family name first: `BA` for Ardalan Bhatti (R53)."""
    return _first_letter(family) + _first_letter(given)


def greeting_name(given: str, family: str) -> str:
    """What a stranger holding a card may see: `Abdulghani B.`"""
    letter = _first_letter(family)
    return f"{given.strip()} {letter}.".strip() if letter else given.strip()


def family_first(given: str, family: str) -> str:
    return f"{family.strip()} {given.strip()}".strip()


def _first_letter(name: str) -> str:
    # "'t Hart" begins with T; a letter such as ß grows when raised, and one is enough.
    return next((character.upper()[0] for character in name if character.isalpha()), "")
