"""When people were told that the public holidays of a year are missing."""

import sqlalchemy as sa

from alembic import op

revision = "0077"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calendar_years", sa.Column("told_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("calendar_years", "told_at")
