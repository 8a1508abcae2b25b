"""Legal holds (保全): nothing of a ticket on hold is destroyed, and its rows of the trail stay (SECURITY J-2)."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, NotFoundError
from portal.progress import hooks, lifecycle
from portal.progress.hooks import ARCHIVE, CALL_BACK, Objection
from portal.runtime import Runtime
from portal.sensitive_text.free_text import checked_text
from portal.tickets import lookup, numbering
from portal.tickets.models import Ticket
from portal.tickets.states import Stay
from portal.vault.span_masks import masked_text

LONGEST_REASON = 500
_STOPPED = (*lifecycle.LAPSES, ARCHIVE, CALL_BACK)


def hold(runtime: Runtime, actor: Actor, number: str, reason: str) -> None:
    """Stop every destruction of a ticket.

    Raises:
        InvalidError: no reason. NotFoundError: no such ticket. ConflictError: it is on hold already.
    """
    written = checked_text(reason, field="reason", missing="请写明保全的原因", most=LONGEST_REASON)
    reason = masked_text(written)[:LONGEST_REASON]
    with runtime.database.transaction() as session:
        ticket = locked(session, number)
        if ticket.held_at is not None:
            raise ConflictError(f"{ticket.number} 已经在保全")
        ticket.held_at, ticket.held_by, ticket.hold_reason = clock.now(), actor.name, reason
        trail.record(session, Tag.HOLD_SET, actor, ticket_number=ticket.number, reason=reason)


def release(runtime: Runtime, actor: Actor, number: str) -> None:
    """End a hold; what is due by then is destroyed in the next run.

    Raises:
        NotFoundError: no such ticket. ConflictError: it is not on hold.
    """
    with runtime.database.transaction() as session:
        ticket = locked(session, number)
        if ticket.held_at is None:
            raise ConflictError(f"{ticket.number} 没有保全")
        ticket.held_at = ticket.held_by = ticket.hold_reason = None
        trail.record(session, Tag.HOLD_RELEASED, actor, ticket_number=ticket.number)


def objections(session: Session, ticket: Ticket, act: str) -> Sequence[Objection]:
    """An objector: nothing of a ticket on hold ends by itself, is archived, or makes its clinic be called."""
    is_kept = ticket.held_at is not None or ticket.stay is not None
    return (lifecycle.ON_HOLD,) if act in _STOPPED and is_kept else ()


def held_among(session: Session, ticket_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
    """A holder: nobody is called about a ticket on hold, or with a case that needs its records."""
    return session.scalars(select(Ticket.id).where(Ticket.id.in_(ticket_ids), is_kept())).all()


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Ticket).where(is_held())) or 0


def is_held() -> ColumnElement[bool]:
    return Ticket.held_at.is_not(None) | (func.coalesce(Ticket.stay, "") == Stay.EVERYTHING.value)


def is_kept() -> ColumnElement[bool]:
    """On hold, or with a case that needs its records."""
    return is_held() | Ticket.stay.is_not(None)


def numbers(session: Session) -> tuple[Select[str], ...]:
    """Queries for every number that a ticket on hold has or had, and those of other things on hold."""
    return (*lookup.every_number(is_held()), *hooks.held_numbers(session))


def locked(session: Session, number: str) -> Ticket:
    """The ticket of this number, or of a former one. Raises NotFoundError."""
    found = lookup.by_number(session, numbering.normal_number(number))
    if found is None:
        raise NotFoundError("没有这条工单")
    return session.scalars(select(Ticket).where(Ticket.id == found.id).with_for_update()).one()
