"""The example schools, with their administrative groups."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """An administrative group: its class code at the school, and how old its pupils are when the school year begins."""

    name: str
    class_code: str
    age: int
    ordinary_secondary: bool
    is_new: bool = False  # nobody in it has an account yet: a class to activate


@dataclass(frozen=True)
class ExampleSchool:
    number: int
    name: str
    groups: tuple[Group, ...]

    def group(self, class_code: str) -> Group:
        return next(group for group in self.groups if group.class_code == class_code)


CITY = ExampleSchool(
    2,
    "BRUSSEL-STAD - TEST School 2",
    (
        Group("6de leerjaar", "6A", 11, ordinary_secondary=False),
        Group("1e lj 1e gr A-stroom", "1A", 12, ordinary_secondary=True),
        Group("2e lj 1e gr Mechanica-elektriciteit", "2ME", 13, ordinary_secondary=True),
        Group("1e lj 2e gr Economie ASO", "3EC", 14, ordinary_secondary=True),
        Group("2e lj 2e gr Wetenschappen ASO", "4WE", 15, ordinary_secondary=True),
        Group("1e lj 3e gr Kantoor BSO", "5KA", 16, ordinary_secondary=True),
        Group("1e lj 3e gr Latijn-wiskunde ASO", "5LW", 16, ordinary_secondary=True),
        Group("1e lj 3e gr Sociale en techn. wet. TSO", "5STW", 16, ordinary_secondary=True),
        Group("2e lj 3e gr Elektromechanica TSO", "6EM", 17, ordinary_secondary=True),
    ),
)
PRIMARY = ExampleSchool(
    5,
    "MECHELEN - TEST Basisschool 5",
    (
        Group("1ste leerjaar", "1A", 6, ordinary_secondary=False),
        Group("1ste leerjaar", "1B", 6, ordinary_secondary=False, is_new=True),
        Group("2de leerjaar", "2A", 7, ordinary_secondary=False),
        Group("5de leerjaar", "5A", 10, ordinary_secondary=False),
    ),
)
SPECIAL = ExampleSchool(
    7,
    "GENT - TEST School voor buitengewoon onderwijs 7",
    (
        Group("BuBaO type 5", "B1", 9, ordinary_secondary=False),
        Group("BuSO OV3 kwalificatiefase", "O3", 15, ordinary_secondary=False),
    ),
)
SCHOOLS = (CITY, PRIMARY, SPECIAL)
