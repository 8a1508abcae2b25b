"""Corrected monthly sheets: what a sheet said before, with its cases, and why it was corrected."""

import sqlalchemy as sa

from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("monthly_scores", sa.Column("edition", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "score_corrections",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("score_id", sa.Uuid(), sa.ForeignKey("monthly_scores.id", ondelete="CASCADE"), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("points", sa.Double()),
        sa.Column("out_of", sa.Double()),
        sa.Column("grade", sa.String(12), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("objection", sa.Text(), nullable=False),
        sa.Column("objected_at", _MOMENT),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", _MOMENT),
        sa.Column("published_at", _MOMENT),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("added", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("by_name", sa.String(60), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.UniqueConstraint("score_id", "edition", name="uq_score_corrections_score_id_edition"),
    )


def downgrade() -> None:
    op.drop_table("score_corrections")
    op.drop_column("monthly_scores", "edition")
