"""Reads for lists: a fixed number of queries, keyset paging, stored masks only (no vault call)."""

import base64
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, and_, bindparam, func, literal, or_, select, text, tuple_
from sqlalchemy.orm import Session

from portal import clock
from portal.db import UtcDateTime
from portal.errors import PortalError
from portal.institutions.models import DirectoryEntry
from portal.kinds.names import RequestType, TicketKind
from portal.sensitive_text.folding import words_of
from portal.tickets.models import DUE_RUNNING, QueueCount, Ticket
from portal.tickets.states import TURN_OF, TicketState, Turn, Urgency
from portal.vault.models import SealedValue

_BY_URGENCY = (Ticket.urgency, Ticket.submitted_at, Ticket.id)
_BY_TURN = (Ticket.turn_since, Ticket.id)
_NEVER = datetime(8999, 1, 1, tzinfo=UTC)  # where no due time runs
_BY_DUE = (func.coalesce(Ticket.next_due_at, literal(_NEVER, UtcDateTime)), Ticket.id)
PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MOST_WORDS = 8
MOST_COUNTED = 1000
TO_DO = "to_do"  # in lists: every state in which the ticket waits for us
OPEN = "open"
ALL = "all"
NOBODY = "none"
UNANSWERED = "none"
ARCHIVED, TO_ARCHIVE = "yes", "no"  # the second: ended, and without an archive number so far
KEY = "key"
LEFT_HELP = "left_help"  # filed as 求助, and of another type now: what a lead looks through (DESK 3.8)
DUE_SOON, OVERDUE, PAUSED = "due_soon", "overdue", "paused"
_SOON = timedelta(hours=2)
_TO_DO_STATES = tuple(state for state in TicketState if TURN_OF[state] is Turn.US)


@dataclass(frozen=True)
class QueueFilter:
    """What a queue page shows. Without a state: all open tickets.

    Attributes:
        state: a `TicketState`, TO_DO, OPEN or ALL. assignee: a user id or NOBODY; not_of: whose are left out.
        owners: only what one of these people holds. first_owner: whose 首问 it is, whoever holds it now.
        symptom: one of the choices, or UNANSWERED. request_type: a `RequestType`, or LEFT_HELP.
        archived: ARCHIVED or TO_ARCHIVE.
        turn: a `Turn`. is_by_turn: those first that wait longest, instead of by urgency.
            is_by_due: those first that are due first.
        clock: DUE_SOON (also what is overdue), OVERDUE or PAUSED. since, until: of the submission, the end excluded.
        text: words that must all occur, at most MOST_WORDS.
        level: a `Level` of the institution (REQUIREMENTS G23), or KEY for 重点. root_cause: 定性.
    """

    queue: str
    queues: Sequence[str] = ()  # any of several, in place of `queue`
    state: str = ""
    assignee: str = ""
    not_of: uuid.UUID | None = None
    owners: Collection[uuid.UUID] | None = None
    first_owner: uuid.UUID | None = None
    request_type: str = ""
    module: str = ""
    channel: str = ""
    symptom: str = ""
    urgency: int | None = None
    previous_system: str = ""
    archived: str = ""
    turn: str = ""
    is_by_turn: bool = False
    is_by_due: bool = False
    clock: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    level: str = ""
    root_cause: str = ""
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
    order = _order_of(wanted)
    query = filtered(select(Ticket), wanted).order_by(*order).limit(limit + 1)
    if cursor:
        query = query.where(tuple_(*order) > tuple_(*_decoded(cursor, len(order))))
    tickets = session.scalars(query).all()
    more = len(tickets) > limit
    return Page(tickets[:limit], _encoded(tickets[limit - 1], wanted) if more else None)


def place_among(session: Session, lists: Sequence[QueueFilter], ticket: Ticket) -> int | None:
    """Which of these lists has the ticket first."""
    found = [filtered(select(Ticket.id), wanted).where(Ticket.id == ticket.id).exists() for wanted in lists]
    return next((place for place, has in enumerate(session.execute(select(*found)).one()) if has), None)


def first_of(session: Session, wanted: Sequence[Select[str]]) -> str | None:
    """The first number that these find (see `beside`), in one statement."""
    found = session.execute(select(*(query.scalar_subquery() for query in wanted))).one()
    return next((number for number in found if number), None)


def beside(wanted: QueueFilter, ticket: Ticket | None, *, is_before: bool = False) -> Select[str]:
    """Finds the number of the ticket after, or before, one in this list; without one, the first, or the last."""
    order, query = _order_of(wanted), filtered(select(Ticket.number), wanted)
    if ticket is not None:
        place, here = tuple_(*order), tuple_(*_place_of(ticket, wanted))
        query = query.where(place < here if is_before else place > here)
    ordered = query.order_by(*(column.desc() for column in order)) if is_before else query.order_by(*order)
    return ordered.limit(1)


