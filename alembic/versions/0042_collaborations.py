"""Departments, their people, and the sub-tickets that are asked of them."""

import sqlalchemy as sa

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_WATCHED = sa.text("late_at IS NULL AND due_at IS NOT NULL AND status IN ('dispatched', 'in_work', 'returned')")
_UNCONTACTED = sa.text("contacted_at IS NULL AND contact_told_at IS NULL AND contact_due_at IS NOT NULL")
_ENTRIES = "collaboration_entries"
_REPORT = "(SELECT report_id FROM tickets WHERE tickets.id = OLD.ticket_id)"
_FIXED = (
    "id", "collaboration_id", "ticket_id", "at", "action", "actor_id", "actor_label", "actor_role", "is_filled_in",
    "to_state",
)  # fmt: skip
# As for the timeline: a text is emptied with its report, and masked while a permit names the report.
_ALLOWED = (
    f"((NEW.text = '' AND OLD.text <> '' AND EXISTS (SELECT 1 FROM tombstones WHERE what = 'report' "
    f"AND owner_id = {_REPORT})) OR (NEW.text <> '' AND OLD.text <> NEW.text AND EXISTS "
    f"(SELECT 1 FROM masking_permits WHERE report_id = {_REPORT})))"
)


def upgrade() -> None:
    op.create_table(
        "departments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=60), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sa.UniqueConstraint("name_key", name=op.f("uq_departments_name_key")),
    )
    _add_columns()
    _make_collaborations()
    _make_entries()


def _add_columns() -> None:
    op.add_column("users", sa.Column("department_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_users_department_id"), "users", ["department_id"])
    op.add_column("tickets", sa.Column("worst_collaboration", sa.String(length=12), nullable=True))
    op.add_column(
        "tickets", sa.Column("is_collaboration_late", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def _make_collaborations() -> None:
    op.create_table(
        "collaborations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("shows_institution", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("dispatched_by_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=True),
        sa.Column("late_at", _MOMENT, nullable=True),
        sa.Column("contact_due_at", _MOMENT, nullable=True),
        sa.Column("contacted_at", _MOMENT, nullable=True),
        sa.Column("contact_told_at", _MOMENT, nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("verified_by_id", sa.Uuid(), nullable=True),
        sa.Column("returned_count", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("department_filed_at", _MOMENT, nullable=True),
        sa.Column("support_filed_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_collaborations_ticket_id_tickets")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_collaborations_department_id_departments")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_collaborations_{column}_users"))
            for column in ("dispatched_by_id", "answered_by_id", "verified_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collaborations")),
        sa.UniqueConstraint("number", name=op.f("uq_collaborations_number")),
    )
    op.create_index(op.f("ix_collaborations_ticket_id"), "collaborations", ["ticket_id"])
    op.create_index("ix_collaborations_department_id", "collaborations", ["department_id", "created_at", "id"])
    op.create_index("ix_collaborations_created_at", "collaborations", ["created_at", "id"])
    for name, column, rows in (
        ("ix_collaborations_watched", "due_at", _WATCHED),
        ("ix_collaborations_uncontacted", "contact_due_at", _UNCONTACTED),
    ):
        op.create_index(name, "collaborations", [column], sqlite_where=rows, postgresql_where=rows)


def _make_entries() -> None:
    op.create_table(
        _ENTRIES,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collaboration_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_label", sa.String(length=60), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=False),
        sa.Column("is_filled_in", sa.Boolean(), nullable=False),
        sa.Column("to_state", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collaboration_id"], ["collaborations.id"],
            name=op.f("fk_collaboration_entries_collaboration_id_collaborations"),
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_collaboration_entries_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collaboration_entries")),
    )  # fmt: skip
    op.create_index("ix_collaboration_entries_collaboration_id", _ENTRIES, ["collaboration_id", "at"])
    op.create_index(op.f("ix_collaboration_entries_ticket_id"), _ENTRIES, ["ticket_id"])
    _guard_entries()


def _guard_entries() -> None:
    refused = f"'{_ENTRIES} is insert-only'"
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _FIXED)
        op.execute(
            f"CREATE TRIGGER {_ENTRIES}_no_update BEFORE UPDATE ON {_ENTRIES} "
            f"WHEN NOT coalesce({_ALLOWED} AND {same}, 0) BEGIN SELECT RAISE(ABORT, {refused}); END"
        )
        op.execute(
            f"CREATE TRIGGER {_ENTRIES}_no_delete BEFORE DELETE ON {_ENTRIES} BEGIN SELECT RAISE(ABORT, {refused}); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {_ENTRIES}_may_be_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_ALLOWED} AND to_jsonb(NEW) - 'text' = to_jsonb(OLD) - 'text' "
        f"THEN RETURN NEW; END IF; RAISE EXCEPTION {refused}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {_ENTRIES}_insert_only BEFORE DELETE OR TRUNCATE ON {_ENTRIES} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
    op.execute(
        f"CREATE TRIGGER {_ENTRIES}_only_emptied BEFORE UPDATE ON {_ENTRIES} "
        f"FOR EACH ROW EXECUTE FUNCTION {_ENTRIES}_may_be_emptied()"
    )


def downgrade() -> None:
    op.drop_table(_ENTRIES)
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP FUNCTION {_ENTRIES}_may_be_emptied()")
    op.drop_table("collaborations")
    op.drop_column("tickets", "is_collaboration_late")
    op.drop_column("tickets", "worst_collaboration")
    op.execute("UPDATE users SET is_active = false, role = 'agent', queues = '[]' WHERE role = 'partner'")
    op.drop_index(op.f("ix_users_department_id"), "users")
    op.drop_column("users", "department_id")
    op.drop_table("departments")
