"""When a clinic last supplied a part of an open request, and when it was reminded of the rest."""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("information_requests", sa.Column("supplied_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("information_requests", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("information_requests", "reminded_at")
    op.drop_column("information_requests", "supplied_at")
