"""Whether a ticket has a numbered call, for 问题处理跟进表; and one index on the end of tickets, not two alike."""

import sqlalchemy as sa

from alembic import op

revision = "0082"
down_revision = "0077"
branch_labels = None
depends_on = None

_TWICE, _ENDED = "ix_tickets_queue_closed_at", sa.text("closed_at IS NOT NULL")
_calls = sa.table(
    "call_records", sa.column("ticket_id", sa.Uuid()), sa.column("number", sa.String()),
    sa.column("is_filing", sa.Boolean()),
)  # fmt: skip
_tickets = sa.table(
    "tickets", sa.column("id", sa.Uuid()), sa.column("has_calls", sa.Boolean()), sa.column("search_text", sa.Text()),
    sa.column("destroyed_at", sa.DateTime(timezone=True)),
)  # fmt: skip


def upgrade() -> None:
    op.add_column("tickets", sa.Column("has_calls", sa.Boolean(), nullable=False, server_default=sa.false()))
    called = sa.select(_calls.c.ticket_id).where(_calls.c.number.is_not(None))
    op.execute(_tickets.update().where(_tickets.c.id.in_(called)).values(has_calls=True))
    op.execute(_unsearched())
    op.create_index("ix_tickets_queue_has_calls", "tickets", ["queue", "has_calls", "submitted_at", "id"])
    op.drop_index(_TWICE, "tickets")


def _unsearched() -> sa.Update:
    """The number of the call with which a ticket was filed did not reach what its list searches."""
    number = sa.select(sa.func.lower(_calls.c.number)).where(
        _calls.c.ticket_id == _tickets.c.id, _calls.c.is_filing, _calls.c.number.is_not(None)
    )
    found, text = number.scalar_subquery(), _tickets.c.search_text
    missing = [
        _tickets.c.has_calls,
        _tickets.c.destroyed_at.is_(None),
        number.exists(),
        text.not_like("%" + found + "%"),
    ]
    return _tickets.update().where(*missing).values(search_text=text + "\n" + found)


def downgrade() -> None:
    op.create_index(_TWICE, "tickets", ["queue", "closed_at"], sqlite_where=_ENDED, postgresql_where=_ENDED)
    op.drop_index("ix_tickets_queue_has_calls", "tickets")
    op.drop_column("tickets", "has_calls")
