"""Replies that a lead approves before they are sent; links between tickets."""

import sqlalchemy as sa

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_UNSENT = sa.text("status IN ('asked', 'approved', 'returned')")


def upgrade() -> None:
    op.create_table(
        "reply_drafts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("author_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("author_name", sa.String(60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waits_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by_id", sa.Uuid(), sa.ForeignKey("users.id")),
        sa.Column("decided_by_name", sa.String(60), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_reply_drafts_ticket_id", "reply_drafts", ["ticket_id"])
    op.create_index("ix_reply_drafts_status_waits_until", "reply_drafts", ["status", "waits_until"])
    op.create_index(
        "uq_reply_drafts_unsent", "reply_drafts", ["ticket_id"], unique=True, sqlite_where=_UNSENT,
        postgresql_where=_UNSENT,
    )  # fmt: skip
    op.create_table(
        "ticket_links",
        sa.Column("a_id", sa.Uuid(), sa.ForeignKey("tickets.id"), primary_key=True),
        sa.Column("b_id", sa.Uuid(), sa.ForeignKey("tickets.id"), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("by_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("by_name", sa.String(60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_ticket_links_b_id", "ticket_links", ["b_id"])
    op.create_index("ix_tickets_institution_submitted_at", "tickets", ["institution", "submitted_at"])


def downgrade() -> None:
    op.drop_index("ix_tickets_institution_submitted_at", "tickets")
    op.drop_table("ticket_links")
    op.drop_table("reply_drafts")
