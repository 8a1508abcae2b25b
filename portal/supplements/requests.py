"""Open information requests."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.tickets.models import InformationRequest, Ticket


def open_request(session: Session, ticket: Ticket) -> InformationRequest | None:
    """What the clinic still has to supply."""
    return session.scalars(
        select(InformationRequest)
        .where(InformationRequest.ticket_id == ticket.id, InformationRequest.answered_at.is_(None))
        .order_by(InformationRequest.asked_at.desc())
    ).first()
