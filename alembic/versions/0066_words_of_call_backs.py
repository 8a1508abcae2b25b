"""Call-backs without a ticket: when their words were destroyed, and an index of those that still have some."""

import sqlalchemy as sa

from alembic import op

revision = "0066"
down_revision = "0064"
branch_labels = None
depends_on = None

_WORDED = sa.text("ticket_id IS NULL AND complaint_id IS NULL AND emptied_at IS NULL")


def upgrade() -> None:
    op.add_column("call_backs", sa.Column("emptied_at", sa.DateTime(timezone=True)))
    op.create_index("ix_call_backs_worded", "call_backs", ["ended_at"], sqlite_where=_WORDED, postgresql_where=_WORDED)


def downgrade() -> None:
    op.drop_index("ix_call_backs_worded", "call_backs")
    op.drop_column("call_backs", "emptied_at")
