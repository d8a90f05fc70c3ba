"""The lists of words that travel with the rules."""

from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a file in `data/`, one a line, in its order; `#` begins a remark."""
    text = files("idp.rules").joinpath("data", f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)
