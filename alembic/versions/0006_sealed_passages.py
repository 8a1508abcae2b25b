"""Text redaction: an insert-only text may also be masked, while a permit names its report."""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Insert-only table, its text column, the column's empty value, the report of the row, and columns that never change.
TEXTS = (
    (
        "reports", "answers", "{}", "OLD.id",
        ("id", "kind", "channel", "notice_version", "filed_by", "created_at"),
    ),
    (
        "timeline_entries", "text", "", "(SELECT report_id FROM tickets WHERE tickets.id = OLD.ticket_id)",
        ("id", "ticket_id", "at", "action", "actor_label", "actor_role", "is_public", "from_state", "to_state"),
    ),
)  # fmt: skip


def _is_allowed(empty: str, owner: str, text: str, *, may_mask: bool) -> str:
    """Emptying is allowed since 0003. Masking never empties, and needs the permit of its own transaction."""
    tombstone = f"EXISTS (SELECT 1 FROM tombstones WHERE what = 'report' AND owner_id = {owner})"
    emptying = f"(NEW.{text} = '{empty}' AND OLD.{text} <> '{empty}' AND {tombstone})"
    if not may_mask:
        return emptying
    permit = f"EXISTS (SELECT 1 FROM masking_permits WHERE report_id = {owner})"
    masking = f"(NEW.{text} <> '{empty}' AND OLD.{text} <> NEW.{text} AND {permit})"
    return f"({emptying} OR {masking})"


def _set_rules(*, may_mask: bool) -> None:
    for table, column, empty, owner, others in TEXTS:
        if op.get_bind().dialect.name == "sqlite":
            same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in others)
            allowed = _is_allowed(empty, owner, column, may_mask=may_mask)
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT coalesce({allowed} AND {same}, 0) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
            )
            continue
        allowed = _is_allowed(empty, owner, f"{column}::text", may_mask=may_mask)
        op.execute(
            f"CREATE OR REPLACE FUNCTION {table}_may_be_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {allowed} AND to_jsonb(NEW) - '{column}' = to_jsonb(OLD) - '{column}' "
            f"THEN RETURN NEW; END IF; RAISE EXCEPTION '{table} is insert-only'; END $$"
        )


# No batch mode: on SQLite it recreates the table, and its triggers and dependent rows would be lost.
def upgrade() -> None:
    op.create_table(
        "masking_permits",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_masking_permits")),
    )
    _set_rules(may_mask=True)


def downgrade() -> None:
    _set_rules(may_mask=False)
    op.drop_table("masking_permits")
