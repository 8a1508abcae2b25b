"""Beside each data key the list of what it has sealed, so that a row which somebody deletes or empties is missed."""

import sqlalchemy as sa

from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The portal lists what is there by itself, for it needs the keys (`portal/vault/inventory.py`)."""
    op.add_column("data_keys", sa.Column("listed", sa.Text(), nullable=True))
    op.add_column("data_keys", sa.Column("list_proof", sa.String(length=64), nullable=True))
    op.add_column("vault_state", sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("vault_state", "listed_at")
    op.drop_column("data_keys", "list_proof")
    op.drop_column("data_keys", "listed")
