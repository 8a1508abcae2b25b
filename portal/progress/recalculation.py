"""重算: clocks that run, counted again by the calendar as it is now (DESK 1.1).

An act of a person, and never a part of an edit, which moves nothing that runs. What is late, paused
or ended stays as it is; `next_word` only reminds, and keeps its moment.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.calendar import years
from portal.calendar.working_time import WorkingTime
from portal.clocks import policies
from portal.clocks.models import TicketClock
from portal.clocks.names import COUNTED
from portal.clocks.policies import Policy
from portal.errors import ConflictError
from portal.progress import rounds
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket

_BATCH = 100  # tickets a transaction, so that a filing clinic does not wait
_READ_AT_ONCE = 1_000


@dataclass
class Effect:
    """What 重算 would do, without a ticket's number: administrators read it too.

    Attributes:
        state: of the calendar by which this was worked out. later, earlier: clocks by queue.
        late: those among the earlier ones of which the new due time is over already.
    """

    state: int
    later: Counter[str] = field(default_factory=Counter)
    earlier: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        return self.later.total() + self.earlier.total()

    @property
    def queues(self) -> list[str]:
        return sorted(self.later.keys() | self.earlier.keys())


def effect(session: Session) -> Effect:
    """What would move now; nothing is changed."""
    now = clock.now()
    found = Effect(years.state_of(session))
    for row, ticket, due_at in _moves(session, now):
        (found.later if due_at > row.due_at else found.earlier)[ticket.queue] += 1
        found.late[ticket.queue] += due_at <= now
    return found


def recalculate(runtime: Runtime, actor: Actor, state: int) -> int:
    """Move what `effect` counted; returns how many clocks moved.

    Args:
        state: of the calendar as the person saw it.

    Raises:
        ConflictError: the calendar has changed since; what was not moved yet stays.
    """
    database = runtime.database
    with database.read() as session:
        _ensure_state(session, state)
        ids = sorted({ticket.id for _, ticket, _ in _moves(session, clock.now())})
    batches = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
    return sum(database.run(partial(_move, actor, state, some)) for some in batches)


def _move(actor: Actor, state: int, ticket_ids: list[UUID], session: Session) -> int:
    _ensure_state(session, state)
    tickets = lookup.lock(session, ticket_ids)
    moved = 0
    for ticket_id in ticket_ids:
        clocks = rounds.of_act(session, tickets[ticket_id], actor, "recalculate")
        moved += clocks.recalculate()
        clocks.settle()
    if moved:
        trail.record(session, Tag.CLOCKS_RECALCULATED, actor, particulars={"clocks": moved})
    return moved


def _moves(session: Session, now: datetime) -> Iterator[tuple[TicketClock, Ticket, datetime]]:
    """Every clock that would be due at another moment, its ticket, and that moment."""
    known: dict[int, tuple[Policy, WorkingTime]] = {}
    names = [name.value for name in COUNTED]
    running = (
        select(TicketClock, Ticket)
        .join(Ticket, Ticket.id == TicketClock.ticket_id)
        .where(
            TicketClock.ended_at.is_(None),
            TicketClock.paused_at.is_(None),
            TicketClock.due_at > now,
            TicketClock.clock.in_(names),
            TicketClock.round == Ticket.round,
        )
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for row, ticket in session.execute(running):
        if ticket.policy_version not in known:
            policy = policies.of(session, ticket.policy_version)
            known[ticket.policy_version] = policy, policy.time(session)
        due_at = rounds.due_by_calendar(row, ticket, *known[ticket.policy_version], now)
        if due_at is not None and due_at != row.due_at:
            yield row, ticket, due_at


def _ensure_state(session: Session, state: int) -> None:
    if years.state_of(session) != state:
        raise ConflictError("日历在这期间又有变动，还没有全部重算。请看过新的数目再确认")
