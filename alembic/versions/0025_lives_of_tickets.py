"""Rounds with clocks that are judged once, how tickets were closed, merges that can be undone, requests to void."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TERM = timedelta(hours=24)  # of every kind at that time
_MOMENT = sa.DateTime(timezone=True)
_COLUMNS = (
    ("round_began_at", _MOMENT),
    ("touched_at", _MOMENT),
    ("reply_outcome", sa.String(length=12)),
    ("next_word_due_at", _MOMENT),
    ("resolved_at", _MOMENT),
    ("confirmation_reminded_at", _MOMENT),
    ("closed_how", sa.String(length=24)),
    ("merged_into_id", sa.Uuid()),
    ("worked_as_id", sa.Uuid()),
)
_UNCONFIRMED = sa.text("state = 'awaiting_confirmation'")
_WORDS = "'reply', 'ask', 'resolve'"
_TICKETS = sa.table(
    "tickets",
    sa.column("id", sa.Uuid()),
    sa.column("number", sa.String()),
    sa.column("state", sa.String()),
    sa.column("submitted_at", _MOMENT),
    sa.column("reply_due_at", _MOMENT),
    sa.column("first_replied_at", _MOMENT),
    sa.column("paused_at", _MOMENT),
    sa.column("round_began_at", _MOMENT),
    sa.column("touched_at", _MOMENT),
    sa.column("reply_outcome", sa.String()),
    sa.column("merged_into", sa.String()),
    sa.column("merged_into_id", sa.Uuid()),
    sa.column("worked_as_id", sa.Uuid()),
    sa.column("reopened_count", sa.Integer()),
)
_ENTRIES = sa.table(
    "timeline_entries",
    sa.column("ticket_id", sa.Uuid()),
    sa.column("action", sa.String()),
    sa.column("at", _MOMENT),
)


def upgrade() -> None:
    op.add_column("tickets", sa.Column("round", sa.Integer(), nullable=False, server_default="1"))
    for name, kind in _COLUMNS:
        op.add_column("tickets", sa.Column(name, kind, nullable=True))
    for name in ("merged_into_id", "worked_as_id"):
        op.create_index(f"ix_tickets_{name}", "tickets", [name])
    op.create_index(
        "ix_tickets_unconfirmed", "tickets", ["resolved_at"], sqlite_where=_UNCONFIRMED, postgresql_where=_UNCONFIRMED
    )
    _make_tables()
    connection = op.get_bind()
    _date(connection)
    _judge(connection)
    _begin_rounds(connection)
    _connect_merged(connection)
    _keep_clocks(connection)
    _list_supplements(connection)


def downgrade() -> None:
    op.drop_table("void_requests")
    op.drop_table("ticket_clocks")
    op.drop_index("ix_tickets_unconfirmed", "tickets")
    for name in ("worked_as_id", "merged_into_id"):
        op.drop_index(f"ix_tickets_{name}", "tickets")
    for name, _ in reversed(_COLUMNS):
        op.drop_column("tickets", name)
    op.drop_column("tickets", "round")


def _make_tables() -> None:
    op.create_table(
        "ticket_clocks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("clock", sa.String(length=12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_by_action", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_clocks_ticket_id_tickets"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_clocks"),
        sa.UniqueConstraint("ticket_id", "clock", "round", name="uq_ticket_clocks_ticket_id_clock_round"),
    )
    op.create_table(
        "void_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_name", sa.String(length=60), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("reason_kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_void_requests_ticket_id_tickets"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name="fk_void_requests_asked_by_id_users"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_void_requests_decided_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_void_requests"),
    )
    op.create_index("ix_void_requests_ticket_id", "void_requests", ["ticket_id"])


def _date(connection: sa.Connection) -> None:
    """When results were given, and how tickets were closed, from the timelines."""
    latest = "(SELECT MAX(e.at) FROM timeline_entries e WHERE e.ticket_id = tickets.id AND e.action = '{}')"
    connection.execute(sa.text(f"UPDATE tickets SET resolved_at = {latest.format('resolve')}"))
    connection.execute(
        sa.text(
            "UPDATE tickets SET resolved_at = changed_at WHERE state = 'awaiting_confirmation' AND resolved_at IS NULL"
        )
    )
    connection.execute(
        sa.text(
            "UPDATE tickets SET touched_at = COALESCE(first_claimed_at, first_replied_at), "
            "closed_how = CASE WHEN state <> 'closed' THEN NULL ELSE "
            "(SELECT CASE e.action WHEN 'confirm' THEN 'confirmed' WHEN 'close' THEN 'staff' "
            "ELSE 'lapsed_information' END FROM timeline_entries e WHERE e.ticket_id = tickets.id "
            "AND e.action IN ('confirm', 'close', 'lapse') ORDER BY e.at DESC LIMIT 1) END"
        )
    )


def _judge(connection: sa.Connection) -> None:
    """The first reply, by the due time of its moment; what ended without a word to the clinic is uncounted."""
    said = f"EXISTS (SELECT 1 FROM timeline_entries e WHERE e.ticket_id = tickets.id AND e.action IN ({_WORDS}))"
    connection.execute(sa.text(f"UPDATE tickets SET first_replied_at = NULL WHERE state = 'merged' AND NOT {said}"))
    connection.execute(
        sa.text(
            "UPDATE tickets SET reply_outcome = CASE WHEN first_replied_at IS NULL THEN 'uncounted' "
            "WHEN first_replied_at <= reply_due_at THEN 'met' ELSE 'missed' END "
            "WHERE first_replied_at IS NOT NULL OR state IN ('closed', 'merged', 'void')"
        )
    )
    t = _TICKETS.c
    replied_in_pause = sa.select(t.id, t.reply_due_at, t.first_replied_at, t.paused_at).where(
        t.paused_at.is_not(None), t.first_replied_at > t.paused_at
    )
    for row in connection.execute(replied_in_pause).all():
        paused, replied = _aware(row.paused_at), _aware(row.first_replied_at)
        due = _aware(row.reply_due_at) + (replied - paused)
        values = {"reply_due_at": due, "reply_outcome": "met" if replied <= due else "missed"}
        connection.execute(sa.update(_TICKETS).where(t.id == row.id).values(values))


def _begin_rounds(connection: sa.Connection) -> None:
    """A reopened ticket is in a later round, whose clock began with its reopening and ended with the next word."""
    t = _TICKETS.c
    connection.execute(sa.text("UPDATE tickets SET round = reopened_count + 1"))
    for row in connection.execute(sa.select(t.id, t.state, t.reply_due_at).where(t.reopened_count > 0)).all():
        began = _moment_of(connection, sa.func.max, row.id, ("reopen",))
        if began is None:
            continue
        due, replied = began + _TERM, _moment_of(connection, sa.func.min, row.id, ("reply", "ask", "resolve"), began)
        outcome = None if replied is None else "met" if replied <= due else "missed"
        if replied is None and row.state in ("closed", "merged", "void"):
            outcome = "uncounted"
        values = {
            "round_began_at": began, "reply_due_at": due, "first_replied_at": replied, "reply_outcome": outcome,
            "touched_at": replied,
        }  # fmt: skip
        connection.execute(sa.update(_TICKETS).where(t.id == row.id).values(values))


def _connect_merged(connection: sa.Connection) -> None:
    """Merged tickets know their target by its id, present or former number, and the end of the chain."""
    t = _TICKETS.c
    merged = {row.id: row.merged_into for row in connection.execute(
        sa.select(t.id, t.merged_into).where(t.state == "merged", t.merged_into.is_not(None))
    )}  # fmt: skip
    into: dict[Any, Any] = {}
    for ticket_id, number in merged.items():
        found = connection.execute(sa.select(t.id).where(t.number == number)).scalar()
        if found is None:
            former = sa.table("former_numbers", sa.column("number", sa.String()), sa.column("ticket_id", sa.Uuid()))
            query = sa.select(former.c.ticket_id).where(former.c.number == number)
            found = connection.execute(query).scalar()
        if found is not None:
            into[ticket_id] = found
    for ticket_id, target in into.items():
        seen = {ticket_id}
        end = target
        while end in into and end not in seen:
            seen.add(end)
            end = into[end]
        if end in seen:
            continue  # two that were merged into each other at once: neither is worked
        connection.execute(sa.update(_TICKETS).where(t.id == ticket_id).values(merged_into_id=target, worked_as_id=end))


def _keep_clocks(connection: sa.Connection) -> None:
    """The ended clock of each ticket's current round, as a row of its own."""
    new_id = "gen_random_uuid()" if connection.dialect.name == "postgresql" else "lower(hex(randomblob(16)))"
    connection.execute(
        sa.text(
            "INSERT INTO ticket_clocks (id, ticket_id, clock, round, started_at, due_at, ended_at, outcome, "
            "ended_by_action) "
            f"SELECT {new_id}, id, 'replied', round, COALESCE(round_began_at, submitted_at), reply_due_at, "
            "COALESCE(first_replied_at, closed_at, changed_at), reply_outcome, 'migrated' "
            "FROM tickets WHERE reply_outcome IS NOT NULL"
        )
    )


