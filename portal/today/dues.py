"""What a person's own tickets owe their clinics: the earliest running clock of each.

Promises have a section of their own: where one is due first, the clock behind it is told here.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.clocks.models import TicketClock
from portal.clocks.names import PROMISE, ClockName
from portal.tickets.models import Ticket
from portal.today.section import MOST_LINES, Line, Section, cut

_WORDS: dict[str, str] = {
    ClockName.TOUCHED: "开始处理",
    ClockName.REPLIED: "首次回复机构",
    ClockName.NEXT_WORD: "告诉机构进展",
    ClockName.SOLVED: "提交处理结果",
}


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """The running dues of one's own open tickets, the earliest first."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    found = sorted([*_first_due(session, reader), *_behind_promises(session, reader)], key=lambda line: line.at)
    lines, has_more = cut(found)
    empty = "您手上没有正在计时的问题。领取以后，要在什么时候回复机构会列在这里"
    return Section("dues", "快到期的", empty, lines, has_more=has_more)


def _mine(reader: Principal) -> tuple[ColumnElement[bool], ...]:
    return Ticket.queue.in_(reader.queues), Ticket.assignee_id == reader.user_id


def _first_due(session: Session, reader: Principal) -> list[Line]:
    is_clock = (Ticket.next_due_at.is_not(None), Ticket.next_due_clock.is_distinct_from(PROMISE))
    query = (
        select(Ticket).where(*_mine(reader), *is_clock).order_by(Ticket.next_due_at, Ticket.id).limit(MOST_LINES + 1)
    )
    return [
        _line(ticket, ticket.next_due_clock or "", ticket.next_due_at or ticket.reply_due_at)
        for ticket in session.scalars(query)
    ]


def _behind_promises(session: Session, reader: Principal) -> list[Line]:
    """The earliest running clock of tickets whose promise is due before it."""
    runs = (TicketClock.round == Ticket.round, TicketClock.ended_at.is_(None), TicketClock.paused_at.is_(None))
    query = select(Ticket, TicketClock).join(TicketClock, TicketClock.ticket_id == Ticket.id).where(
        *_mine(reader), Ticket.next_due_clock == PROMISE, *runs
    )  # fmt: skip
    rows = session.execute(query.order_by(TicketClock.due_at, Ticket.id).limit(len(ClockName) * (MOST_LINES + 1)))
    first: dict[str, Line] = {}
    for ticket, row in rows:
        first.setdefault(ticket.number, _line(ticket, row.clock, row.due_at))
    return list(first.values())


def _line(ticket: Ticket, clock: str, at: datetime) -> Line:
    words = _WORDS.get(clock, "回复机构")
    return Line(ticket.number, f"/tickets/{ticket.number}", words, at, ticket.queue, ticket.institution)
