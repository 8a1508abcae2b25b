"""Tells owner and leads, once, that a ticket's reply is overdue. The worker calls `run` every round."""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import Boolean, literal_column, select
from sqlalchemy.orm import Session

from portal import clock
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import REPLY_RUNNING, Ticket

_BATCH = 500


def run(runtime: Runtime) -> int:
    """Returns how many tickets became overdue since the last round."""
    now = clock.now()
    late = select(Ticket.id).where(
        literal_column(REPLY_RUNNING, Boolean), Ticket.reply_due_at < now, Ticket.late_told_at.is_(None)
    )
    with runtime.database.read() as session:
        ticket_ids = session.scalars(late.order_by(Ticket.reply_due_at).limit(_BATCH)).all()
    return sum(runtime.database.run(partial(_tell, ticket_id, now)) for ticket_id in ticket_ids)


def _tell(ticket_id: UUID, now: datetime, session: Session) -> bool:
    ticket = lookup.lock(session, {ticket_id})[ticket_id]
    if ticket.late_told_at is not None or ticket.reply_clock.badge(now).kind != "overdue":
        return False  # another worker was faster, or the ticket was replied to meanwhile
    ticket.late_told_at = now
    outbox.add(session, Event.REPLY_OVERDUE, ticket.number)
    return True
