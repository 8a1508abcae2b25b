"""Tickets of a queue by the day they were submitted: what 近期高频问题 counts."""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_tickets_queue_submitted_at", "tickets", ["queue", "submitted_at"])


def downgrade() -> None:
    op.drop_index("ix_tickets_queue_submitted_at", "tickets")
