"""The tickets behind two counts of reports: claims out of order, as the trail tells them, and refusals by the form."""

import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

_CHINA = timedelta(hours=8)
_AT_ONCE = 1000
_breaks = sa.table(
    "order_breaks", sa.column("id", sa.Uuid()), sa.column("ticket_id", sa.Uuid()),
    sa.column("at", sa.DateTime(timezone=True)), sa.column("reason", sa.String()), sa.column("passed", sa.Integer()),
)  # fmt: skip
_events = sa.table(
    "audit_events", sa.column("at", sa.DateTime(timezone=True)), sa.column("tag", sa.String()),
    sa.column("ticket_number", sa.String()), sa.column("particulars", sa.JSON()),
)  # fmt: skip
_counts = sa.table(
    "daily_counts", sa.column("day", sa.Date()), sa.column("name", sa.String()), sa.column("key", sa.String()),
    sa.column("count", sa.Integer()),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "order_breaks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_breaks")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_order_breaks_ticket_id_tickets")),
    )
    op.create_index("ix_order_breaks_ticket_id", "order_breaks", ["ticket_id"])
    op.create_index("ix_order_breaks_at", "order_breaks", ["at"])
    op.create_table(
        "filing_refusals",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "reason", "on_day", name=op.f("pk_filing_refusals")),
    )
    op.create_index("ix_filing_refusals_on_day_reason", "filing_refusals", ["on_day", "reason"])
    _take_from_trail()
    op.execute(_counts.delete().where(_counts.c.name == "passed-over"))


def _take_from_trail() -> None:
    """Every claim past others that the trail still has."""
    connection = op.get_bind()
    told = sa.cast(_events.c.particulars, sa.Text()).like('%"passed_over"%')
    query = sa.select(_events.c.at, _events.c.ticket_number, _events.c.particulars)
    rows = connection.execute(query.where(_events.c.tag == "ticket:claim", told)).all()
    numbers = sa.text("SELECT id FROM tickets WHERE number = :number "
                      "UNION SELECT ticket_id FROM former_numbers WHERE number = :number")  # fmt: skip
    numbers = numbers.columns(id=sa.Uuid())
    found = []
    for at, number, particulars in rows:
        ticket_id = connection.scalar(numbers, {"number": number})
        if ticket_id is not None:
            reason, passed = particulars.get("claim_reason", "unsaid"), int(particulars["passed_over"])
            found.append({"id": uuid.uuid4(), "ticket_id": ticket_id, "at": at, "reason": reason, "passed": passed})
    for begin in range(0, len(found), _AT_ONCE):
        op.bulk_insert(_breaks, found[begin : begin + _AT_ONCE])


def downgrade() -> None:
    rows = op.get_bind().execute(sa.select(_breaks.c.at, _breaks.c.reason)).all()
    days = Counter((_day_of(at), reason) for at, reason in rows)
    told = [{"day": day, "name": "passed-over", "key": key, "count": many} for (day, key), many in days.items()]
    if told:
        op.bulk_insert(_counts, told)
    op.drop_table("filing_refusals")
    op.drop_table("order_breaks")


def _day_of(moment: datetime) -> date:
    """In China; SQLite gives moments without a zone."""
    return ((moment if moment.tzinfo is None else moment.astimezone(UTC)) + _CHINA).date()
