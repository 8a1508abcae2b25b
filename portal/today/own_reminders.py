"""提醒我: what one has set for oneself and that has not come yet; a due one is in 轮到我."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.tickets.models import Reminder, Ticket
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """One's own open reminders, the next one first, with their words."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    mine = (Reminder.user_id == reader.user_id, Reminder.done_at.is_(None), Ticket.queue.in_(reader.queues))
    found = session.execute(
        select(Reminder, Ticket)
        .join(Ticket, Ticket.id == Reminder.ticket_id)
        .where(*mine)
        .order_by(Reminder.at, Reminder.id)
        .limit(MOST_LINES + 1)
    ).all()
    lines, has_more = cut([_line(reminder, ticket) for reminder, ticket in found])
    empty = "没有等着的提醒。在工单页的“提醒我”里写下时间和内容，会列在这里，到时间问题回到“轮到我”"
    return Section("reminders", "我的提醒", empty, lines, Counts.AT, has_more)


def _line(reminder: Reminder, ticket: Ticket) -> Line:
    return Line(
        ticket.number, f"/tickets/{ticket.number}", reminder.text, reminder.at, ticket.queue, ticket.institution
    )  # fmt: skip
