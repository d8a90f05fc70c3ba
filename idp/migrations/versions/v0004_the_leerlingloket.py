"""The Leerlingloket: a language, lost passwords, what applications got, a school's applications, mails that failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.schools.second_lock import locking

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("accounts", sa.Column("not_me_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("language", sa.String(length=2), nullable=True))
    op.add_column("browser_sessions", sa.Column("device", sa.String(length=20), nullable=True))
    op.add_column("grant_families", sa.Column("released", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("logout_notices", sa.Column("farewell", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_logout_notices_farewell"), "logout_notices", ["farewell"])
    # Every mail of before was one of two kinds, and this is the one that waits for somebody.
    op.add_column(
        "outbox_mails", sa.Column("kind", sa.String(length=30), nullable=False, server_default="verify_email")
    )
    op.add_column("outbox_mails", sa.Column("last_error", sa.String(length=60), nullable=True))
    op.create_index(op.f("ix_outbox_mails_gave_up_at"), "outbox_mails", ["gave_up_at"])
    op.create_table(
        "recovery_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("typed", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("request_id", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_requests")),
    )
    op.create_index(op.f("ix_recovery_requests_asked_at"), "recovery_requests", ["asked_at"])
    op.create_table(
        "application_uses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_application_uses_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "client_id", name=op.f("pk_application_uses")),
    )
    op.create_index(op.f("ix_application_uses_last_at"), "application_uses", ["last_at"])
    op.create_table(
        "school_applications",
        sa.Column("school_number", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_number"], ["schools.number"], name=op.f("fk_school_applications_school_number_schools")
        ),
        sa.PrimaryKeyConstraint("school_number", "client_id", name=op.f("pk_school_applications")),
    )
    op.create_table(
        "favourites",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_favourites_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "client_id", name=op.f("pk_favourites")),
    )
    if on_postgresql:
        for statement in locking("school_applications"):
            op.execute(statement)
        count_on()


def count_on() -> None:
    """The log's numbers get 64 bits; on SQLite they have them already."""
    op.alter_column("audit_events", "id", type_=sa.BigInteger())
    op.execute("ALTER SEQUENCE audit_events_id_seq AS bigint")
    op.alter_column("audit_links", "position", type_=sa.BigInteger())
    op.alter_column("audit_links", "event_id", type_=sa.BigInteger())
