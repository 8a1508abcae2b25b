"""The trail stores the hash algorithm per row, and the number of signed checkpoints in its head."""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# No batch mode: on SQLite it recreates the table, and the triggers that keep the trail insert-only would be lost.
def upgrade() -> None:
    for table in ("audit_events", "audit_head"):
        op.add_column(table, sa.Column("hash_name", sa.String(length=10), server_default="sha256", nullable=False))
    op.add_column("audit_head", sa.Column("checkpoints", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("audit_head", "checkpoints")
    for table in ("audit_head", "audit_events"):
        op.drop_column(table, "hash_name")
