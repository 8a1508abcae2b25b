"""What joins tickets and the directory: merges that take the tickets along, and how many an institution has."""

import uuid

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.institutions import directory
from portal.institutions.models import DirectoryEntry
from portal.tickets.models import Ticket


def merge(session: Session, actor: Actor, kept_id: uuid.UUID, other_id: uuid.UUID) -> DirectoryEntry:
    """Make two entries one, with the tickets of both; the reports keep the name that was written in them."""
    kept = directory.merge(session, actor, kept_id, other_id)
    session.execute(update(Ticket).where(Ticket.institution_id == other_id).values(institution_id=kept_id))
    return kept


def ticket_count(session: Session, entry_id: uuid.UUID) -> int:
    """How many tickets an institution has filed under one of its names."""
    return session.scalar(select(func.count()).where(Ticket.institution_id == entry_id)) or 0
