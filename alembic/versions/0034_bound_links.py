"""Supplement links bound to their row, and links for what a channel let off; links of before end, as no key is here."""

import sqlalchemy as sa

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM supplement_links")
    with op.batch_alter_table("supplement_links") as table:
        table.add_column(sa.Column("binding", sa.String(length=64), nullable=False))
        table.alter_column("request_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM supplement_links")
    with op.batch_alter_table("supplement_links") as table:
        table.alter_column("request_id", existing_type=sa.Uuid(), nullable=False)
        table.drop_column("binding")