def _list_supplements(connection: sa.Connection) -> None:
    """Lists and search find what clinics supplied later; a place of the directory is matched with the next change."""
    s = sa.table(
        "supplements",
        sa.column("report_id", sa.Uuid()),
        sa.column("field", sa.String()),
        sa.column("text", sa.Text()),
        sa.column("created_at", _MOMENT),
    )
    listed = sa.table(
        "tickets",
        sa.column("report_id", sa.Uuid()),
        sa.column("institution", sa.String()),
        sa.column("search_text", sa.Text()),
    )
    searched = s.c.field.in_(("institution", "description", "form_name")) & (s.c.text != "")
    for row in connection.execute(sa.select(s).where(searched).order_by(s.c.created_at)).all():
        values: dict[str, Any] = {"search_text": listed.c.search_text + "\n" + row.text.lower()}
        if row.field == "institution":
            values["institution"] = row.text[:120]
        connection.execute(sa.update(listed).where(listed.c.report_id == row.report_id).values(values))


def _moment_of(
    connection: sa.Connection, which: Any, ticket_id: Any, actions: tuple[str, ...], after: datetime | None = None
) -> datetime | None:
    e = _ENTRIES.c
    query = sa.select(which(e.at)).where(e.ticket_id == ticket_id, e.action.in_(actions))
    found: datetime | None = _aware(connection.execute(query.where(e.at > after) if after else query).scalar())
    return found


def _aware(moment: Any) -> Any:
    """SQLite returns moments without a zone; stored ones are UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
