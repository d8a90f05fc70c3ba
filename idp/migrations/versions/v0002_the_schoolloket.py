"""The Schoolloket: renewals, second factors, the classes of teachers, the chain of the log, and numbers of faults."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_links",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_links_event_id")),
    )
    op.create_table(
        "export_tallies",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("school_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "school_number", "hour", name=op.f("pk_export_tallies")),
    )
    op.create_table(
        "faults",
        sa.Column("request_id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("application", sa.String(length=20), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_faults")),
    )
    with op.batch_alter_table("faults", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_faults_at"), ["at"], unique=False)

    op.create_table(
        "selected_pupils",
        sa.Column("session_digest", sa.String(length=64), nullable=False),
        sa.Column("school_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pupil_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "session_digest", "school_number", "pupil_number", name=op.f("pk_selected_pupils")
        ),
    )
    with op.batch_alter_table("selected_pupils", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_selected_pupils_at"), ["at"], unique=False)

    op.create_table(
        "renewals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_number", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("session_digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("basic_secret", sa.String(length=10), nullable=False),
        sa.Column("new_username", sa.String(length=50), nullable=True),
        sa.Column("sealed_seed", sa.String(length=200), nullable=True),
        sa.Column("maker", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("card_downloads", sa.Integer(), nullable=False),
        sa.Column("workbook_downloads", sa.Integer(), nullable=False),
        sa.Column("mail_merge_downloads", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "basic_secret IN ('same', 'text', 'pictures')", name=op.f("ck_renewals_basic_secret")
        ),
        sa.CheckConstraint(
            "purpose IN ('renewal', 'activation', 'email_removal')", name=op.f("ck_renewals_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["school_number"], ["schools.number"], name=op.f("fk_renewals_school_number_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewals")),
    )
    with op.batch_alter_table("renewals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_renewals_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_renewals_school_number"), ["school_number"], unique=False)

    op.create_table(
        "operators",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_operators_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_operators")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_codes")),
    )
    with op.batch_alter_table("recovery_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_codes_account_id"), ["account_id"], unique=False)

    op.create_table(
        "renewed_pupils",
        sa.Column("renewal_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("account_kind", sa.String(length=10), nullable=True),
        sa.Column("secret_kind", sa.String(length=10), nullable=True),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column("secret_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("ticked", sa.Boolean(), nullable=False),
        sa.Column("left_out", sa.String(length=20), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["renewal_id"], ["renewals.id"], name=op.f("fk_renewed_pupils_renewal_id_renewals")
        ),
        sa.PrimaryKeyConstraint("renewal_id", "pupil_number", name=op.f("pk_renewed_pupils")),
    )
    op.create_table(
        "second_factors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sealed_secret", sa.String(length=400), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.Column("credential_id", sa.String(length=1400), nullable=True),
        sa.Column("public_key", sa.String(length=1400), nullable=True),
        sa.Column("sign_count", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'totp' AND sealed_secret IS NOT NULL) OR (kind = 'passkey' AND credential_id IS NOT NULL"
            " AND public_key IS NOT NULL AND sign_count IS NOT NULL)",
            name=op.f("ck_second_factors_complete"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_second_factors_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factors")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_second_factors_credential_id")),
    )
    with op.batch_alter_table("second_factors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_second_factors_account_id"), ["account_id"], unique=False)

    op.create_table(
        "appointed_classes",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("class_code", sa.String(length=50), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name=op.f("fk_appointed_classes_appointment_id_appointments"),
        ),
        sa.PrimaryKeyConstraint("appointment_id", "class_code", name=op.f("pk_appointed_classes")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handed_out_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("handed_out_by", sa.Uuid(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_accounts_person_id"))
        batch_op.create_index(
            batch_op.f("ix_accounts_person_id_standing"),
            ["person_id", "kind", "blocked_at", "active_until", "protected_at", "temporary_until"],
            unique=False,
        )

    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("school_number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("pupil_number", sa.Integer(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_audit_events_school_number_id"), ["school_number", "id"], unique=False
        )
    has_actor = sa.text("actor_id IS NOT NULL")
    op.create_index(
        op.f("ix_audit_events_actor_id_at"),
        "audit_events",
        ["actor_id", "at"],
        sqlite_where=has_actor,
        postgresql_where=has_actor,
    )
    lock("audit_events", "at", "id")
    lock("audit_links", "linked_at", "position", "event_id")

    # Letter by letter, as SQLite compares anyway.
    list_name = sa.String(420).with_variant(sa.String(420, collation="C"), "postgresql")
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("list_name", list_name, nullable=True))
    fill_list_names()
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.alter_column("list_name", existing_type=list_name, nullable=False)
        batch_op.drop_index(batch_op.f("ix_enrolments_school_number_family_name_given_name"))
        batch_op.create_index(
            batch_op.f("ix_enrolments_school_number_list_name"), ["school_number", "list_name"], unique=False
        )

    with op.batch_alter_table("login_attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("challenge", sa.String(length=400), nullable=True))
        batch_op.drop_constraint(op.f("ck_login_attempts_step"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_login_attempts_step"),
            "step IN ('name', 'password', 'pictures', 'new_password', 'second_factor', 'new_factor',"
            " 'recovery_codes', 'email', 'done')",
        )

    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("registry_key", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_people_registry_key"), ["registry_key"])

    if op.get_bind().dialect.name == "postgresql":
        show_one_school()


def show_one_school() -> None:
    """Row-level security: a transaction that says for which school it is sees no other one."""
    said = "COALESCE(current_setting('leerid.school', true), '')"
    of_the_school = f"CASE WHEN {said} = '' THEN true ELSE {said} = school_number::text END"
    its_renewal = "SELECT FROM renewals WHERE renewals.id = renewed_pupils.renewal_id"
    visible = {
        "enrolments": of_the_school,
        "renewals": of_the_school,
        "renewed_pupils": f"CASE WHEN {said} = '' THEN true ELSE EXISTS ({its_renewal}) END",
        "selected_pupils": of_the_school,
        "audit_events": of_the_school,
    }
    for table, condition in visible.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY one_school ON {table} USING ({condition})")


def lock(table: str, moment: str, *keys: str) -> None:
    """What is in the log stays there (OA-59), and goes after two years (PR-08)."""
    said = "'what is in the log stays there'"
    if op.get_bind().dialect.name == "postgresql":
        refuse = "EXECUTE FUNCTION leerid_refuse()"
        young = f"WHEN (OLD.{moment} >= now() - interval '24 months')"
        op.execute(
            "\nCREATE OR REPLACE FUNCTION leerid_refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f"\n$$ BEGIN RAISE EXCEPTION {said}; END $$\n"
        )
        op.execute(f"CREATE TRIGGER {table}_never_change BEFORE UPDATE ON {table} FOR EACH ROW {refuse}")
        op.execute(f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} FOR EACH ROW {young} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_stay_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}")
    else:
        refuse = f"BEGIN SELECT RAISE(ABORT, {said}); END"
        young = f"WHEN OLD.{moment} >= datetime('now', '-24 months')"
        same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
        there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (words of our own)
        op.execute(f"CREATE TRIGGER {table}_never_change BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} {young} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_never_replace BEFORE INSERT ON {table} {there} {refuse}")


def fill_list_names() -> None:
    """Family name first, without capitals and accents; the code that runs makes every new one."""
    enrolments = sa.table(
        "enrolments",
        sa.column("id", sa.Uuid()),
        sa.column("given_name", sa.String()),
        sa.column("family_name", sa.String()),
        sa.column("list_name", sa.String()),
    )
    connection = op.get_bind()
    change = (
        sa.update(enrolments)
        .where(enrolments.c.id == sa.bindparam("which"))
        .values(list_name=sa.bindparam("folded"))
    )
    rows = connection.execute(sa.select(enrolments.c.id, enrolments.c.given_name, enrolments.c.family_name))
    folded = [
        {"which": each.id, "folded": plain(f"{each.family_name} {each.given_name}")[:420]} for each in rows
    ]
    if folded:
        connection.execute(change, folded)


def plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))
