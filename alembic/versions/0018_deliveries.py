"""Deliveries: one row per message and recipient, retried until it is sent or given up."""

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Delivered messages stay delivered; waiting ones become deliveries in the worker's next round.
    _rename("delivered_at", "expanded_at")
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("recipient_kind", sa.String(length=10), nullable=False),
        sa.Column("recipient_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(length=20), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_messages.id"], name="fk_deliveries_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint(
            "message_id", "channel", "recipient_kind", "recipient_id", name="uq_deliveries_message_id_recipient"
        ),
    )
    op.create_index(
        "ix_deliveries_status_channel_next_attempt_at", "deliveries", ["status", "channel", "next_attempt_at"]
    )


def downgrade() -> None:
    op.execute(
        "UPDATE outbox_messages SET expanded_at = NULL "
        "WHERE id IN (SELECT message_id FROM deliveries WHERE status = 'waiting')"
    )
    op.drop_index("ix_deliveries_status_channel_next_attempt_at", "deliveries")
    op.drop_table("deliveries")
    _rename("expanded_at", "delivered_at")


def _rename(old: str, new: str) -> None:
    op.drop_index(f"ix_outbox_messages_{old}", "outbox_messages")
    op.execute(f"ALTER TABLE outbox_messages RENAME COLUMN {old} TO {new}")
    op.create_index(f"ix_outbox_messages_{new}", "outbox_messages", [new])
