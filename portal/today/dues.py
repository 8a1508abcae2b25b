"""What a person's own tickets owe their clinics: the first reply of the round, then the next word."""

from datetime import datetime

from sqlalchemy import case, or_, select, text
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.tickets.models import REPLY_RUNNING, Ticket
from portal.today.section import MOST_LINES, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """The running dues of one's own open tickets, the earliest first."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    runs = text(REPLY_RUNNING)
    due = case((runs, Ticket.reply_due_at), else_=Ticket.next_word_due_at)
    mine = (Ticket.queue.in_(reader.queues), Ticket.assignee_id == reader.user_id, Ticket.is_open)
    found = session.scalars(
        select(Ticket)
        .where(*mine, or_(runs, Ticket.next_word_due_at.is_not(None)))
        .order_by(due, Ticket.id)
        .limit(MOST_LINES + 1)
    ).all()
    lines, has_more = cut([_line(ticket) for ticket in found])
    empty = "您手上没有正在计时的问题。领取以后，要在什么时候回复机构会列在这里"
    return Section("dues", "快到期的", empty, lines, has_more=has_more)


def _line(ticket: Ticket) -> Line:
    is_first = ticket.reply_outcome is None and ticket.paused_at is None
    due = ticket.reply_due_at if is_first else ticket.next_word_due_at
    words = "首次回复机构" if is_first else "告诉机构进展"
    return Line(ticket.number, f"/tickets/{ticket.number}", words, due or ticket.reply_due_at, ticket.queue,
                ticket.institution)  # fmt: skip
