"""Metrics: daily counts, and filing sessions."""

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "daily_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "name", "key", name=op.f("pk_daily_counts")),
    )
    op.create_table(
        "filing_courses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(length=10), nullable=False),
        sa.Column("is_refused", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusals", sa.JSON(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_courses")),
    )


def downgrade() -> None:
    op.drop_table("filing_courses")
    op.drop_table("daily_counts")
