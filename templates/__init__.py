"""The pages of all three applications, and the design they share.

This room owns how things look and the words around them; it must not know any rule, record or request.
"""

from importlib.resources import files
from pathlib import Path


def folder() -> Path:
    """The root for a template loader: `design/base.html`, `idp/...` and the others are found from here."""
    return Path(str(files(__package__)))


def design_files() -> Path:
    """What `design_url(name)` serves: the stylesheet, the scripts and the small icon."""
    return folder() / "design" / "static"


def pictures() -> Path:
    """What `picture_url(key)` serves: one drawing per key, as `key.svg`."""
    return folder() / "design" / "pictures"


def card_fonts() -> Path:
    """The letters of the printed cards, which travel with the program: no printer or server has them all."""
    return folder() / "cards" / "fonts"


def card_pictures() -> Path:
    """The same drawings as `key.png`, large enough to print."""
    return folder() / "cards" / "pictures"
