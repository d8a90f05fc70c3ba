"""The sentence beside a picture password: a row of pictures is forgotten, a small story isn't."""

from __future__ import annotations

from collections.abc import Sequence

from idp.rules.picture_passwords import Picture

ARTICLES = {
    "appel": "de", "ballon": "de", "eend": "de", "fiets": "de", "huis": "het", "kat": "de", "paraplu": "de",
    "raket": "de", "slak": "de", "trein": "de", "vis": "de", "wolk": "de",
}  # fmt: skip


def sentence(pictures: Sequence[Picture]) -> str:
    """`Eerst het huis, dan de raket, dan weer het huis en ten slotte de slak.`"""
    first, *middle, last = (_named(pictures, place) for place in range(len(pictures)))
    return f"{', '.join([f'Eerst {first}', *(f'dan {each}' for each in middle)])} en ten slotte {last}."


def _named(pictures: Sequence[Picture], place: int) -> str:
    picture = pictures[place]
    again = "weer " if picture in pictures[:place] else ""
    return f"{again}{ARTICLES[picture.noun]} {picture.noun}"
