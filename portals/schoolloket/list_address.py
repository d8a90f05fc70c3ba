"""Where somebody is in a school's list: filter, order and page, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from flask import url_for

from portals.schoolloket.school_api import Filter

SORTS = ("family_name", "given_name", "pupil_number", "group", "status", "type")
DIRECTIONS = ("asc", "desc")
PER_PAGE = (25, 50, 100)
STATUSES = ("active", "none", "inactive", "blocked", "protected", "expired")
TYPES = ("basic", "advanced")
LAST_PAGE = 100_000
# As long as the API takes them.
LONGEST = {"q": 100, "group": 200, "class": 50}


@dataclass(frozen=True)
class ListAddress:
    """By family name unless asked otherwise (R82), 25 on a page."""

    which: Filter = field(default_factory=Filter)
    sort: str = SORTS[0]
    direction: str = DIRECTIONS[0]
    per_page: int = PER_PAGE[0]
    page: int = 1

    @property
    def query(self) -> str:
        """What is different from the list as it opens; empty when nothing is."""
        plain = ListAddress()
        said = {
            name: getattr(self, name)
            for name in ("sort", "direction", "per_page", "page")
            if getattr(self, name) != getattr(plain, name)
        }
        return urlencode({**self.which.asked(), **said})

    def at(self, school_number: int) -> str:
        return self.file("pupils", school_number)

    def file(self, view: str, school_number: int, **more: object) -> str:
        """A view beside the list that goes by the same question."""
        question = "&".join(part for part in (self.query, urlencode(more)) if part)
        address = url_for(view, school=school_number)
        return f"{address}?{question}" if question else address

    def on_page(self, page: int) -> ListAddress:
        return replace(self, page=page)

    def sorted_by(self, sort: str) -> ListAddress:
        """The other way round when it already is; always from the first page."""
        turned = sort == self.sort and self.direction == DIRECTIONS[0]
        return replace(self, sort=sort, direction=DIRECTIONS[1] if turned else DIRECTIONS[0], page=1)

    def with_rows(self, per_page: int) -> ListAddress:
        return replace(self, per_page=per_page, page=1)

    @property
    def unfiltered(self) -> ListAddress:
        return self.showing(Filter())

    @property
    def reported(self) -> ListAddress:
        """Everybody who said "Dit was ik niet"."""
        return self.showing(Filter(reported="yes"))

    def showing(self, which: Filter) -> ListAddress:
        return replace(self, which=which, page=1)


def read_address(query: str) -> ListAddress:
    return list_address(dict(parse_qsl(query)))


def list_address(asked: Mapping[str, str]) -> ListAddress:
    """What can't be, is as it would be without it: an address is typed, shortened and forwarded by people."""
    plain = ListAddress()
    sort, direction = asked.get("sort", ""), asked.get("direction", "")
    per_page, page = whole(asked.get("per_page", "")), whole(asked.get("page", ""))
    return ListAddress(
        which=list_filter(asked),
        sort=sort if sort in SORTS else plain.sort,
        direction=direction if direction in DIRECTIONS else plain.direction,
        per_page=per_page if per_page in PER_PAGE else plain.per_page,
        page=min(max(page, 1), LAST_PAGE),
    )


def list_filter(asked: Mapping[str, str]) -> Filter:
    return Filter(
        q=word(asked, "q"),
        group=word(asked, "group"),
        status=known(asked, "status", STATUSES),
        type=known(asked, "type", TYPES),
        class_code=word(asked, "class"),
        reported=known(asked, "reported", ("yes",)),
    )


def word(asked: Mapping[str, str], name: str) -> str:
    printable = "".join(letter for letter in asked.get(name, "") if letter.isprintable())
    return printable.strip()[: LONGEST[name]]


def known(asked: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    return asked[name] if asked.get(name) in words else ""


def whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
