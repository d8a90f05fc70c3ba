"""What is in the log stays there: the database itself refuses to change an event, or to lose one too early (OA-59, PR-08).

The chain tells afterwards that somebody tampered; this keeps a fault or an injection in the application from doing so.
"""

from __future__ import annotations

from sqlalchemy import DDL, FromClause, event

SAID = "what is in the log stays there"
REFUSE = f"""
CREATE OR REPLACE FUNCTION leerid_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{SAID}'; END $$
"""


def keep(table: FromClause, moment: str, *keys: str) -> None:
    """Rows of this table never change, and go only when `moment` is two years ago. `keys`: the columns without doubles."""
    for engine, statements in (("postgresql", in_postgresql), ("sqlite", in_sqlite)):
        for statement in statements(str(table), moment, keys):
            event.listen(table, "after_create", saying(statement).execute_if(dialect=engine))


def saying(statement: str) -> DDL:
    return DDL(statement)  # type: ignore[no-untyped-call]


def in_postgresql(table: str, moment: str, _keys: tuple[str, ...]) -> tuple[str, ...]:
    refuse = "EXECUTE FUNCTION leerid_refuse()"
    young = f"WHEN (OLD.{moment} >= now() - interval '24 months')"
    return (
        REFUSE,
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} FOR EACH ROW {young} {refuse}",
        f"CREATE TRIGGER {table}_stay_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    )


def in_sqlite(table: str, moment: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    young = f"WHEN OLD.{moment} >= datetime('now', '-24 months')"
    # INSERT OR REPLACE takes a row away without asking the trigger of DELETE.
    same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
    there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (words of our own)
    return (
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} {young} {refuse}",
        f"CREATE TRIGGER {table}_never_replace BEFORE INSERT ON {table} {there} {refuse}",
    )
