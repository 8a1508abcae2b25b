"""Filing by staff: their drafts, the service record of a report, and one-time links for supplements."""

import sqlalchemy as sa

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "desk_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("answers_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_desk_drafts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_drafts")),
    )
    op.create_index(op.f("ix_desk_drafts_user_id"), "desk_drafts", ["user_id"])
    op.create_index(op.f("ix_desk_drafts_changed_at"), "desk_drafts", ["changed_at"])
    op.create_table(
        "desk_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by_name", sa.String(length=60), nullable=False),
        sa.Column("identity_method", sa.String(length=20), nullable=False),
        sa.Column("began_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("late_reason", sa.Text(), nullable=False),
        sa.Column("incomplete_note", sa.Text(), nullable=False),
        sa.Column("may_call_back", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_desk_entries_report_id")),
        sa.ForeignKeyConstraint(["filed_by_id"], ["users.id"], name=op.f("fk_desk_entries_filed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_entries")),
        sa.UniqueConstraint("report_id", name=op.f("uq_desk_entries_report_id")),
    )
    op.create_table(
        "supplement_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_supplement_links_ticket_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["information_requests.id"], name=op.f("fk_supplement_links_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplement_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_supplement_links_token_hash")),
    )
    op.create_index(op.f("ix_supplement_links_ticket_id"), "supplement_links", ["ticket_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_supplement_links_ticket_id"), "supplement_links")
    op.drop_table("supplement_links")
    op.drop_table("desk_entries")
    op.drop_index(op.f("ix_desk_drafts_changed_at"), "desk_drafts")
    op.drop_index(op.f("ix_desk_drafts_user_id"), "desk_drafts")
    op.drop_table("desk_drafts")
