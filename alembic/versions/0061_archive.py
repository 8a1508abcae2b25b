"""Archive numbers of tickets, and on which days people were reminded of what is missing in their records."""

import sqlalchemy as sa

from alembic import op

revision = "0061"
down_revision = "0055"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_AWAITED = sa.text("archive_check_at IS NOT NULL")

_ENDED = sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("archive_number", sa.String(24)))
    op.add_column("tickets", sa.Column("archived_at", _MOMENT))
    op.add_column("tickets", sa.Column("archived_by_id", sa.Uuid()))
    op.add_column("tickets", sa.Column("archive_check_at", _MOMENT))
    # The worker knows when the days of reopening are over.
    op.execute("UPDATE tickets SET archive_check_at = closed_at WHERE closed_at IS NOT NULL AND destroyed_at IS NULL")
    op.create_index("uq_tickets_archive_number", "tickets", ["archive_number"], unique=True)
    op.create_index(
        "ix_tickets_queue_closed_at", "tickets", ["queue", "closed_at"], sqlite_where=_ENDED, postgresql_where=_ENDED
    )
    op.create_index(
        "ix_tickets_archive_check_at", "tickets", ["archive_check_at"], sqlite_where=_AWAITED, postgresql_where=_AWAITED
    )
    op.create_table(
        "day_end_reminders",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("told_at", _MOMENT, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("day_end_reminders")
    op.drop_index("ix_tickets_archive_check_at", "tickets")
    op.drop_index("ix_tickets_queue_closed_at", "tickets")
    op.drop_index("uq_tickets_archive_number", "tickets")
    for name in ("archive_check_at", "archived_by_id", "archived_at", "archive_number"):
        op.drop_column("tickets", name)
