"""日清核对: the records of a day that lack something, with what each of them lacks (REQUIREMENTS E13, DESK 6.1).

A record is of a day if it was submitted then, if staff wrote down a call about it, if it got the result that it waits
with, or if it ended. Days are those of China.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select, true, tuple_, union_all
from sqlalchemy.orm import Session

from portal import clock, keyset
from portal.db import unindexed
from portal.errors import Fault, InvalidError
from portal.kpi.archive import complete
from portal.kpi.archive.complete import Gap
from portal.reports.call_records import CallRecord
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
MOST_COUNTED = 1000
_FIRST_YEAR = 2000


@dataclass(frozen=True)
class Wanted:
    """Which records of a day.

    Args:
        person_id: only what this person is responsible for.
        waits: False: something is ours to fill in; True: nothing but what waits; None: both.
    """

    day: date
    queues: Collection[str]
    person_id: uuid.UUID | None = None
    waits: bool | None = None


@dataclass(frozen=True)
class Entry:
    """One record and what it lacks."""

    ticket: Ticket
    gaps: Sequence[Gap]


@dataclass(frozen=True)
class Page:
    entries: Sequence[Entry]
    next_cursor: str | None


def read_day(text: str, now: datetime) -> date:
    """A day in an address; today without one. Raises InvalidError: no day, or one that has not come."""
    today = clock.in_china(now).date()
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        raise InvalidError([Fault("date", "invalid", "日期应写成 2026-11-01")]) from None
    if not date(_FIRST_YEAR, 1, 1) <= day <= today:
        raise InvalidError([Fault("date", "invalid", "请填写今天或以前的日期")])
    return day


def page_of(session: Session, wanted: Wanted, cursor: str = "", limit: int = PAGE_SIZE) -> Page:
    """The oldest first, in one query. Raises InvalidError: a cursor that is none."""
    now, order = clock.now(), (Ticket.submitted_at, Ticket.id)
    query = complete.with_gaps(now).where(_is_wanted(wanted, now)).order_by(*order)
    if cursor:
        query = query.where(tuple_(*order) > tuple_(*keyset.place(cursor)))
    rows = session.execute(query.limit(limit + 1)).all()
    entries = [Entry(row[0], complete.gaps_in(row)) for row in rows[:limit]]
    last = entries[-1].ticket if len(rows) > limit else None
    return Page(entries, keyset.cursor(last.submitted_at, last.id) if last else None)


def count(session: Session, wanted: Wanted) -> int:
    """How many there are, counted up to MOST_COUNTED."""
    found = select(Ticket.id).where(_is_wanted(wanted, clock.now())).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def people_with_entries(session: Session, day: date, queues: Collection[str]) -> list[uuid.UUID]:
    """Everybody who is responsible for a record of the day in which something is theirs to fill in."""
    condition = _is_wanted(Wanted(day, queues, waits=False), clock.now())
    found = session.scalars(select(responsible()).where(condition, responsible().is_not(None)).distinct())
    return sorted(person for person in found if person is not None)


def responsible() -> ColumnElement[uuid.UUID | None]:
    """Who has it; nobody's: whoever gave its result, else who took the call."""
    return func.coalesce(Ticket.assignee_id, Ticket.resolved_by_id, Ticket.received_by_id)


def _is_wanted(wanted: Wanted, now: datetime) -> ColumnElement[bool]:
    own = responsible() == wanted.person_id if wanted.person_id is not None else true()
    is_incomplete = complete.is_incomplete(now, waits=wanted.waits)
    return unindexed(Ticket.queue).in_(wanted.queues) & own & is_incomplete & Ticket.id.in_(_of_day(wanted))


def _of_day(wanted: Wanted) -> ColumnElement[uuid.UUID]:
    """The ids of its records, each kind by an index."""
    begin = datetime.combine(wanted.day, time(), clock.CHINA)
    end = begin + timedelta(days=1)
    is_of_queues = Ticket.queue.in_(wanted.queues)
    waits_with_result = Ticket.state == TicketState.AWAITING_CONFIRMATION.value
    found = union_all(
        select(Ticket.id).where(is_of_queues, Ticket.submitted_at >= begin, Ticket.submitted_at < end),
        select(Ticket.id).where(is_of_queues, Ticket.closed_at >= begin, Ticket.closed_at < end),
        select(Ticket.id).where(waits_with_result, Ticket.resolved_at >= begin, Ticket.resolved_at < end),
        select(CallRecord.ticket_id).where(CallRecord.created_at >= begin, CallRecord.created_at < end),
    ).subquery("of_day")
    return select(found.c.id)  # type: ignore[return-value]
