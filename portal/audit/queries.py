"""Reads of the trail for people: filtered, newest first, keyset-paged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, distinct, func, or_, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEvent

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class TrailScope:
    """The rows that one person may see; without a condition every row (`portal.queues.trail_scope`)."""

    condition: ColumnElement[bool] | None


@dataclass(frozen=True)
class TrailFilter:
    """What to show of a scope; None or empty means everything in it.

    `ticket_numbers` and `tags` match any of several; `field` also matches its further values (`id_number.1`);
    `condition` is of rooms above, about `AuditEvent`.
    """

    scope: TrailScope
    ticket_numbers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    field: str | None = None
    actor_name: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    condition: ColumnElement[bool] | None = None


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
    """A person with the number of their events per tag, and when the first and last of them was."""

    actor_name: str
    times: Mapping[str, int]
    first_at: datetime
    last_at: datetime


def accessors(session: Session, wanted: TrailFilter) -> list[Accessor]:
    """Everyone with a matching, successful event, the latest first (SECURITY D-13)."""
    query = select(
        AuditEvent.actor_name, AuditEvent.tag, func.count(), func.min(AuditEvent.at), func.max(AuditEvent.at)
    )
    query = _filtered(query, wanted).where(AuditEvent.is_success).group_by(AuditEvent.actor_name, AuditEvent.tag)
    found: dict[str, Accessor] = {}
    for name, tag, times, first, last in session.execute(query.order_by(AuditEvent.actor_name)):
        known = found.get(name, Accessor(name, {}, first, last))
        span = min(first, known.first_at), max(last, known.last_at)
        found[name] = Accessor(name, {**known.times, tag: times}, *span)
    return sorted(found.values(), key=lambda accessor: accessor.last_at, reverse=True)


def per_tag(session: Session, wanted: TrailFilter) -> dict[str, int]:
    """How many matching events succeeded, by tag."""
    query = _filtered(select(AuditEvent.tag, func.count()), wanted).where(AuditEvent.is_success)
    return {tag: number for tag, number in session.execute(query.group_by(AuditEvent.tag))}


def tickets(session: Session, wanted: TrailFilter) -> int:
    """How many tickets the matching, successful events concern (SECURITY D-13)."""
    query = _filtered(select(func.count(distinct(AuditEvent.ticket_number))), wanted)
    return session.scalar(query.where(AuditEvent.is_success)) or 0


def by_number(session: Session, wanted: TrailFilter, seqs: Sequence[int]) -> Sequence[AuditEvent]:
    """Single rows, as far as they match."""
    query = _filtered(select(AuditEvent), wanted).where(AuditEvent.seq.in_(seqs))
    return session.scalars(query.order_by(AuditEvent.seq)).all()


def after(session: Session, wanted: TrailFilter, seq: int, until: int, limit: int) -> Sequence[AuditEvent]:
    """The oldest matching rows with a number over `seq` and up to `until`."""
    query = _filtered(select(AuditEvent), wanted).where(AuditEvent.seq > seq, AuditEvent.seq <= until)
    return session.scalars(query.order_by(AuditEvent.seq).limit(limit)).all()


def _filtered(query: _Query, wanted: TrailFilter) -> _Query:
    for condition in (wanted.scope.condition, wanted.condition):
        if condition is not None:
            query = query.where(condition)
    if wanted.ticket_numbers:
        query = query.where(AuditEvent.ticket_number.in_(wanted.ticket_numbers))
    if wanted.tags:
        query = query.where(AuditEvent.tag.in_(wanted.tags))
    if wanted.field:
        further = AuditEvent.field.startswith(f"{wanted.field}.", autoescape=True)
        query = query.where(or_(AuditEvent.field == wanted.field, further))
    if wanted.actor_name:
        query = query.where(AuditEvent.actor_name == wanted.actor_name)
    if wanted.since:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEvent.at < wanted.until)
    return query
