"""Finds tickets by number, for a person only those they may see; locks tickets in one order."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.db import ContendedError
from portal.errors import NotFoundError
from portal.tickets import numbering
from portal.tickets.models import FormerNumber, Ticket


def find(session: Session, actor: Actor, number: str, *, lock: bool = False) -> Ticket:
    """A ticket of one of the actor's queues, by this number or a former one.

    Raises:
        NotFoundError: absent, or of another queue: indistinguishable (SECURITY F-2).
    """
    ticket = by_number(session, numbering.normal_number(number))
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


def number_of(session: Session, column: str, value: UUID) -> str | None:
    """The number of the ticket whose `column` (`id` or `report_id`) is this."""
    return session.scalar(select(Ticket.number).where(getattr(Ticket, column) == value))


def by_number(session: Session, number: str, *, lock: bool = False) -> Ticket | None:
    """The ticket with this number, or the one that had it before it moved to the other track (REQUIREMENTS B5)."""
    query = select(Ticket).with_for_update() if lock else select(Ticket)
    ticket = session.scalars(query.where(Ticket.number == number)).first()
    if ticket is not None:
        return ticket
    former = session.get(FormerNumber, number)
    return session.scalars(query.where(Ticket.id == former.ticket_id)).one() if former else None


def all_numbers(session: Session, number: str) -> tuple[str, ...]:
    """A number as typed, and every other number of its ticket: the trail has rows under each."""
    ticket = by_number(session, number)
    return tuple(dict.fromkeys((number, ticket.number, *ticket.former_numbers))) if ticket else (number,)


def every_number(condition: ColumnElement[bool]) -> tuple[Select[str], Select[str]]:
    """Queries for the current and former numbers of some tickets."""
    former = select(FormerNumber.number).join(Ticket, Ticket.id == FormerNumber.ticket_id)
    return select(Ticket.number).where(condition), former.where(condition)
