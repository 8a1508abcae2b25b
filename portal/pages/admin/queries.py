"""Reads for the administrator: people, and which tickets each holds, by number only; never what a ticket says."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts import departments
from portal.accounts.models import User
from portal.errors import NotFoundError
from portal.tickets.models import Ticket


def person(session: Session, user_id: uuid.UUID) -> User:
    """The user with that id, or NotFoundError."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFoundError
    return user


def department_names(session: Session) -> list[str]:
    """The departments that a person can join."""
    return [row.name for row in departments.every(session)]


def department_of(session: Session, user: User) -> str:
    """The name of a partner's department; "" for everybody else."""
    return departments.name_of(session, user.department_id) or ""


@dataclass(frozen=True)
class HeldTicket:
    """An open ticket of somebody, as an administrator may know it."""

    number: str
    queue: str
    state: str


def tickets_held(session: Session, user_id: uuid.UUID) -> list[HeldTicket]:
    """The open tickets that the person holds, by queue and number; a lead reassigns them (UX 7.2)."""
    rows = session.execute(
        select(Ticket.number, Ticket.queue, Ticket.state)
        .where(Ticket.assignee_id == user_id, Ticket.is_open)
        .order_by(Ticket.queue, Ticket.number)
    )
    return [HeldTicket(*row) for row in rows]


def left_behind(session: Session) -> Mapping[uuid.UUID, int]:
    """How many open tickets are still held by each person who was disabled."""
    rows = session.execute(
        select(User.id, func.count())
        .join(Ticket, Ticket.assignee_id == User.id)
        .where(Ticket.is_open, User.is_active.is_(False))
        .group_by(User.id)
    )
    return {user_id: number for user_id, number in rows}
