"""Samples of replies whose wording a lead marks, and the answers of their writers."""

import sqlalchemy as sa

from alembic import op

revision = "0069"
down_revision = "0066"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "quality_samples",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("drawn_by_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("drawn_by_name", sa.String(60), nullable=False),
        sa.Column("drawn_at", _MOMENT, nullable=False),
        sa.Column("seed", sa.String(32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
    )
    op.create_index("ix_quality_samples_user_id", "quality_samples", ["user_id", "month"])
    sample = sa.ForeignKey("quality_samples.id", ondelete="CASCADE")
    op.create_table(
        "quality_marks",
        sa.Column("sample_id", sa.Uuid(), sample, primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("address", sa.Integer()),
        sa.Column("clear", sa.Integer()),
        sa.Column("steps", sa.Integer()),
        sa.Column("tone", sa.Integer()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("marked_by_id", sa.Uuid()),
        sa.Column("marked_at", _MOMENT),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", _MOMENT),
    )


def downgrade() -> None:
    op.drop_table("quality_marks")
    op.drop_table("quality_samples")
