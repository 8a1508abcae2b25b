"""答应机构的: the promises and appointments of one's own tickets that are still to be kept."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import promises
from portal.tickets.models import Promise, Ticket
from portal.tickets.states import PromiseState
from portal.today.section import MOST_LINES, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """The open ones, the next due first."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    mine = (
        Promise.status == PromiseState.OPEN.value,
        Ticket.assignee_id == reader.user_id,
        Ticket.queue.in_(reader.queues),
    )
    query = select(Promise, Ticket).join(Ticket, Ticket.id == Promise.ticket_id).where(*mine)
    rows = session.execute(query.order_by(Promise.due_at, Promise.id).limit(MOST_LINES + 1)).all()
    lines, has_more = cut([_line(one, ticket) for one, ticket in rows])
    empty = "没有还要兑现的承诺和预约。在工单页答应机构一个时间，会列在这里"
    return Section("promises", "答应机构的", empty, lines, has_more=has_more)


def _line(one: Promise, ticket: Ticket) -> Line:
    words = promises.words_of(one)
    return Line(ticket.number, f"/tickets/{ticket.number}", words, one.due_at, ticket.queue, ticket.institution)
