"""What a clinic was asked for after filing: asked, still open, withdrawn."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.tickets.models import InformationRequest, Ticket


def ask(session: Session, ticket: Ticket, fields: Sequence[str], message: str, asked_by: uuid.UUID | None) -> None:
    """Store which fields the clinic is asked for; an earlier request is withdrawn."""
    withdraw(session, ticket)
    session.add(
        InformationRequest(
            ticket_id=ticket.id, fields=list(fields), message=message, asked_by_id=asked_by, asked_at=clock.now()
        )
    )


def open_request(session: Session, ticket: Ticket) -> InformationRequest | None:
    """What the clinic still has to supply."""
    return session.scalars(
        select(InformationRequest)
        .where(InformationRequest.ticket_id == ticket.id, InformationRequest.answered_at.is_(None))
        .order_by(InformationRequest.asked_at.desc())
    ).first()


def open_of(session: Session, ticket_ids: Sequence[uuid.UUID]) -> Sequence[InformationRequest]:
    """What the clinics of these tickets still have to supply. No query for an empty list."""
    if not ticket_ids:
        return ()
    wanted = (InformationRequest.ticket_id.in_(ticket_ids), InformationRequest.answered_at.is_(None))
    return session.scalars(select(InformationRequest).where(*wanted)).all()


def withdraw(session: Session, ticket: Ticket) -> None:
    """Nothing is asked for any more; called for every ticket that has ended or left its queue."""
    still_open = (InformationRequest.ticket_id == ticket.id, InformationRequest.answered_at.is_(None))
    session.execute(update(InformationRequest).where(*still_open).values(answered_at=clock.now()))
