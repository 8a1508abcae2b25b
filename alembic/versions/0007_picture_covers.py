"""Picture redactions: rectangles of a screenshot that are visible to the assignee only."""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "picture_covers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("screenshot_id", sa.Uuid(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["screenshot_id"],
            ["screenshots.id"],
            name=op.f("fk_picture_covers_screenshot_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_covers")),
    )
    op.create_index(op.f("ix_picture_covers_screenshot_id"), "picture_covers", ["screenshot_id"])


def downgrade() -> None:
    op.drop_table("picture_covers")
