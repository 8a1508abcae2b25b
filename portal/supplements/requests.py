"""Open information requests."""

import uuid
from collections.abc import Sequence

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


def partly_supplied(session: Session, ticket_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """The tickets whose clinic supplied a part of what it was asked for. No query for an empty list."""
    if not ticket_ids:
        return set()
    return set(
        session.scalars(
            select(InformationRequest.ticket_id).where(
                InformationRequest.ticket_id.in_(ticket_ids),
                InformationRequest.answered_at.is_(None),
                InformationRequest.supplied_at.is_not(None),
            )
        )
    )
