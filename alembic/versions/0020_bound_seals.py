"""Seals bound to their owner, proofs of masks, and fingerprints of submissions under keys of their own."""

import sqlalchemy as sa

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# What older rows need with a key, the portal does by itself (`portal/vault/binding.py`).
_NO_CREDENTIALS = """UPDATE submission_keys SET fingerprint = '' WHERE NOT EXISTS (
    SELECT 1 FROM tickets JOIN data_keys ON data_keys.owner_id = tickets.report_id
    WHERE tickets.id = submission_keys.ticket_id AND data_keys.purpose = 'credentials')"""


def upgrade() -> None:
    op.add_column("sealed_values", sa.Column("proof", sa.String(length=64), nullable=True))
    op.add_column("vault_state", sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("submission_keys", sa.Column("fingerprint_key_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("submission_keys", sa.Column("data_key_id", sa.Uuid(), nullable=True))
    op.execute(_NO_CREDENTIALS)


def downgrade() -> None:
    """An older version does not open what this one has bound; after another upgrade and `keys bind` it opens again."""
    op.execute("UPDATE submission_keys SET fingerprint = ''")
    op.drop_column("submission_keys", "data_key_id")
    op.drop_column("submission_keys", "fingerprint_key_sealed")
    op.drop_column("vault_state", "bound_at")
    op.drop_column("sealed_values", "proof")
