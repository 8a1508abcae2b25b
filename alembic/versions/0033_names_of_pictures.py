"""A picture keeps its number, what it was compared with, and whether its assignee has opened it."""

import sqlalchemy as sa

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_INDEX = "uq_screenshots_owner_id_number"
# As the pages have shown them until now, so that replies that name a number stay right.
_NUMBERED = """
    UPDATE screenshots SET number = shown.number
    FROM (
        SELECT id, row_number() OVER (PARTITION BY owner_id ORDER BY slot DESC, position, created_at, id) AS number
        FROM screenshots WHERE owner_id IN (SELECT id FROM reports)
    ) AS shown
    WHERE shown.id = screenshots.id
"""


def upgrade() -> None:
    op.add_column("screenshots", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("screenshots", sa.Column("is_new", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("screenshots", sa.Column("own_width", sa.Integer(), nullable=True))
    op.add_column("screenshots", sa.Column("own_height", sa.Integer(), nullable=True))
    op.add_column("screenshots", sa.Column("fingerprint", sa.String(32), nullable=True))
    op.execute(_NUMBERED)
    op.create_index(_INDEX, "screenshots", ["owner_id", "number"], unique=True)


def downgrade() -> None:
    op.drop_index(_INDEX, table_name="screenshots")
    for name in ("fingerprint", "own_height", "own_width", "is_new", "number"):
        op.drop_column("screenshots", name)
