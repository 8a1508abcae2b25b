"""Connects tickets and the directory: merges that move the tickets, and the number of tickets of an institution."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.institutions import directory
from portal.institutions.models import DirectoryEntry
from portal.tickets.models import Ticket


def merge(session: Session, actor: Actor, kept_id: uuid.UUID, other_id: uuid.UUID) -> DirectoryEntry:
    """Merge two entries and their tickets; reports keep the name that was entered."""
    kept = directory.merge(session, actor, kept_id, other_id)
    session.execute(update(Ticket).where(Ticket.institution_id == other_id).values(institution_id=kept_id))
    return kept


def latest(session: Session, entry_id: uuid.UUID, queues: Sequence[str], limit: int = 10) -> Sequence[Ticket]:
    """Its newest tickets in these queues."""
    own = select(Ticket).where(Ticket.institution_id == entry_id, Ticket.queue.in_(queues))
    return session.scalars(own.order_by(Ticket.submitted_at.desc(), Ticket.id).limit(limit)).all()


def ticket_count(session: Session, entry_id: uuid.UUID) -> int:
    """Tickets filed under any name of the institution."""
    return session.scalar(select(func.count()).where(Ticket.institution_id == entry_id)) or 0
