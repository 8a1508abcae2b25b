"""A sample names the queues whose accesses it was drawn from; those of before were drawn from all."""

import sqlalchemy as sa

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("samples", sa.Column("queues", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("samples", "queues")
