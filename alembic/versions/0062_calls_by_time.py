"""Call records in the order of their calls: what 客户来电记录表 reads."""

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_call_records_began_at_ended_at", "call_records", ["began_at", "ended_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_call_records_began_at_ended_at", "call_records")
