"""How long printing takes: `python -m tests.bench.cards [cards]`."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from idp.accounts.secret import Secret
from idp.rules.account_types import AccountKind, SecretKind
from idp.schools.cards import CardToPrint, one_card, sheets
from idp.schools.workbook import Row, mail_merge, workbook

GROUPS = (
    "1e lj 3e gr Latijn-wiskunde ASO",
    "2e lj 2e gr Wetenschappen ASO",
    "2e lj 1e gr Mechanica-elektriciteit",
)


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    words, pictures, rows = cards(many), with_pictures(cards(many)), table(many)
    report("one card", lambda: one_card(words[0]))
    report("one picture card", lambda: one_card(pictures[0]))
    report(f"{many} cards", lambda: sheets(words, "Meting"))
    report(f"{many} picture cards", lambda: sheets(pictures, "Meting"))
    report(f"workbook of {many}", lambda: workbook(rows))
    report(f"workbook of {many}, a sheet a class", lambda: workbook(rows, by_class=True))
    report(f"mail merge of {many}", lambda: mail_merge(rows))
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most")


def report(what: str, make: Callable[[], bytes]) -> None:
    before = time.process_time()
    made = make()
    print(f"{what}: {time.process_time() - before:.2f} s of CPU, {len(made) / 1024:.0f} kB")


def cards(many: int) -> list[CardToPrint]:
    return [
        CardToPrint(
            given_name=f"Élise{number}",
            family_name=f"Van den Broeck-{number}",
            username=f"elise{number}.van-den-broeck",
            group=GROUPS[number % len(GROUPS)],
            class_code=f"{number % 40}A",
            school_name="BRUSSEL-STAD - TEST School 2",
            address=f"https://id.leerid.example/k/{number:026}",
            secret=Secret("CMixM2ae"),
            secret_kind=SecretKind.TEXT,
            is_temporary=True,
        )
        for number in range(many)
    ]


def with_pictures(made: list[CardToPrint]) -> list[CardToPrint]:
    return [
        replace(card, secret=Secret("4739"), secret_kind=SecretKind.PICTURES, is_temporary=False)
        for card in made
    ]


def table(many: int) -> list[Row]:
    return [
        Row(
            pupil_number=number,
            given_name=card.given_name,
            family_name=card.family_name,
            username=card.username,
            secret=card.secret,
            group=card.group,
            sex="V",
            birth_date=date(2010, 6, 11),
            account_type=AccountKind.ADVANCED,
            class_code=card.class_code,
        )
        for number, card in enumerate(cards(many))
    ]


if __name__ == "__main__":
    main()
