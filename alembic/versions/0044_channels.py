"""Channels: states of a delivery, digests, rules, choices and quiet hours, mail addresses, consent to text messages."""

import sqlalchemy as sa

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_DELIVERIES = sa.table(
    "deliveries",
    *(sa.column(name, sa.Uuid()) for name in ("id", "message_id")),
    *(sa.column(name, sa.String()) for name in ("status", "last_error")),
    sa.column("created_at", MOMENT),
)
_MESSAGES = sa.table("outbox_messages", sa.column("id", sa.Uuid()), sa.column("created_at", MOMENT))


def upgrade() -> None:
    op.add_column("outbox_messages", sa.Column("actor_id", sa.Uuid(), nullable=True))
    op.add_column("outbox_messages", sa.Column("named", sa.JSON(), nullable=True))
    op.add_column(
        "deliveries",
        sa.Column("created_at", MOMENT, nullable=False, server_default="2000-01-01 00:00:00.000000"),
    )
    op.add_column("deliveries", sa.Column("claimed_at", MOMENT, nullable=True))
    op.add_column("deliveries", sa.Column("status_code", sa.Integer(), nullable=True))
    op.add_column("deliveries", sa.Column("carrier_id", sa.Uuid(), nullable=True))
    op.create_index("ix_deliveries_created_at", "deliveries", ["created_at", "id"])
    op.create_index("ix_deliveries_message_id", "deliveries", ["message_id"])
    made = sa.select(_MESSAGES.c.created_at).where(_MESSAGES.c.id == _DELIVERIES.c.message_id).scalar_subquery()
    op.execute(_DELIVERIES.update().values(created_at=made))
    _rename({"sent": "delivered", "failed": "given_up"})
    refused = sa.and_(_DELIVERIES.c.status == "given_up", _DELIVERIES.c.last_error == "refused")
    op.execute(_DELIVERIES.update().where(refused).values(status="failed"))
    op.create_table(
        "channel_states",
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("last_ok_at", MOMENT, nullable=True),
        sa.Column("probed_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("rests_until", MOMENT, nullable=True),
    )
    op.create_table(
        "notification_rules",
        sa.Column("event", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "notification_choices",
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("event", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "quiet_hours",
        sa.Column("whose", sa.String(36), primary_key=True),
        sa.Column("begins", sa.String(5), nullable=False),
        sa.Column("ends", sa.String(5), nullable=False),
    )
    op.add_column("users", sa.Column("mail_address", sa.String(254), nullable=True))
    op.add_column("tickets", sa.Column("sms_notice", sa.String(20), nullable=True))


def downgrade() -> None:
    op.drop_column("tickets", "sms_notice")
    op.drop_column("users", "mail_address")
    for table in ("quiet_hours", "notification_choices", "notification_rules", "channel_states"):
        op.drop_table(table)
    _rename({"delivered": "sent", "given_up": "failed", "dropped": "failed", "sending": "waiting"})
    op.drop_index("ix_deliveries_message_id", "deliveries")
    op.drop_index("ix_deliveries_created_at", "deliveries")
    for column in ("carrier_id", "status_code", "claimed_at", "created_at"):
        op.drop_column("deliveries", column)
    for column in ("named", "actor_id"):
        op.drop_column("outbox_messages", column)


def _rename(words: dict[str, str]) -> None:
    for old, new in words.items():
        op.execute(_DELIVERIES.update().where(_DELIVERIES.c.status == old).values(status=new))
