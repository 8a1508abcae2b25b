"""What an open case keeps of its ticket, written on the ticket without a reason (DESK 5.4)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.complaints.models import Complaint
from portal.tickets.models import Ticket
from portal.tickets.states import Stay


def renew(session: Session, ticket: Ticket | None) -> None:
    """From all cases about this ticket; the ticket is locked."""
    if ticket is None:
        return
    session.flush()
    cases = session.scalars(select(Complaint).where(Complaint.ticket_id == ticket.id)).all()
    if any(case.held_at is not None for case in cases):
        ticket.stay = Stay.EVERYTHING.value
    else:
        ticket.stay = Stay.RECORDS.value if any(case.is_open for case in cases) else None
