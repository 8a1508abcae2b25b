"""Times of complaints in every version of the service times; who has acknowledged a grave or legal one; call numbers in
what lists search.
"""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
# DESK 1.2: whoever changes them makes a version.
_TERMS = (
    ("complaint_handler", 60, "working_minutes"),
    ("complaint_judged", 1, "working_days"),
    ("complaint_solution", 3, "working_days"),
)
_NAMES = ("id", "policy_version", "position", "clock", "queue", "request_type", "channel", "coordination", "urgency",
          "amount", "unit")  # fmt: skip
_WAITING = sa.text("alarm_next_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("complaints", sa.Column("alarm_step", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("complaints", sa.Column("alarm_next_at", _MOMENT))
    op.add_column("complaints", sa.Column("acknowledged_at", _MOMENT))
    op.add_column("complaints", sa.Column("acknowledged_by_id", sa.Uuid()))
    op.add_column("complaints", sa.Column("told_unjudged_at", _MOMENT))
    op.create_index(
        "ix_complaints_alarm_next_at", "complaints", ["alarm_next_at"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    terms = sa.table("service_terms", *(sa.column(name, sa.Uuid() if name == "id" else None) for name in _NAMES))
    newest = "SELECT policy_version, MAX(position) FROM service_terms GROUP BY policy_version"
    rows = [
        {
            "id": uuid.uuid4(), "policy_version": version, "position": last + place, "clock": name, "queue": "",
            "request_type": "", "channel": "", "coordination": "", "urgency": "", "amount": amount, "unit": unit,
        }
        for version, last in op.get_bind().execute(sa.text(newest)).all()
        for place, (name, amount, unit) in enumerate(_TERMS, 1)
    ]  # fmt: skip
    op.bulk_insert(terms, rows)
    _add_call_numbers()


def _add_call_numbers() -> None:
    """LD numbers find their ticket, as its own does; not of what was destroyed."""
    joined = "string_agg(lower(number), chr(10))"
    if op.get_bind().dialect.name == "sqlite":
        joined = "group_concat(lower(number), char(10))"
    numbers = f"SELECT {joined} FROM call_records WHERE ticket_id = tickets.id AND number IS NOT NULL"
    newline = "char(10)" if op.get_bind().dialect.name == "sqlite" else "chr(10)"
    op.execute(
        f"UPDATE tickets SET search_text = search_text || {newline} || ({numbers}) WHERE destroyed_at IS NULL"
        " AND id IN (SELECT ticket_id FROM call_records WHERE number IS NOT NULL)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM service_terms WHERE clock LIKE 'complaint%'")
    op.drop_index("ix_complaints_alarm_next_at", "complaints")
    for name in ("told_unjudged_at", "acknowledged_by_id", "acknowledged_at", "alarm_next_at", "alarm_step"):
        op.drop_column("complaints", name)
