"""Call records: every contact that staff take, with its number LD…; several per ticket (REQUIREMENTS E22, DESK 3.2).

The first one of a ticket is the filing itself. What staff type in for a clinic on 一线通 is no call: it has no number.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, exists, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.audit.actor import Actor
from portal.db import Base, UtcDateTime, insert_rows, new_id
from portal.kinds.names import CHANNEL_LABELS, Channel
from portal.reports.service_records import IDENTITY_METHODS, LATE_AFTER, Service, is_late
from portal.search import index
from portal.tickets import numbering
from portal.tickets.models import Ticket
from portal.vault.span_masks import masked_text

PREFIX = "LD"
_FILING = sql("is_filing")


class CallRecord(Base):
    """来电记录. `text` is what was said later on, with secrets masked; the filing's is the report.

    The texts are internal, unless `is_public`, when `text` is also a line that the clinic reads.
    """

    __tablename__ = "call_records"
    __table_args__ = (
        Index("ix_call_records_ticket_id_number", "ticket_id", "number"),
        Index("ix_call_records_created_at", "created_at"),
        Index("ix_call_records_began_at_ended_at", "began_at", "ended_at", "id"),
        Index(
            "uq_call_records_filing", "ticket_id", unique=True, sqlite_where=_FILING, postgresql_where=_FILING,
        ),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str | None] = mapped_column(String(24), unique=True)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    channel: Mapped[str] = mapped_column(String(10))
    is_filing: Mapped[bool]
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    identity_method: Mapped[str] = mapped_column(String(20), default="")
    taken_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    taken_by_name: Mapped[str] = mapped_column(String(60))
    is_late: Mapped[bool]
    late_reason: Mapped[str] = mapped_column(Text, default="")
    incomplete_note: Mapped[str] = mapped_column(Text, default="")
    may_call_back: Mapped[bool] = mapped_column(default=False)
    is_public: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def identity_label(self) -> str:
        return dict(IDENTITY_METHODS).get(self.identity_method, "没有核实")

    @property
    def channel_label(self) -> str:
        return CHANNEL_LABELS[Channel(self.channel)]


def of_filing(service: Service) -> CallRecord:
    """What staff recorded while they filed, for `numbered`. Secrets in its notes are masked permanently."""
    now = clock.now()
    late = is_late(service.ended_at, now)
    return CallRecord(
        id=new_id(),
        is_filing=True,
        began_at=service.began_at,
        ended_at=service.ended_at or now,
        identity_method=service.identity_method,
        is_late=late,
        late_reason=masked_text(service.late_reason) if late else "",
        incomplete_note=masked_text(service.incomplete_note),
        may_call_back=service.may_call_back,
        is_public=False,
        text="",
        created_at=now,
    )


def numbered(session: Session, ticket: Ticket, by: Actor, record: CallRecord | None) -> CallRecord | None:
    """The first record of a ticket that staff filed, by page or API, to be inserted after it; None for a clinic's own.

    Before the ticket is inserted: its number stands on the ticket.
    """
    if by.user_id is None or (record is None and ticket.channel == Channel.YXT.value):
        return None
    record = record or of_filing(Service())
    record.ticket_id, record.channel, record.taken_by_id, record.taken_by_name = (
        ticket.id, ticket.channel, by.user_id, by.label,
    )  # fmt: skip
    record.number = None if ticket.channel == Channel.YXT.value else _next_number(session, ticket)
    return record


def insert_later(
    session: Session, ticket: Ticket, by: Actor, channel: str, began_at: datetime | None, text: str, *, is_public: bool
) -> CallRecord:
    """A contact about a ticket that is there already; `text` has its secrets masked."""
    assert by.user_id is not None  # noqa: S101
    now = clock.now()
    record = CallRecord(
        id=new_id(), number=_next_number(session, ticket), ticket_id=ticket.id, channel=channel,
        is_filing=False, began_at=began_at or now, ended_at=now, identity_method="", taken_by_id=by.user_id,
        taken_by_name=by.label, is_late=began_at is not None and now - began_at > LATE_AFTER, late_reason="",
        incomplete_note="", may_call_back=False, is_public=is_public, text=text, created_at=now,
    )  # fmt: skip
    insert_rows(session, record)
    return record


def _next_number(session: Session, ticket: Ticket) -> str:
    """The queue's text filter finds the ticket by it."""
    number = numbering.next_daily_number(session, PREFIX)
    ticket.search_text = index.with_number(ticket.search_text, number)
    ticket.has_calls = True
    return number


def numbers_of(session: Session, ticket_id: uuid.UUID) -> list[str]:
    mine = (CallRecord.ticket_id == ticket_id, CallRecord.number.is_not(None))
    return [number or "" for number in session.scalars(select(CallRecord.number).where(*mine))]


def of_ticket(session: Session, ticket_id: uuid.UUID) -> Sequence[CallRecord]:
    """All of a ticket's, the filing first."""
    mine = select(CallRecord).where(CallRecord.ticket_id == ticket_id)
    return session.scalars(mine.order_by(CallRecord.created_at, CallRecord.number)).all()


def late_ones(session: Session, ticket_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, CallRecord]:
    """The 补录 among the filings of these tickets, by ticket."""
    late = select(CallRecord).where(
        CallRecord.ticket_id.in_(list(ticket_ids)), CallRecord.is_filing, CallRecord.is_late
    )
    return {record.ticket_id: record for record in session.scalars(late)}


def is_entered_late() -> ColumnElement[bool]:
    """The condition on a ticket that its report is a 补录 (REQUIREMENTS G18)."""
    return exists().where(CallRecord.ticket_id == Ticket.id, CallRecord.is_filing, CallRecord.is_late)
