"""Why the last picture offered for a slot of a draft was not taken."""

import sqlalchemy as sa

from alembic import op

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "picture_refusals",
        sa.Column("draft_id", sa.Uuid(), sa.ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("slot", sa.String(40), primary_key=True),
        sa.Column("message", sa.String(300), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("picture_refusals")