def count_of(session: Session, wanted: QueueFilter, most: int = MOST_COUNTED) -> int:
    """How many tickets a list has, counted up to `most`."""
    found = filtered(select(Ticket.id), wanted).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


@dataclass(frozen=True)
class ViewCounts:
    """Open tickets of a queue: held by one person, by nobody, by outsiders; with something due soon or late; 首问."""

    held: int
    unclaimed: int
    gone: int
    soon: int
    first: int


def view_counts(session: Session, queue: str, user_id: uuid.UUID, outsiders: Collection[uuid.UUID]) -> ViewCounts:
    """All in one statement, as every queue page shows them. `unclaimed` and `soon` are counted up to MOST_COUNTED."""
    values = {"queue": queue, "me": user_id, "outsiders": list(outsiders), "ends": clock.now() + _SOON}
    return ViewCounts(*session.execute(_VIEW_COUNTS, values).one())


_HELD = "SELECT count(*) FROM tickets WHERE queue = :queue AND is_open = TRUE AND assignee_id"
_VIEW_COUNTS = text(
    f"SELECT ({_HELD} = :me), "  # noqa: S608  (fixed words)
    "(SELECT count(*) FROM (SELECT 1 FROM tickets WHERE queue = :queue AND is_open = TRUE AND assignee_id IS NULL "
    f"LIMIT {MOST_COUNTED}) AS free), ({_HELD} IN :outsiders), "
    # With the bare column SQLite takes an index of the queue and looks at every ticket that it ever had.
    f"(SELECT count(*) FROM (SELECT 1 FROM tickets WHERE queue || '' = :queue AND {DUE_RUNNING} "
    f"AND next_due_at < :ends LIMIT {MOST_COUNTED}) AS near), "
    "(SELECT count(*) FROM tickets WHERE queue || '' = :queue AND first_owner_id = :me AND is_open = TRUE)"
).bindparams(
    bindparam("me", type_=Ticket.id.type),
    bindparam("outsiders", type_=Ticket.id.type, expanding=True),
    bindparam("ends", type_=Ticket.next_due_at.type),
)


def pressing(session: Session, queue: str, limit: int = MAX_PAGE_SIZE) -> list[str]:
    """Numbers of what waits for us and is urgent, or late."""
    urgent = QueueFilter(queue, state=TO_DO, conditions=[Ticket.urgency < Urgency.NORMAL])
    late = QueueFilter(queue, state=TO_DO, clock=OVERDUE)
    found = [session.scalars(filtered(select(Ticket.number), wanted).limit(limit)) for wanted in (urgent, late)]
    return sorted({number for numbers in found for number in numbers})


def new_since(session: Session, queue: str, moment: datetime) -> int:
    """How many open tickets of a queue were submitted after a moment."""
    fresh = (Ticket.queue == queue, Ticket.is_open, Ticket.submitted_at > moment)
    return session.scalar(select(func.count()).select_from(Ticket).where(*fresh)) or 0


def holds_value(indexes: Sequence[str]) -> ColumnElement[bool]:
    """Whether a ticket holds a value with one of these keyed indexes, under any field."""
    return Ticket.report_id.in_(select(SealedValue.owner_id).where(SealedValue.value_index.in_(indexes)))


def count(session: Session, condition: ColumnElement[bool]) -> int:
    """How many tickets meet a condition."""
    return session.scalar(select(func.count()).select_from(Ticket).where(condition)) or 0


def matching(session: Session, wanted: QueueFilter) -> int:
    """How many tickets a filter finds on all its pages."""
    return session.scalar(filtered(select(func.count()).select_from(Ticket), wanted)) or 0


def all_counts(session: Session) -> dict[str, dict[str, int]]:
    """Tickets by queue and state, from the maintained counts: one read of a few rows."""
    counts = {kind.value: {state.value: 0 for state in TicketState} for kind in TicketKind}
    for queue, state, count in session.execute(select(QueueCount.queue, QueueCount.state, QueueCount.count)):
        counts[queue][state] = count
    return counts


def to_do_of(states: Mapping[str, int]) -> int:
    """Of the counts of one queue by state: what waits for us."""
    return sum(states[state.value] for state in _TO_DO_STATES)


def state_counts(session: Session, queue: str) -> dict[str, int]:
    return all_counts(session)[queue]


