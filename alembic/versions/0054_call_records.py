"""Call records: what staff recorded while filing becomes the first record of its ticket, with a number of its own."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alembic import op

revision = "0054"
down_revision = "0052"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PREFIX, OWN_DOOR = "LD", "yxt"
_SHARED = (
    ("identity_method", sa.String(20)), ("began_at", MOMENT), ("ended_at", MOMENT), ("is_late", sa.Boolean()),
    ("late_reason", sa.Text()), ("incomplete_note", sa.Text()), ("may_call_back", sa.Boolean()),
    ("created_at", MOMENT),
)  # fmt: skip
_ENTRIES = sa.table(
    "desk_entries", sa.column("id", sa.Uuid()), sa.column("report_id", sa.Uuid()), sa.column("filed_by_id", sa.Uuid()),
    sa.column("filed_by_name", sa.String()), *(sa.column(name, kind) for name, kind in _SHARED),
)  # fmt: skip
_RECORDS = sa.table(
    "call_records", sa.column("id", sa.Uuid()), sa.column("number", sa.String()), sa.column("ticket_id", sa.Uuid()),
    sa.column("channel", sa.String()), sa.column("is_filing", sa.Boolean()), sa.column("taken_by_id", sa.Uuid()),
    sa.column("taken_by_name", sa.String()), sa.column("is_public", sa.Boolean()), sa.column("text", sa.Text()),
    *(sa.column(name, kind) for name, kind in _SHARED),
)  # fmt: skip
_TICKETS = sa.table(
    "tickets", sa.column("id", sa.Uuid()), sa.column("report_id", sa.Uuid()), sa.column("channel", sa.String()),
    sa.column("received_by_id", sa.Uuid()), sa.column("submitted_at", MOMENT),
)  # fmt: skip
_USERS = sa.table("users", sa.column("id", sa.Uuid()), sa.column("display_name", sa.String()))
_COUNTERS = sa.table("ticket_counters", sa.column("series", sa.String()), sa.column("last", sa.Integer()))


def upgrade() -> None:
    op.create_table(
        "call_records",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.String(24), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("is_filing", sa.Boolean(), nullable=False),
        *(sa.Column(name, kind, nullable=name == "began_at") for name, kind in _SHARED),
        sa.Column("taken_by_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("taken_by_name", sa.String(60), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.UniqueConstraint("number", name="uq_call_records_number"),
    )
    op.create_index("ix_call_records_ticket_id", "call_records", ["ticket_id"])
    op.create_index("ix_call_records_created_at", "call_records", ["created_at"])
    only = sa.text("is_filing")
    op.create_index(
        "uq_call_records_filing", "call_records", ["ticket_id"], unique=True, sqlite_where=only, postgresql_where=only
    )
    last = Counter[str]()
    for row in [*_of_entries(), *_of_the_api()]:
        if row["channel"] != OWN_DOOR:
            moment = row["created_at"] if row["created_at"].tzinfo else row["created_at"].replace(tzinfo=UTC)
            day = f"{PREFIX}{moment.astimezone(ZoneInfo('Asia/Shanghai')):%Y%m%d}"
            last[day] += 1
            row["number"] = f"{day}{last[day]:03d}"
        op.execute(_RECORDS.insert().values(row))
    for series, count in last.items():
        op.execute(_COUNTERS.insert().values(series=series, last=count))
    op.drop_table("desk_entries")


def _of_entries() -> Iterator[dict[str, Any]]:
    """The entries of the desk's form, the oldest first."""
    entries = sa.select(
        _TICKETS.c.id.label("ticket_id"), _TICKETS.c.channel, _ENTRIES.c.id,
        _ENTRIES.c.filed_by_id.label("taken_by_id"), _ENTRIES.c.filed_by_name.label("taken_by_name"),
        *(_ENTRIES.c[name] for name, _ in _SHARED),
    ).join_from(_ENTRIES, _TICKETS, _TICKETS.c.report_id == _ENTRIES.c.report_id)  # fmt: skip
    for row in op.get_bind().execute(entries.order_by(_ENTRIES.c.created_at, _ENTRIES.c.id)).mappings().all():
        yield {**row, "number": None, "is_filing": True, "is_public": False, "text": ""}


def _of_the_api() -> Iterator[dict[str, Any]]:
    """Reports that staff filed with a token: there was no entry."""
    by_form = sa.select(_ENTRIES.c.report_id)
    taken = (
        sa.select(_TICKETS, _USERS.c.display_name)
        .join_from(_TICKETS, _USERS, _USERS.c.id == _TICKETS.c.received_by_id)
        .where(_TICKETS.c.channel != OWN_DOOR, _TICKETS.c.report_id.not_in(by_form))
        .order_by(_TICKETS.c.submitted_at, _TICKETS.c.id)
    )
    for row in op.get_bind().execute(taken).mappings().all():
        yield {
            "id": uuid4(), "number": None, "ticket_id": row["id"], "channel": row["channel"], "is_filing": True,
            "taken_by_id": row["received_by_id"], "taken_by_name": row["display_name"], "is_public": False, "text": "",
            "identity_method": "", "began_at": None, "ended_at": row["submitted_at"], "is_late": False,
            "late_reason": "", "incomplete_note": "", "may_call_back": False, "created_at": row["submitted_at"],
        }  # fmt: skip


def downgrade() -> None:
    op.create_table(
        "desk_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by_name", sa.String(60), nullable=False),
        *(sa.Column(name, kind, nullable=name == "began_at") for name, kind in _SHARED),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_desk_entries_report_id")),
        sa.ForeignKeyConstraint(["filed_by_id"], ["users.id"], name=op.f("fk_desk_entries_filed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_entries")),
        sa.UniqueConstraint("report_id", name=op.f("uq_desk_entries_report_id")),
    )
    filed = sa.select(
        _RECORDS.c.id, _TICKETS.c.report_id, _RECORDS.c.taken_by_id, _RECORDS.c.taken_by_name,
        *(_RECORDS.c[name] for name, _ in _SHARED),
    ).join_from(_RECORDS, _TICKETS, _TICKETS.c.id == _RECORDS.c.ticket_id).where(_RECORDS.c.is_filing)  # fmt: skip
    op.execute(
        _ENTRIES.insert().from_select(
            ["id", "report_id", "filed_by_id", "filed_by_name", *(name for name, _ in _SHARED)], filed
        )
    )
    op.drop_table("call_records")
    op.execute(_COUNTERS.delete().where(_COUNTERS.c.series.like(f"{PREFIX}%")))
