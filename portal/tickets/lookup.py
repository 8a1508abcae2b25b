"""Finds the ticket that a person names, if the person may see it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.errors import NotFoundError
from portal.tickets import numbering, queries
from portal.tickets.models import Ticket


def find(session: Session, actor: Actor, number: str, *, lock: bool = False) -> Ticket:
    """A ticket of one of the actor's queues, by this number or a former one.

    Raises:
        NotFoundError: absent, or of another queue: indistinguishable (SECURITY F-2).
    """
    ticket = queries.by_number(session, numbering.normal_number(number), lock=lock)
    if ticket is None or ticket.queue not in actor.queues:
        raise NotFoundError("没有找到这个编号")
    return ticket


def lock(session: Session, ticket_ids: Collection[UUID]) -> dict[UUID, Ticket]:
    """Tickets locked in the order of their ids, reloaded: two acts on the same pair wait, and never deadlock."""
    query = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id).with_for_update()
    return {ticket.id: ticket for ticket in session.scalars(query.execution_options(populate_existing=True))}
