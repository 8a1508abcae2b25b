"""Whose turn a ticket is, since when and why, computed for existing tickets; engineers' own reminders."""

import sqlalchemy as sa

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TURNS = {
    "us": ("submitted", "in_progress"),
    "clinic": ("awaiting_information", "awaiting_confirmation"),
    "nobody": ("closed", "merged", "void"),
}
# What made it our turn, by timeline action; a clinic's 没有解决 is a reopening too.
_CAUSE = """CASE
    WHEN e.action = 'supply_all' THEN 'supplemented'
    WHEN e.action = 'reopen' AND e.actor_role = 'clinic' THEN 'not_solved'
    WHEN e.action = 'reopen' THEN 'reopened'
    ELSE 'new' END"""


def upgrade() -> None:
    op.add_column("tickets", sa.Column("turn", sa.String(length=12), nullable=False, server_default="us"))
    op.add_column(
        "tickets",
        sa.Column(
            "turn_since", sa.DateTime(timezone=True), nullable=False, server_default="2000-01-01 00:00:00.000000"
        ),
    )
    op.add_column("tickets", sa.Column("turn_cause", sa.String(length=30), nullable=True))
    for turn, states in _TURNS.items():
        _work_out(turn, states)
    op.create_index("ix_tickets_queue_turn", "tickets", ["queue", "assignee_id", "turn", "turn_since", "id"])
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_reminders_ticket_id_tickets")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reminders_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
    )
    op.create_index("ix_reminders_ticket_id", "reminders", ["ticket_id"])
    op.create_index("ix_reminders_due", "reminders", ["done_at", "at"])


def downgrade() -> None:
    op.drop_table("reminders")
    op.drop_index("ix_tickets_queue_turn", "tickets")
    for column in ("turn_cause", "turn_since", "turn"):
        op.drop_column("tickets", column)


def _work_out(turn: str, states: tuple[str, ...]) -> None:
    """The turn follows from the state; it began with the latest timeline entry that came from other states."""
    names = ", ".join(f"'{state}'" for state in states)
    began = (
        "FROM timeline_entries e WHERE e.ticket_id = tickets.id "
        f"AND e.to_state IN ({names}) AND (e.from_state IS NULL OR e.from_state NOT IN ({names}))"
    )
    cause = f"COALESCE((SELECT {_CAUSE} {began} ORDER BY e.at DESC LIMIT 1), 'new')" if turn == "us" else "NULL"
    op.execute(
        f"UPDATE tickets SET turn = '{turn}', "
        f"turn_since = COALESCE((SELECT MAX(e.at) {began}), submitted_at), "
        f"turn_cause = {cause} "
        f"WHERE state IN ({names})"
    )
