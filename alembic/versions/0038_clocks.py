"""Clocks as rows under a policy: versions, terms, the clocks of every round, and why their due times were changed."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_RUNNING = sa.text("ended_at IS NULL AND paused_at IS NULL")
_DUE_RUNNING = sa.text("next_due_at IS NOT NULL")
_CHINA = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")
_HOURS = dict.fromkeys(_WEEK, "08:30-12:00 14:00-17:30")
_QUIET = ["12:00-14:00", "20:00-08:00"]
_SWITCHES = {"claim_reason": "optional", "cross_province_reply": "hours"}
# clock, channel, coordination, urgency, amount, unit
_TERMS = (
    *(("touched", channel, "", "", 60, "working_minutes") for channel in ("yxt", "qq", "email", "wechat", "other")),
    ("replied", "", "general", "", 1440, "minutes"),
    ("replied", "", "special", "", 1440, "minutes"),
    ("replied", "", "cross_department", "", 2880, "minutes"),
    ("replied", "", "cross_province", "", 4320, "minutes"),
    ("next_word", "", "", "", 1440, "minutes"),
    ("solved", "", "", "critical", 480, "minutes"),
    ("solved", "", "", "urgent", 1, "working_days"),
    ("solved", "", "general", "normal", 3, "working_days"),
    ("solved", "", "special", "normal", 3, "working_days"),
    ("solved", "", "cross_department", "normal", 5, "working_days"),
    ("solved", "", "cross_province", "normal", 7, "working_days"),
)
_ROW_COLUMNS: tuple[tuple[str, Any, str | None], ...] = (
    ("amount", sa.Integer(), None),
    ("unit", sa.String(16), "'minutes'"),
    ("based_at", _MOMENT, None),
    ("given_due_at", _MOMENT, None),
    ("is_estimate", sa.Boolean(), "false"),
    ("pauses", sa.JSON(), "'[]'"),
    ("paused_at", _MOMENT, None),
    ("left", sa.Interval(), None),
    ("postponed_to", _MOMENT, None),
    ("alert_step", sa.Integer(), "0"),
    ("alert_at", _MOMENT, None),
)
_TICKET_COLUMNS: tuple[tuple[str, Any, str | None], ...] = (
    ("policy_version", sa.Integer(), "1"),
    ("coordination", sa.String(20), "'general'"),
    ("special_due_at", _MOMENT, None),
    ("origin", sa.String(10), "'external'"),
    ("next_due_at", _MOMENT, None),
    ("next_due_clock", sa.String(12), None),
    ("promise_due_at", _MOMENT, None),
)
_CLOCKS = sa.table(
    "ticket_clocks",
    sa.column("id", sa.Uuid()), sa.column("ticket_id", sa.Uuid()), sa.column("clock", sa.String()),
    sa.column("round", sa.Integer()), sa.column("amount", sa.Integer()), sa.column("unit", sa.String()),
    sa.column("started_at", _MOMENT), sa.column("due_at", _MOMENT), sa.column("paused_at", _MOMENT),
    sa.column("left", sa.Interval()), sa.column("is_estimate", sa.Boolean()), sa.column("pauses", sa.JSON()),
    sa.column("alert_step", sa.Integer()), sa.column("alert_at", _MOMENT), sa.column("ended_at", _MOMENT),
)  # fmt: skip
_TICKETS = sa.table(
    "tickets",
    sa.column("id", sa.Uuid()), sa.column("state", sa.String()), sa.column("urgency", sa.Integer()),
    sa.column("is_open", sa.Boolean()),
    sa.column("round", sa.Integer()), sa.column("submitted_at", _MOMENT), sa.column("round_began_at", _MOMENT),
    sa.column("reply_due_at", _MOMENT), sa.column("reply_outcome", sa.String()), sa.column("paused_at", _MOMENT),
    sa.column("next_word_due_at", _MOMENT), sa.column("next_due_at", _MOMENT), sa.column("next_due_clock", sa.String()),
)  # fmt: skip


def upgrade() -> None:
    _make_policies()
    _widen_clocks()
    _make_changes()
    for name, kind, default in _TICKET_COLUMNS:
        op.add_column("tickets", _column(name, kind, default))
    op.create_index(
        "ix_tickets_next_due", "tickets", ["next_due_at"], sqlite_where=_DUE_RUNNING, postgresql_where=_DUE_RUNNING
    )
    _carry(op.get_bind())


def downgrade() -> None:
    connection = op.get_bind()
    op.drop_index("ix_tickets_next_due", "tickets")
    for name, _, _ in reversed(_TICKET_COLUMNS):
        op.drop_column("tickets", name)
    op.drop_table("due_changes")
    connection.execute(sa.text("DELETE FROM ticket_clocks WHERE clock <> 'replied' OR outcome IS NULL"))
    for name in ("alert_at", "due_at", "started_at"):
        op.drop_index(f"ix_ticket_clocks_{name}", "ticket_clocks")
    with op.batch_alter_table("ticket_clocks") as table:
        for name, kind in _ENDS:
            table.alter_column(name, existing_type=kind, nullable=False)
        for name, _, _ in reversed(_ROW_COLUMNS):
            table.drop_column(name)
    op.drop_table("service_terms")
    op.drop_table("service_policies")


_ENDS: tuple[tuple[str, Any], ...] = (
    ("ended_at", _MOMENT), ("outcome", sa.String(12)), ("ended_by_action", sa.String(30)),
)  # fmt: skip


def _column(name: str, kind: Any, default: str | None) -> sa.Column[Any]:
    value = sa.text(default) if default is not None else None
    return sa.Column(name, kind, nullable=default is None, server_default=value)


def _make_policies() -> None:
    policies = op.create_table(
        "service_policies",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("valid_from", _MOMENT, nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("quiet_hours", sa.JSON(), nullable=False),
        sa.Column("switches", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", _MOMENT, nullable=False),
    )
    words = ("clock", 24), ("queue", 20), ("request_type", 20), ("channel", 10), ("coordination", 20), ("urgency", 10)
    terms = op.create_table(
        "service_terms",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("policy_version", sa.Integer(), sa.ForeignKey("service_policies.version"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(length), nullable=False) for name, length in words),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
    )
    op.create_index("ix_service_terms_policy_version", "service_terms", ["policy_version"])
    made = {"valid_from": _BEGINNING, "hours": _HOURS, "quiet_hours": _QUIET, "switches": _SWITCHES, "note": ""}
    op.bulk_insert(policies, [{"version": 1, **made, "made_by_id": None, "made_at": datetime.now(UTC)}])
    names = ("clock", "channel", "coordination", "urgency", "amount", "unit")
    op.bulk_insert(
        terms,
        [
            {"id": uuid.uuid4(), "policy_version": 1, "position": place, "queue": "", "request_type": "",
             **dict(zip(names, term, strict=True))}
            for place, term in enumerate(_TERMS)
        ],
    )  # fmt: skip


def _widen_clocks() -> None:
    for name, kind, default in _ROW_COLUMNS:
        op.add_column("ticket_clocks", _column(name, kind, default))
    with op.batch_alter_table("ticket_clocks") as table:
        for name, kind in _ENDS:
            table.alter_column(name, existing_type=kind, nullable=True)
        for name, kind, default in _ROW_COLUMNS:
            if default is not None:
                table.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
    for name, where in (("alert_at", _RUNNING), ("due_at", _RUNNING)):
        op.create_index(f"ix_ticket_clocks_{name}", "ticket_clocks", [name], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_ticket_clocks_started_at", "ticket_clocks", ["clock", "started_at"])


def _make_changes() -> None:
    op.create_table(
        "due_changes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clock_id", sa.Uuid(), sa.ForeignKey("ticket_clocks.id"), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_label", sa.String(60), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("old_due_at", _MOMENT, nullable=False),
        sa.Column("new_due_at", _MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("ix_due_changes_ticket_id", "due_changes", ["ticket_id", "at"])


def _carry(connection: sa.Connection) -> None:
    """Open tickets get rows of version 1. Their solving is counted from now: nobody becomes late by an upgrade.

    What ended has its row already; a first action was not promised when these tickets were filed.
    """
    connection.execute(sa.update(_CLOCKS).values(amount=1440, unit="minutes"))
    calendar, now = _calendar_of(connection), datetime.now(UTC)
    for ticket in connection.execute(sa.select(_TICKETS).where(_TICKETS.c.is_open)).all():
        found = list(_rows_of(ticket, calendar, now))
        if found:
            connection.execute(sa.insert(_CLOCKS), found)
        running = [(row["due_at"], row["clock"]) for row in found if row["paused_at"] is None]
        if running:
            due, name = min(running)
            values = {"next_due_at": due, "next_due_clock": name}
            connection.execute(sa.update(_TICKETS).where(_TICKETS.c.id == ticket.id).values(values))


def _rows_of(ticket: Any, calendar: tuple[set[int], dict[date, bool]], now: datetime) -> Iterator[dict[str, Any]]:
    began, paused = _aware(ticket.round_began_at or ticket.submitted_at), ticket.paused_at and _aware(ticket.paused_at)
    if ticket.reply_outcome is None:
        due = _aware(ticket.reply_due_at)
        left = max(due - paused, timedelta(0)) if paused else None
        yield _row(ticket, "replied", (1440, "minutes"), began, due, paused, left)
    if ticket.next_word_due_at is not None:
        due = _aware(ticket.next_word_due_at)
        yield _row(ticket, "next_word", (1440, "minutes"), due - _DAY, due, None, None)
    if ticket.state != "awaiting_confirmation":
        waits = ticket.state == "awaiting_information"
        term = {0: (480, "minutes"), 1: (1, "working_days")}.get(ticket.urgency, (3, "working_days"))
        due, open_minutes = now + timedelta(minutes=480), None
        if term[1] == "working_days":
            due, open_minutes = _working_days_later(now, term[0], calendar)
        left = (timedelta(minutes=480) if open_minutes is None else open_minutes) if waits else None
        yield _row(ticket, "solved", term, now, due, now if waits else None, left)


def _row(
    ticket: Any, clock: str, term: tuple[int, str], began: datetime, due: datetime, paused: Any, left: Any
) -> dict[str, Any]:
    """Its next share of time that people are told of is the last one, at the due time."""
    is_told_of = paused is None and clock != "next_word"
    return {
        "id": uuid.uuid4(), "ticket_id": ticket.id, "clock": clock, "round": ticket.round, "amount": term[0],
        "unit": term[1], "started_at": began, "due_at": due, "paused_at": paused, "left": left, "is_estimate": False,
        "pauses": [], "alert_step": 2, "alert_at": due if is_told_of else None, "ended_at": None,
    }  # fmt: skip


def _calendar_of(connection: sa.Connection) -> tuple[set[int], dict[date, bool]]:
    days = sa.table("calendar_days", sa.column("day", sa.Date()), sa.column("is_working", sa.Boolean()))
    years = connection.execute(sa.text("SELECT year FROM calendar_years"))
    return {row.year for row in years}, {row.day: row.is_working for row in connection.execute(sa.select(days))}


def _is_working(day: date, calendar: tuple[set[int], dict[date, bool]]) -> bool:
    fixed = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
    off = day.weekday() > 4 or (day.year not in calendar[0] and (day.month, day.day) in fixed)
    return calendar[1].get(day, not off)


def _working_days_later(
    now: datetime, days: int, calendar: tuple[set[int], dict[date, bool]]
) -> tuple[datetime, timedelta]:
    """The due time, and the open time until then, with the hours of version 1."""
    local = now.astimezone(_CHINA)
    start = _next_open(local, calendar)
    day = start.date()
    for _ in range(days):
        day += _DAY
        while not _is_working(day, calendar):
            day += _DAY
    due = _next_open(datetime.combine(day, start.timetz()), calendar)
    return due.astimezone(UTC), days * timedelta(hours=7)


def _next_open(moment: datetime, calendar: tuple[set[int], dict[date, bool]]) -> datetime:
    while True:
        if _is_working(moment.date(), calendar):
            for begin, end in ((510, 720), (840, 1050)):
                midnight = datetime.combine(moment.date(), datetime.min.time(), _CHINA)
                if moment < midnight + timedelta(minutes=end):
                    return max(moment, midnight + timedelta(minutes=begin))
        moment = datetime.combine(moment.date() + _DAY, datetime.min.time(), _CHINA)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
