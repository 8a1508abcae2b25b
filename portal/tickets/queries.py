"""Reads for lists: a fixed number of queries, keyset paging, stored masks only (no vault call)."""

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.kinds.names import TicketKind
from portal.tickets.models import FormerNumber, QueueCount, Ticket
from portal.tickets.states import OPEN_STATES, TicketState, Turn, Urgency
from portal.vault.models import SealedValue

_BY_URGENCY = (Ticket.urgency, Ticket.submitted_at, Ticket.id)
_BY_TURN = (Ticket.turn_since, Ticket.id)
PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


@dataclass(frozen=True)
class QueueFilter:
    """What a queue page shows. Without a state: all open tickets."""

    queue: str
    queues: Sequence[str] = ()  # any of several, in place of `queue`
    state: str = ""
    assignee: str = ""  # a user id, "none", or "" for all
    channel: str = ""
    symptom: str = ""
    turn: str = ""  # a `Turn`: then ordered by `turn_since`
    text: str = ""
    value_indexes: Sequence[str] = ()  # keyed indexes of one value, under any field
    conditions: Sequence[ColumnElement[bool]] = ()  # of domains above, about `Ticket`


@dataclass(frozen=True)
class Page:
    """One page of tickets and the cursor to the next (None at the end)."""

    tickets: Sequence[Ticket]
    next_cursor: str | None


def queue_page(session: Session, wanted: QueueFilter, cursor: str | None = None, limit: int = PAGE_SIZE) -> Page:
    """Tickets by urgency, then age (REQUIREMENTS I4); by turn, those that wait longest first.

    New tickets do not shift the pages (SECURITY G-6).
    """
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    order = _BY_TURN if wanted.turn else _BY_URGENCY
    query = _filtered(select(Ticket), wanted).order_by(*order).limit(limit + 1)
    if cursor:
        query = query.where(tuple_(*order) > tuple_(*_decoded(cursor, len(order))))
    tickets = session.scalars(query).all()
    more = len(tickets) > limit
    return Page(tickets[:limit], _encoded(tickets[limit - 1], len(order)) if more else None)


def my_turn_count(session: Session, queue: str, user_id: uuid.UUID) -> int:
    """How many of a person's tickets in a queue wait for them."""
    mine = (Ticket.queue == queue, Ticket.assignee_id == user_id, Ticket.turn == Turn.US.value)
    return session.scalar(select(func.count()).select_from(Ticket).where(*mine)) or 0


def holds_value(indexes: Sequence[str]) -> ColumnElement[bool]:
    """Whether a ticket holds a value with one of these keyed indexes, under any field."""
    return Ticket.report_id.in_(select(SealedValue.owner_id).where(SealedValue.value_index.in_(indexes)))


def count(session: Session, condition: ColumnElement[bool]) -> int:
    """How many tickets meet a condition."""
    return session.scalar(select(func.count()).select_from(Ticket).where(condition)) or 0


def matching(session: Session, wanted: QueueFilter) -> int:
    """How many tickets a filter finds on all its pages."""
    return session.scalar(_filtered(select(func.count()).select_from(Ticket), wanted)) or 0


def every_number(condition: ColumnElement[bool]) -> tuple[Select[str], Select[str]]:
    """Queries for the current and former numbers of some tickets."""
    former = select(FormerNumber.number).join(Ticket, Ticket.id == FormerNumber.ticket_id)
    return select(Ticket.number).where(condition), former.where(condition)


def all_counts(session: Session) -> dict[str, dict[str, int]]:
    """Tickets by queue and state, from the maintained counts: one read of a few rows."""
    counts = {kind.value: {state.value: 0 for state in TicketState} for kind in TicketKind}
    for queue, state, count in session.execute(select(QueueCount.queue, QueueCount.state, QueueCount.count)):
        counts[queue][state] = count
    return counts


def open_of(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Open tickets of each queue."""
    return {queue: sum(states[state.value] for state in OPEN_STATES) for queue, states in counts.items()}


def open_counts(session: Session) -> dict[str, int]:
    return open_of(all_counts(session))


def state_counts(session: Session, queue: str) -> dict[str, int]:
    return all_counts(session)[queue]


def number_of(session: Session, column: str, value: uuid.UUID) -> str | None:
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


def _filtered(query: Select[Any], wanted: QueueFilter) -> Select[Any]:
    query = query.where(Ticket.queue.in_(wanted.queues) if wanted.queues else Ticket.queue == wanted.queue)
    if wanted.state in list(TicketState):
        query = query.where(Ticket.state == wanted.state)
    elif wanted.state != "all":
        query = query.where(Ticket.is_open)
    if wanted.turn:
        query = query.where(Ticket.turn == wanted.turn)
    if wanted.assignee:
        query = query.where(Ticket.assignee_id == _assignee(wanted.assignee))
    if wanted.channel:
        query = query.where(Ticket.channel == wanted.channel)
    if wanted.symptom:
        query = query.where(Ticket.symptom == wanted.symptom)
    query = query.where(*wanted.conditions)
    for word in wanted.text.lower().split()[:5]:
        query = query.where(Ticket.search_text.contains(word, autoescape=True))
    if wanted.value_indexes:
        query = query.where(holds_value(wanted.value_indexes))
    return query


def _assignee(text: str) -> uuid.UUID | None:
    if text == "none":
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)  # no one: a filter that matches nothing, not an error


def _encoded(ticket: Ticket, places: int) -> str:
    """The cursor after a ticket, in the order of these columns."""
    moment = ticket.submitted_at if places == len(_BY_URGENCY) else ticket.turn_since
    key = [ticket.urgency, moment.astimezone(UTC).isoformat(), ticket.id.hex][-places:]
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _decoded(cursor: str, places: int) -> tuple[Any, ...]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        *urgency, text, row_id = json.loads(base64.urlsafe_b64decode(padded.encode()))
        moment = datetime.fromisoformat(text)
        if len(urgency) != places - 2 or not set(urgency) <= set(Urgency) or not 2000 <= moment.year < 9000:
            raise ValueError
        return *map(int, urgency), moment, uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise PortalError("翻页地址不完整，请回到队列第一页") from error
