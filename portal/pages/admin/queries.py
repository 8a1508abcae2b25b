"""Reads for the administrator: people, and how many tickets each holds; never a ticket itself."""

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.errors import NotFoundError
from portal.tickets.models import Ticket


def person(session: Session, user_id: uuid.UUID) -> User:
    """The user with that id, or NotFoundError."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFoundError
    return user


def open_tickets_of(session: Session, user_id: uuid.UUID) -> int:
    """How many open tickets the person holds; they should be reassigned before the person leaves (UX 7.2)."""
    return session.scalar(select(func.count()).where(Ticket.assignee_id == user_id, Ticket.is_open)) or 0
