"""`leerid import`: the whole of an import in one go, with progress, and the difference in words."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

import click
from sqlalchemy.orm import Session

from idp.schools.import_records import Change, Import, ImportFault, ImportSchool
from idp.schools.imports import importing, showing
from idp.schools.imports.applying import step
from idp.schools.imports.importing import NotNow, Sender, State, state_of
from idp.schools.imports.reading import Format
from idp.schools.imports.rows import Refusal, sentence
from idp.schools.imports.showing import Unread
from idp.settings import Imports

MEGABYTE = 1_000_000
SCHOOLS_SHOWN = 20
BAD_ROWS_SHOWN = 20
WORDS = {
    Change.NEW: "new pupils",
    Change.MOVED: "from another school",
    Change.CHANGED: "changed",
    Change.RETURNED: "back again",
    Change.SHORTENED: "end earlier",
    Change.REPLACED: "number given to another pupil",
    Change.LEFT: "left",
}


class CannotImport(Exception):
    """Why nothing was imported, in one sentence."""


def take_in(
    db: Session,
    path: Path,
    *,
    limits: Imports,
    key: bytes,
    wanted: Format | None,
    dry_run: bool,
    confirmed: bool,
    bad_rows: Path | None,
    now: Callable[[], datetime],
) -> bool:
    """True when it was applied, or would be; False when it stops and asks. Raises CannotImport when it is refused."""
    with path.open("rb") as file, progress("reading", path.stat().st_size) as show:
        import_id = importing.receive(
            db,
            file,
            name=path.name,
            largest=limits.largest_megabytes * MEGABYTE,
            limits=limits,
            key=key,
            now=now(),
            sender=Sender(),
            wanted=wanted,
            tell=lambda: show(place_in(file)),
        )
    found = db.get_one(Import, import_id)
    write_bad_rows(db, import_id, bad_rows)
    if found.refused_at is not None:
        raise CannotImport(f"{path.name}: {said_no(found)}")
    tell_difference(db, found)
    goes = confirmed or state_of(found) is State.READY
    if dry_run:
        importing.remove(db, import_id, now())
        click.echo("nothing was changed: this was a dry run", err=True)
        return goes
    if not goes:
        click.echo(
            "It stops: nothing was changed. If the figures are right, run it again with --yes.", err=True
        )
        return False
    apply(db, import_id, limits, confirmed, now)
    return True


def apply(
    db: Session, import_id: UUID, limits: Imports, confirmed: bool, now: Callable[[], datetime]
) -> None:
    try:
        importing.begin(db, import_id, confirmed=confirmed, limits=limits, now=now(), sender=Sender())
    except NotNow as reason:
        raise CannotImport(f"it can't be applied now: {NOT_NOW.get(reason.state, reason.state)}") from None
    found = db.get_one(Import, import_id)
    with progress("enrolments", found.changes) as show:
        while (found := db.get_one(Import, import_id)).people is None and step(db, import_id, now(), "-"):
            show(db.get_one(Import, import_id).changes_done)
    with progress("accounts", found.people or 0) as show:
        while step(db, import_id, now(), "-"):
            show(db.get_one(Import, import_id).people_done)
    found = db.get_one(Import, import_id)
    if found.applied_at is None:
        raise CannotImport(said_no(found))
    click.echo(f"applied: {found.changes} enrolments and {found.people} accounts are different now", err=True)


def said_no(found: Import) -> str:
    return sentence(Refusal(found.refusal or Refusal.LOST), found.refusal_line, found.refusal_part or "")


NOT_NOW = {
    State.APPLYING: "another import is being applied",
    State.STOPPED: "the database changed since, and now it stops",
}


# What is said


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; `show(so_far)`."""
    with click.progressbar(length=length, label=f"{label:<10}", file=sys.stderr) as bar:
        yield lambda so_far: bar.update(max(0, min(so_far, length) - bar.pos))
        bar.update(max(0, length - bar.pos))


def place_in(file: IO[bytes]) -> int:
    return 0 if file.closed else file.tell()


def tell_difference(db: Session, found: Import) -> None:
    all_together = showing.totals(db, found.id)
    click.echo(
        f"{all_together.rows} pupils at {all_together.schools} schools"
        f" ({all_together.new_schools} new), {all_together.unchanged} unchanged, {found.bad_rows} lines not used"
    )
    for change, count in all_together.by_change.items():
        if count:
            click.echo(f"{count:>9}  {WORDS[change]}")
    click.echo(f"{found.ended} of {found.enrolled} enrolments would end earlier than was known")
    tell_unread(showing.unread(db, found.id))
    tell_schools(db, found.id)
    tell_examples(db, found.id)
    tell_bad_rows(showing.bad_rows(db, found.id, BAD_ROWS_SHOWN), found.bad_rows)


def tell_unread(unread: Unread) -> None:
    if unread.everywhere:
        click.echo("nobody leaves this time: of some line the school can't be read")
    elif unread.schools:
        some = ", ".join(map(str, unread.schools[:SCHOOLS_SHOWN]))
        click.echo(f"nobody leaves this time at school {some}: of some line the pupil can't be read")


def tell_schools(db: Session, import_id: UUID) -> None:
    shown = showing.schools_of(db, import_id, first=0, most=SCHOOLS_SHOWN)
    if shown:
        click.echo("\nby school:")
    for school in shown:
        click.echo(f"  {school.school_number} {school.name}: {said_of(school)}")
    left = showing.how_many_schools(db, import_id) - len(shown)
    if left > 0:
        click.echo(f"  and {left} more")


def said_of(school: ImportSchool) -> str:
    counts = [f"{count} {WORDS[each]}" for each in WORDS if (count := getattr(school, each.value))]
    says = [
        *(["new school"] if school.is_new else []),
        *counts,
        *([f"STOPS: {school.ended} of {school.enrolled} would end"] if school.stops else []),
    ]
    return ", ".join(says)


def tell_examples(db: Session, import_id: UUID) -> None:
    found = showing.examples(db, import_id)
    if found:
        click.echo("\nfor example:")
    for each in found:
        place = f"line {each.line}" if each.line is not None else "not in the feed"
        columns = f" ({', '.join(each.columns)})" if each.columns else ""
        click.echo(
            f"  {WORDS[each.change]}: {each.pupil_number} at school {each.school_number}, {place}{columns}"
        )


def tell_bad_rows(shown: Sequence[ImportFault], how_many: int) -> None:
    if shown:
        click.echo("\nnot used:")
    for bad in shown:
        click.echo(
            f"  line {bad.line}{f', {bad.column}' if bad.column else ''}: {bad.wrong.replace('_', ' ')}"
        )
    if how_many > len(shown):
        click.echo(f"  and {how_many - len(shown)} more: --bad-rows FILE has them all")


def write_bad_rows(db: Session, import_id: UUID, path: Path | None) -> None:
    if path is None:
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["line", "column", "wrong", "instellingsnummer", "stamnummer"])
        for bad in showing.bad_rows(db, import_id):
            table.writerow([bad.line, bad.column, bad.wrong, bad.school_number, bad.pupil_number])