def filtered(query: Select[Any], wanted: QueueFilter) -> Select[Any]:
    """A query about `Ticket`, for what the filter finds only."""
    query = query.where(Ticket.queue.in_(wanted.queues) if wanted.queues else Ticket.queue == wanted.queue)
    if wanted.state in list(TicketState):
        query = query.where(Ticket.state == wanted.state)
    elif wanted.state != ALL:
        query = query.where(Ticket.is_open)
    if wanted.state == TO_DO:
        query = query.where(Ticket.state.in_(_TO_DO_STATES))
    if wanted.turn:
        query = query.where(Ticket.turn == wanted.turn)
    if wanted.urgency is not None:
        query = query.where(Ticket.urgency == wanted.urgency)
    query = query.where(*_of_answers(wanted), *_of_people(wanted), *_of_time(wanted), *wanted.conditions)
    for word in words_of(wanted.text)[:MOST_WORDS]:
        query = query.where(Ticket.search_text.contains(word, autoescape=True))
    if wanted.value_indexes:
        query = query.where(holds_value(wanted.value_indexes))
    return query


def stored_answer(wanted: str) -> str:
    """A choice as tickets hold it; what nobody answered is empty."""
    return "" if wanted == UNANSWERED else wanted


def _of_answers(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    pairs = (
        (wanted.request_type, _of_type(wanted.request_type)),
        (wanted.module, Ticket.module == wanted.module),
        (wanted.channel, Ticket.channel == wanted.channel),
        (wanted.symptom, Ticket.symptom == stored_answer(wanted.symptom)),
        (wanted.previous_system, Ticket.previous_system == wanted.previous_system),
        (wanted.archived == ARCHIVED, Ticket.archived_at.is_not(None)),
        (wanted.archived == TO_ARCHIVE, Ticket.closed_at.is_not(None) & Ticket.archived_at.is_(None)),
        (wanted.level, Ticket.institution_id.in_(_institutions(wanted.level))),
        (wanted.root_cause, Ticket.root_cause == wanted.root_cause),
    )
    return [condition for is_wanted, condition in pairs if is_wanted]


def _institutions(level: str) -> Select[uuid.UUID]:
    """Those of a level, or the 重点 ones."""
    is_wanted = DirectoryEntry.is_key if level == KEY else DirectoryEntry.level == level
    return select(DirectoryEntry.id).where(is_wanted)


def _of_type(word: str) -> ColumnElement[bool]:
    if word == LEFT_HELP:
        return and_(Ticket.filed_as == RequestType.HELP.value, Ticket.request_type != RequestType.HELP.value)
    return Ticket.request_type == word


def _of_people(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.assignee:
        found.append(Ticket.assignee_id == person_of(wanted.assignee))
    if wanted.not_of is not None:
        found.append(or_(Ticket.assignee_id.is_(None), Ticket.assignee_id != wanted.not_of))
    if wanted.first_owner is not None:
        found.append(Ticket.first_owner_id == wanted.first_owner)
    if wanted.owners is not None:
        found.append(Ticket.assignee_id.in_(wanted.owners))
    return found


def _of_time(wanted: QueueFilter) -> list[ColumnElement[bool] | TextClause]:
    found: list[ColumnElement[bool] | TextClause] = []
    if wanted.since is not None:
        found.append(Ticket.submitted_at >= wanted.since)
    if wanted.until is not None:
        found.append(Ticket.submitted_at < wanted.until)
    if wanted.clock == PAUSED:
        found += [Ticket.paused_at.is_not(None), Ticket.next_due_at.is_(None)]
    elif wanted.clock:
        ends = clock.now() + (_SOON if wanted.clock == DUE_SOON else timedelta(0))
        found += [text(DUE_RUNNING), Ticket.next_due_at < ends]
    return found


def _order_of(wanted: QueueFilter) -> tuple[Any, ...]:
    if wanted.is_by_due:
        return _BY_DUE
    return _BY_TURN if wanted.is_by_turn else _BY_URGENCY


def person_of(text: str) -> uuid.UUID | None:
    """The id that a filter names; None for NOBODY."""
    if text == NOBODY:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)  # no one: a filter that matches nothing, not an error


def _place_of(ticket: Ticket, wanted: QueueFilter) -> tuple[Any, ...]:
    if wanted.is_by_due:
        return ticket.next_due_at or _NEVER, ticket.id
    return (ticket.turn_since, ticket.id) if wanted.is_by_turn else (ticket.urgency, ticket.submitted_at, ticket.id)


def _encoded(ticket: Ticket, wanted: QueueFilter) -> str:
    """The cursor after a ticket, in the order of this list."""
    *urgency, moment, ticket_id = _place_of(ticket, wanted)
    key = [*urgency, moment.astimezone(UTC).isoformat(), ticket_id.hex]
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
