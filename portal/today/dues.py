"""What a person's own tickets owe their clinics: the earliest running due of each, whichever clock it is of."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.clocks.names import PROMISE, ClockName
from portal.tickets.models import Ticket
from portal.today.section import MOST_LINES, Line, Section, cut

_WORDS: dict[str, str] = {
    ClockName.TOUCHED: "开始处理",
    ClockName.REPLIED: "首次回复机构",
    ClockName.NEXT_WORD: "告诉机构进展",
    ClockName.SOLVED: "提交处理结果",
    PROMISE: "兑现答应机构的事",
}


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """The running dues of one's own open tickets, the earliest first."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    mine = (Ticket.queue.in_(reader.queues), Ticket.assignee_id == reader.user_id, Ticket.next_due_at.is_not(None))
    query = select(Ticket).where(*mine).order_by(Ticket.next_due_at, Ticket.id)
    lines, has_more = cut([_line(ticket) for ticket in session.scalars(query.limit(MOST_LINES + 1))])
    empty = "您手上没有正在计时的问题。领取以后，要在什么时候回复机构会列在这里"
    return Section("dues", "快到期的", empty, lines, has_more=has_more)


def _line(ticket: Ticket) -> Line:
    return Line(
        ticket.number, f"/tickets/{ticket.number}", _WORDS.get(ticket.next_due_clock or "", "回复机构"),
        ticket.next_due_at or ticket.reply_due_at, ticket.queue, ticket.institution,
    )  # fmt: skip
