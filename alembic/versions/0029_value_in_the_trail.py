"""The keyed index of the value that a row of the trail concerns; marks existing values that still lack theirs."""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_events", sa.Column("value_index", sa.String(length=64), nullable=True))
    op.create_index("ix_audit_events_value_index_seq", "audit_events", ["value_index", "seq"])
    op.add_column("vault_state", sa.Column("unindexed_from", sa.Uuid(), nullable=True))
    state = sa.table("vault_state", sa.column("unindexed_from", sa.Uuid()))
    op.execute(state.update().values(unindexed_from=uuid.UUID(int=0)))


def downgrade() -> None:
    op.drop_column("vault_state", "unindexed_from")
    op.drop_index("ix_audit_events_value_index_seq", "audit_events")
    op.drop_column("audit_events", "value_index")
