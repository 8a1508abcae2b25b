"""Tells owner and leads, once a round, that a ticket's reply is overdue. The worker calls `run` every round."""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.due_work import each
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import REPLY_RUNNING, Ticket

_BATCH = 500
_IS_UNTOLD = or_(Ticket.late_told_at.is_(None), Ticket.late_told_at < Ticket.round_began_at)


def run(runtime: Runtime) -> int:
    """Returns how many tickets became overdue since the last round."""
    now = clock.now()
    late = select(Ticket.id).where(text(REPLY_RUNNING), Ticket.reply_due_at < now, _IS_UNTOLD)
    with runtime.database.read() as session:
        ticket_ids = session.scalars(late.order_by(Ticket.reply_due_at).limit(_BATCH)).all()
    return sum(each(runtime.database, (partial(_tell, ticket_id, now) for ticket_id in ticket_ids)))


def _tell(ticket_id: UUID, now: datetime, session: Session) -> bool:
    ticket = lookup.lock(session, {ticket_id})[ticket_id]
    began_at = ticket.round_began_at or ticket.submitted_at
    is_late = ticket.is_worked and ticket.reply_outcome is None and ticket.paused_at is None
    if (ticket.late_told_at or began_at) > began_at or not is_late or ticket.reply_due_at >= now:
        return False  # another worker was faster, or the ticket was replied to meanwhile
    ticket.late_told_at = now
    outbox.add(session, Event.REPLY_OVERDUE, ticket.number)
    return True
