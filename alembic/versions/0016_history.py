"""History: who acted, who had a ticket first, who resolved it; structured particulars in the trail."""

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_PEOPLE = {
    "timeline_entries": ("actor_id",),
    "tickets": ("first_claimed_by_id", "first_owner_id", "resolved_by_id"),
    "information_requests": ("asked_by_id",),
}


_GUARDED = "NEW.to_state IS OLD.to_state"
_GUARDED_TOO = f"{_GUARDED} AND NEW.actor_id IS OLD.actor_id"


def upgrade() -> None:
    op.add_column("audit_events", sa.Column("particulars", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("tickets", sa.Column("first_claimed_at", sa.DateTime(timezone=True), nullable=True))
    for table, columns in _PEOPLE.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
    op.add_column("users", sa.Column("staff_number", sa.String(length=20), nullable=True))
    op.create_index("ix_users_staff_number", "users", ["staff_number"], unique=True)
    _rewrite_guard(_GUARDED, _GUARDED_TOO)


def downgrade() -> None:
    _rewrite_guard(_GUARDED_TOO, _GUARDED)
    op.drop_index("ix_users_staff_number", "users")
    op.drop_column("users", "staff_number")
    for table, columns in _PEOPLE.items():
        for column in columns:
            op.drop_column(table, column)
    op.drop_column("tickets", "first_claimed_at")
    op.drop_column("audit_events", "particulars")


def _rewrite_guard(old: str, new: str) -> None:
    """SQLite's guard of the timeline lists each column that never changes; PostgreSQL's compares whole rows."""
    if op.get_bind().dialect.name != "sqlite":
        return
    trigger = sa.text("SELECT sql FROM sqlite_master WHERE name = 'timeline_entries_no_update'")
    statement: str = op.get_bind().execute(trigger).scalar_one()
    if old not in statement:
        raise RuntimeError("the guard of timeline_entries is not as this migration expects it")
    op.execute("DROP TRIGGER timeline_entries_no_update")
    op.execute(statement.replace(old, new))
