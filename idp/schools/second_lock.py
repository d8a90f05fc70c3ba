"""The second lock itself: row-level security that comes with the tables, on PostgreSQL (OA-54).

A transaction that says for which school it is (`confinement`) finds and writes rows of that school only, whatever the query
asks. One that says nothing sees everything: signing in, the worker and the import are about no one school. FORCE makes it
hold for the tables' owner, as which the application connects; `leerid check` warns of roles that it can't hold for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, event, text

from idp.database import Base

# The setting is empty, and no longer absent, in a connection where an earlier transaction was confined.
SAID = "COALESCE(current_setting('leerid.school', true), '')"
# A CASE and no OR: of an OR the planner believes that hardly a row passes, and then plans a school's list as one of twenty.
OF_THE_SCHOOL = f"CASE WHEN {SAID} = '' THEN true ELSE {SAID} = school_number::text END"
ITS_RENEWAL = "SELECT FROM renewals WHERE renewals.id = renewed_pupils.renewal_id"
OF_ITS_RENEWAL = f"CASE WHEN {SAID} = '' THEN true ELSE EXISTS ({ITS_RENEWAL}) END"
# What a row must fulfil, by table. A renewal's pupils are where their renewal is, and that has a lock of its own.
VISIBLE = {
    "enrolments": OF_THE_SCHOOL,
    "renewals": OF_THE_SCHOOL,
    "renewed_pupils": OF_ITS_RENEWAL,
    "selected_pupils": OF_THE_SCHOOL,
    "audit_events": OF_THE_SCHOOL,
    "school_applications": OF_THE_SCHOOL,
}


def locking(table: str) -> tuple[str, ...]:
    """What to execute once the table is there. The policy decides about reading and about writing alike."""
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY one_school ON {table} USING ({VISIBLE[table]})",
    )


@event.listens_for(Base.metadata, "after_create")
def lock(_metadata: Any, connection: Connection, tables: Iterable[Table], **_more: Any) -> None:
    if connection.dialect.name != "postgresql":
        return
    for name in (table.name for table in tables if table.name in VISIBLE):
        for statement in locking(name):
            connection.exec_driver_sql(statement)


def slips_through(connection: Connection) -> bool:
    """Whether this connection's role is one that row-level security doesn't hold for."""
    if connection.dialect.name != "postgresql":
        return False
    exempt = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    return bool(connection.scalar(text(exempt)))
