"""Phone upload: one-time links through which a phone adds pictures to a draft."""

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "hand_overs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("device_hash", sa.String(length=64), nullable=True),
        sa.Column("picture_ids", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_hand_overs_draft_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_overs")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_hand_overs_token_hash")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_hand_overs_device_hash")),
    )
    op.create_index(op.f("ix_hand_overs_draft_id"), "hand_overs", ["draft_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_hand_overs_draft_id"), "hand_overs")
    op.drop_table("hand_overs")
