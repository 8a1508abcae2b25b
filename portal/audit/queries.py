"""Reads of the trail for people: filtered, newest first, keyset-paged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, distinct, func, or_, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEvent

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class TrailFilter:
    """What to show; None or empty means everything.

    `ticket_numbers` and `tags` match any of several; `field` also matches its further values (`id_number.1`).
    """

    ticket_number: str | None = None
    ticket_numbers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    field: str | None = None
    actor_name: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page(
    session: Session, wanted: TrailFilter, before_seq: int | None, limit: int
) -> tuple[Sequence[AuditEvent], int | None]:
    """One page, newest first, and the sequence number to continue below (None at the end)."""
    query = _filtered(select(AuditEvent), wanted).order_by(AuditEvent.seq.desc()).limit(limit + 1)
    if before_seq is not None:
        query = query.where(AuditEvent.seq < before_seq)
    events = session.scalars(query).all()
    return events[:limit], events[limit - 1].seq if len(events) > limit else None


def count(session: Session, wanted: TrailFilter, *tags: str) -> int:
    """How many events match; `tags` narrows to any of several."""
    query = _filtered(select(func.count()).select_from(AuditEvent), wanted)
    if tags:
        query = query.where(AuditEvent.tag.in_(tags))
    return session.scalar(query) or 0


def per_person(session: Session, wanted: TrailFilter) -> dict[tuple[str, str], int]:
    """How many matching, successful events each person has per tag: `(name, tag)` -> number."""
    query = select(AuditEvent.actor_name, AuditEvent.tag, func.count())
    rows = session.execute(
        _filtered(query, wanted).where(AuditEvent.is_success).group_by(AuditEvent.actor_name, AuditEvent.tag)
    )
    return {(name, tag): number for name, tag, number in rows}


@dataclass(frozen=True)
class Accessor:
    """A person who accessed a record, how often, and when first and last."""

    actor_name: str
    times: int
    first_at: datetime
    last_at: datetime


def accessors(session: Session, wanted: TrailFilter) -> list[Accessor]:
    """Everyone with a matching, successful event, the latest first (SECURITY D-13)."""
    last = func.max(AuditEvent.at)
    query = select(AuditEvent.actor_name, func.count(), func.min(AuditEvent.at), last)
    query = _filtered(query, wanted).where(AuditEvent.is_success)
    rows = session.execute(query.group_by(AuditEvent.actor_name).order_by(last.desc()))
    return [Accessor(*row) for row in rows]


def extent(session: Session, wanted: TrailFilter) -> tuple[int, int]:
    """How many events match and succeeded, and how many tickets they concern (SECURITY D-13)."""
    query = select(func.count(), func.count(distinct(AuditEvent.ticket_number)))
    events, tickets = session.execute(_filtered(query, wanted).where(AuditEvent.is_success)).one()
    return events, tickets


def _filtered(query: _Query, wanted: TrailFilter) -> _Query:
    if wanted.ticket_number:
        query = query.where(AuditEvent.ticket_number == wanted.ticket_number)
    if wanted.ticket_numbers:
        query = query.where(AuditEvent.ticket_number.in_(wanted.ticket_numbers))
    if wanted.tags:
        query = query.where(AuditEvent.tag.in_(wanted.tags))
    if wanted.field:
        further = AuditEvent.field.startswith(f"{wanted.field}.", autoescape=True)
        query = query.where(or_(AuditEvent.field == wanted.field, further))
    if wanted.actor_name:
        query = query.where(AuditEvent.actor_name == wanted.actor_name)
    if wanted.tag:
        query = query.where(AuditEvent.tag == wanted.tag)
    if wanted.since:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEvent.at < wanted.until)
    return query
