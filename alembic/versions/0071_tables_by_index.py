"""Tables of the books count and page within indexes: tickets of a queue by day and id, calls of a ticket by number."""

from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_tickets_queue_submitted_at_id", "tickets", ["queue", "submitted_at", "id"])
    op.drop_index("ix_tickets_queue_submitted_at", "tickets")
    op.create_index("ix_call_records_ticket_id_number", "call_records", ["ticket_id", "number"])
    op.drop_index("ix_call_records_ticket_id", "call_records")


def downgrade() -> None:
    op.create_index("ix_call_records_ticket_id", "call_records", ["ticket_id"])
    op.drop_index("ix_call_records_ticket_id_number", "call_records")
    op.create_index("ix_tickets_queue_submitted_at", "tickets", ["queue", "submitted_at"])
    op.drop_index("ix_tickets_queue_submitted_at_id", "tickets")
