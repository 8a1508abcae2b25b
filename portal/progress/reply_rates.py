"""How many clinics were answered, and in time: per queue and week, with those who were not (REQUIREMENTS T22).

A case is one round: its reply clock began in the week, and it was answered or its time is over. What was merged, void
or closed before a word counts nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from portal.clocks.models import TicketClock
from portal.clocks.names import ClockName, ClockOutcome
from portal.tickets.models import Ticket

MOST_LISTED = 200
FEWEST = 5  # below it no share is shown


@dataclass(frozen=True)
class ReplyRate:
    """Of one queue. `n`: cases. A share is in per cent, unrounded; None with fewer than FEWEST cases."""

    queue: str
    n: int
    answered: int
    in_time: int

    @property
    def reply_share(self) -> float | None:
        return None if self.n < FEWEST else self.answered * 100 / self.n

    @property
    def in_time_share(self) -> float | None:
        return None if self.n < FEWEST else self.in_time * 100 / self.n


@dataclass(frozen=True)
class Unanswered:
    """A round without a word to the clinic although its time is over."""

    ticket: Ticket
    clock: TicketClock


def rates(session: Session, queues: Sequence[str], since: datetime, until: datetime, now: datetime) -> list[ReplyRate]:
    """One row for each queue, in their order; of what began from `since` and before `until`."""
    met, missed = (TicketClock.outcome == outcome.value for outcome in (ClockOutcome.MET, ClockOutcome.MISSED))
    answered = func.sum(case((or_(met, missed), 1), else_=0))
    query = select(Ticket.queue, func.count(), answered, func.sum(case((met, 1), else_=0))).join(
        TicketClock, TicketClock.ticket_id == Ticket.id
    )
    found = session.execute(query.where(*_cases(queues, since, until, now)).group_by(Ticket.queue))
    by_queue = {queue: ReplyRate(queue, n, replied or 0, timely or 0) for queue, n, replied, timely in found}
    return [by_queue.get(queue, ReplyRate(queue, 0, 0, 0)) for queue in queues]


def unanswered(
    session: Session, queues: Sequence[str], since: datetime, until: datetime, now: datetime
) -> list[Unanswered]:
    """The first MOST_LISTED, those first that wait longest."""
    query = select(Ticket, TicketClock).join(TicketClock, TicketClock.ticket_id == Ticket.id)
    late = query.where(*_cases(queues, since, until, now), TicketClock.ended_at.is_(None))
    rows = session.execute(late.order_by(TicketClock.due_at, TicketClock.id).limit(MOST_LISTED))
    return [Unanswered(ticket, row) for ticket, row in rows]


def _cases(queues: Sequence[str], since: datetime, until: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_late = TicketClock.ended_at.is_(None) & TicketClock.paused_at.is_(None) & (TicketClock.due_at < now)
    counted = (ClockOutcome.MET.value, ClockOutcome.MISSED.value)
    return (
        Ticket.queue.in_(queues),
        TicketClock.clock == ClockName.REPLIED.value,
        TicketClock.started_at >= since,
        TicketClock.started_at < until,
        or_(TicketClock.outcome.in_(counted), is_late),
    )
