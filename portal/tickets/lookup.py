"""Finds the ticket that a person names, if the person may see it; locks tickets in one order."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.db import ContendedError
from portal.errors import NotFoundError
from portal.tickets import numbering, queries
from portal.tickets.models import Ticket


def find(session: Session, actor: Actor, number: str, *, lock: bool = False) -> Ticket:
    """A ticket of one of the actor's queues, by this number or a former one.

    Raises:
        NotFoundError: absent, or of another queue: indistinguishable (SECURITY F-2).
    """
    ticket = queries.by_number(session, numbering.normal_number(number))
    if ticket is not None and lock:
        ticket = locked(session, ticket.id)
    if ticket is None or ticket.queue not in actor.queues:
        raise NotFoundError("没有找到这个编号")
    return ticket


def locked(session: Session, ticket_id: UUID) -> Ticket:
    """One ticket, locked with those that are worked together with it."""
    return lock(session, {ticket_id})[ticket_id]


def lock(session: Session, ticket_ids: Collection[UUID]) -> dict[UUID, Ticket]:
    """Tickets and what is worked together with them, reloaded, locked in the order of their ids.

    Two acts on tickets that belong together wait for each other, and never deadlock.

    Raises:
        ContendedError: what belongs together changed meanwhile; a new transaction sees it.
    """
    query = select(Ticket.worked_as_id, Ticket.id).where(Ticket.id.in_(ticket_ids))
    worked = {into or ticket_id for into, ticket_id in session.execute(query)}
    together = or_(Ticket.id.in_(worked), Ticket.worked_as_id.in_(worked))
    rows = select(Ticket).where(together).order_by(Ticket.id).with_for_update()
    found = {ticket.id: ticket for ticket in session.scalars(rows.execution_options(populate_existing=True))}
    if set(ticket_ids) - set(found) or set(session.scalars(select(Ticket.id).where(together))) != set(found):
        raise ContendedError("有人同时在修改，请稍后再试")
    return found


def worked_one(session: Session, ticket: Ticket) -> Ticket:
    """The ticket under which this one is worked: itself, or the end of its chain of merges."""
    return session.get_one(Ticket, ticket.worked_as_id) if ticket.worked_as_id else ticket


def members_of(session: Session, ticket: Ticket) -> list[Ticket]:
    """The tickets that are worked under this one, merged into it directly or through others, oldest first."""
    query = select(Ticket).where(Ticket.worked_as_id == ticket.id).order_by(Ticket.submitted_at, Ticket.id)
    return list(session.scalars(query))
