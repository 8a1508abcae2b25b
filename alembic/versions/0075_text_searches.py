"""How far the texts of older reports have been searched again for secrets."""

import sqlalchemy as sa

from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rules", sa.String(length=16), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_searches")),
    )


def downgrade() -> None:
    op.drop_table("text_searches")
