"""Retention: legal holds, tombstones, and the only allowed change of an insert-only row: emptying it."""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COLUMNS = (
    ("held_at", MOMENT),
    ("held_by", sa.String(length=80)),
    ("hold_reason", sa.Text()),
    ("destroyed_at", MOMENT),
)
# Insert-only table, the column that may be emptied, its empty value, and the report that the row belongs to.
EMPTIED = (
    ("reports", "answers", "{}", "OLD.id"),
    ("timeline_entries", "text", "", "(SELECT report_id FROM tickets WHERE tickets.id = OLD.ticket_id)"),
)
OTHERS = {
    "reports": ("id", "kind", "channel", "notice_version", "filed_by", "created_at"),
    "timeline_entries": (
        "id", "ticket_id", "at", "action", "actor_label", "actor_role", "is_public", "from_state", "to_state",
    ),
}  # fmt: skip


def _is_destroyed(owner: str) -> str:
    return f"EXISTS (SELECT 1 FROM tombstones WHERE what = 'report' AND owner_id = {owner})"


def _refuse_on_sqlite(table: str, condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
    )


def _allow_emptying_on_sqlite() -> None:
    for table, column, empty, owner in EMPTIED:
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in OTHERS[table])
        is_emptying = f"NEW.{column} = '{empty}' AND OLD.{column} <> '{empty}' AND {same} AND {_is_destroyed(owner)}"
        op.execute(f"DROP TRIGGER {table}_no_update")
        _refuse_on_sqlite(table, f"WHEN NOT coalesce({is_emptying}, 0)")


def _allow_emptying_on_postgres() -> None:
    for table, column, empty, owner in EMPTIED:
        op.execute(
            f"CREATE FUNCTION {table}_may_be_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.{column}::text = '{empty}' AND OLD.{column}::text <> '{empty}' "
            f"AND to_jsonb(NEW) - '{column}' = to_jsonb(OLD) - '{column}' AND {_is_destroyed(owner)} "
            f"THEN RETURN NEW; END IF; RAISE EXCEPTION '{table} is insert-only'; END $$"
        )
        op.execute(f"DROP TRIGGER {table}_insert_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_insert_only BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_only_emptied BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_may_be_emptied()"
        )


def _refuse_all_again() -> None:
    for table, *_ in EMPTIED:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {table}_no_update")
            _refuse_on_sqlite(table)
            continue
        op.execute(f"DROP TRIGGER {table}_only_emptied ON {table}")
        op.execute(f"DROP FUNCTION {table}_may_be_emptied()")
        op.execute(f"DROP TRIGGER {table}_insert_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
        )


# No batch mode: on SQLite it recreates the table, and its triggers and dependent rows would be lost.
def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("tickets", sa.Column(name, kind, nullable=True))
    op.create_table(
        "tombstones",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("data_key_ids", sa.JSON(), nullable=False),
        sa.Column("destroyed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
    )
    op.create_index(op.f("ix_tombstones_owner_id"), "tombstones", ["owner_id"])
    op.create_index(op.f("ix_tombstones_destroyed_at"), "tombstones", ["destroyed_at"])
    if op.get_bind().dialect.name == "sqlite":
        _allow_emptying_on_sqlite()
    else:
        _allow_emptying_on_postgres()


def downgrade() -> None:
    _refuse_all_again()
    op.drop_index(op.f("ix_tombstones_destroyed_at"), "tombstones")
    op.drop_index(op.f("ix_tombstones_owner_id"), "tombstones")
    op.drop_table("tombstones")
    for name, _ in reversed(COLUMNS):
        op.drop_column("tickets", name)
