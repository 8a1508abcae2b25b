"""轮到我: one's own tickets that wait for their owner, the longest waiting first (DESK 1.4)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.tickets.models import Ticket
from portal.tickets.states import TURN_CAUSE_LABELS, Turn, TurnCause
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """With the reason why it is the reader's turn."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    mine = (Ticket.queue.in_(reader.queues), Ticket.assignee_id == reader.user_id, Ticket.turn == Turn.US.value)
    found = session.scalars(
        select(Ticket).where(*mine).order_by(Ticket.turn_since, Ticket.id).limit(MOST_LINES + 1)
    ).all()
    lines, has_more = cut([_line(ticket) for ticket in found])
    empty = "没有等您处理的问题。机构补充、说没有解决，或您设的提醒到时间，会列在这里"
    return Section("turns", "轮到我", empty, lines, Counts.SINCE, has_more)


def _line(ticket: Ticket) -> Line:
    cause = TurnCause(ticket.turn_cause) if ticket.turn_cause else TurnCause.NEW
    words = "处理中，等您的下一步" if cause is TurnCause.NEW else TURN_CAUSE_LABELS[cause]
    return Line(
        ticket.number, f"/tickets/{ticket.number}", words, ticket.turn_since, ticket.queue, ticket.institution
    )  # fmt: skip
