"""Who added a person, passwords to be changed first, where a session is from, and versions of the directory's rows."""

import sqlalchemy as sa

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_EDITED = ("institutions", "previous_systems")


def upgrade() -> None:
    op.add_column("users", sa.Column("added_by_id", sa.Uuid(), nullable=True))
    op.add_column("users", sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("users", sa.Column("password_given_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("staff_sessions", sa.Column("address", sa.String(length=45), nullable=False, server_default=""))
    op.add_column("staff_sessions", sa.Column("device", sa.String(length=40), nullable=False, server_default=""))
    for table in _EDITED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    for table in _EDITED:
        op.drop_column(table, "version")
    op.drop_column("staff_sessions", "device")
    op.drop_column("staff_sessions", "address")
    for column in ("password_given_at", "must_change_password", "added_by_id"):
        op.drop_column("users", column)
