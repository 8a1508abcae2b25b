"""The rows of clocks: begun, ended, paused, resumed, and counted again under another term (DESK 1.3).

Keyed by ticket id; what a ticket is, and which act does what to its clocks, is known above.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.calendar.working_time import WorkingTime
from portal.clocks import arithmetic
from portal.clocks.arithmetic import Course, Pause, Term
from portal.clocks.models import DueChange, TicketClock
from portal.clocks.names import ClockName, ClockOutcome, DueCause, Unit
from portal.clocks.policies import Facts, Policy
from portal.db import new_id

SHARES = (50, 80, 100)  # per cent of a clock's own time that people are told of
_TOLD_OF = (ClockName.REPLIED, ClockName.SOLVED)


@dataclass(frozen=True)
class Change:
    """Who changed due times, and why."""

    actor: Actor
    cause: DueCause
    reason: str = ""


def begin(
    ticket_id: UUID,
    round_number: int,
    clocks: Collection[ClockName],
    start: datetime,
    facts: Facts,
    policy: Policy,
    time: WorkingTime,
) -> list[TicketClock]:
    """New rows, not yet in a session. A clock without a term for these facts has none."""
    return [
        _new(ticket_id, round_number, clock, start, term, time)
        for clock in clocks
        if (term := earliest(policy.terms_of(clock, facts), start, (), time)) is not None
    ]


def of_round(session: Session, ticket_id: UUID, round_number: int) -> dict[ClockName, TicketClock]:
    rows = session.scalars(
        select(TicketClock).where(TicketClock.ticket_id == ticket_id, TicketClock.round == round_number)
    )
    return {ClockName(row.clock): row for row in rows}


def all_of(session: Session, ticket_id: UUID) -> list[TicketClock]:
    """Of every round, in their order."""
    order = list(ClockName)
    rows = session.scalars(select(TicketClock).where(TicketClock.ticket_id == ticket_id))
    return sorted(rows, key=lambda row: (row.round, order.index(ClockName(row.clock))))


def earliest(terms: Collection[Term], start: datetime, pauses: Collection[Pause], time: WorkingTime) -> Term | None:
    """The term that ends first, these pauses included; None without any."""

    def end(term: Term) -> datetime:
        return Course(term.due(start, time), term.unit).through(pauses, time).due_at

    return min(terms, key=end, default=None)


def end(row: TicketClock, actor: Actor, action: str, now: datetime, time: Callable[[], WorkingTime]) -> None:
    """Judge it by the due time of this moment; an act at the very due time is in time. It ends only once."""
    if row.ended_at is None:
        if row.paused_at is not None:
            row.due_at = _course(row).resumed(now, time()).due_at
        _end(row, actor, action, now, ClockOutcome.MET if now <= row.due_at else ClockOutcome.MISSED)


def drop(row: TicketClock, actor: Actor, action: str, now: datetime) -> None:
    """End it uncounted, unless it has ended."""
    if row.ended_at is None:
        _end(row, actor, action, now, ClockOutcome.UNCOUNTED)


def take_up(row: TicketClock) -> None:
    """Undo an uncounted end; one that was paused then still is."""
    if row.is_uncounted:
        row.ended_at = row.outcome = row.ended_by_id = row.ended_by_action = None


def pause(row: TicketClock, now: datetime, time: WorkingTime) -> None:
    if row.ended_at is None:
        stopped = _course(row).paused(now, time)
        row.paused_at, row.left, row.alert_at = stopped.paused_at, stopped.left, None


def resume(row: TicketClock, change: Change, now: datetime, time: WorkingTime) -> DueChange | None:
    """Run on with what was left; the pause is kept. As all that moves due times: the row to insert, if one moved."""
    if row.ended_at is not None or row.paused_at is None:
        return None
    was, moved = row.due_at, _course(row).resumed(now, time)
    if now > row.paused_at:
        row.pauses = [*row.pauses, [row.paused_at.isoformat(), now.isoformat()]]
    row.paused_at = row.left = None
    row.due_at = moved.due_at
    row.is_estimate = _is_estimate(row, time)
    row.alert_at = next_alert(row, time)
    return _moved(row, was, change, now)


def recount(row: TicketClock, term: Term, change: Change, now: datetime, time: WorkingTime) -> DueChange | None:
    """Count from the start again under a term, with the pauses so far in the term's own unit."""
    row.based_at = row.given_due_at = None
    row.amount, row.unit = term.amount, term.unit.value
    return _set_course(row, Course(term.due(row.started_at, time), term.unit), change, now, time)


def give(row: TicketClock, due_at: datetime, change: Change, now: datetime, time: WorkingTime) -> DueChange | None:
    """Put an explicit moment in place of the term; only later pauses move it."""
    if row.paused_at is not None:
        row.pauses = [*row.pauses, [row.paused_at.isoformat(), now.isoformat()]]
        row.paused_at = now
    row.based_at, row.given_due_at, row.amount, row.unit = now, due_at, None, Unit.MINUTES.value
    return _set_course(row, Course(due_at, Unit.MINUTES), change, now, time)


def counted_due(row: TicketClock, term: Term, now: datetime, time: WorkingTime) -> datetime:
    """When a clock would be due under a term; while it is paused, as if it ran on from now."""
    pauses = [Pause(*map(datetime.fromisoformat, pair)) for pair in row.pauses]
    course = Course(term.due(row.started_at, time), term.unit).through(pauses, time)
    if row.paused_at is not None:
        course = course.paused(row.paused_at, time).resumed(now, time)
    return course.due_at


def next_alert(row: TicketClock, time: WorkingTime) -> datetime | None:
    """When the next share of the clock's own time is over; None while it is paused, has ended, or told of all."""
    if not row.is_running or row.alert_step >= len(SHARES) or ClockName(row.clock) not in _TOLD_OF:
        return None
    if SHARES[row.alert_step] == 100:
        return row.due_at
    start, course = row.based_at or row.started_at, Course(_first_due(row, time), Unit(row.unit))
    return arithmetic.share(start, course, SHARES[row.alert_step], row.past_pauses, time)


def due_changes_of(session: Session, ticket_id: UUID) -> Sequence[DueChange]:
    """Of a ticket, the oldest first."""
    return session.scalars(select(DueChange).where(DueChange.ticket_id == ticket_id).order_by(DueChange.at)).all()


def _new(
    ticket_id: UUID, round_number: int, clock: ClockName, start: datetime, term: Term, time: WorkingTime
) -> TicketClock:
    row = TicketClock(
        id=new_id(), ticket_id=ticket_id, clock=clock.value, round=round_number, amount=term.amount,
        unit=term.unit.value, started_at=start, based_at=None, due_at=term.due(start, time), is_estimate=False,
        given_due_at=None, pauses=[], paused_at=None, left=None, postponed_to=None, alert_step=0, alert_at=None,
        ended_at=None, outcome=None, ended_by_id=None, ended_by_action=None,
    )  # fmt: skip
    row.is_estimate = _is_estimate(row, time)
    row.alert_at = next_alert(row, time)
    return row


def _first_due(row: TicketClock, time: WorkingTime) -> datetime:
    """Without a pause."""
    if row.amount is None:
        return row.given_due_at or row.due_at
    return Term(row.amount, Unit(row.unit)).due(row.started_at, time)


def _course(row: TicketClock) -> Course:
    return Course(row.due_at, Unit(row.unit), row.paused_at, row.left)


def _set_course(row: TicketClock, course: Course, change: Change, now: datetime, time: WorkingTime) -> DueChange | None:
    was = row.due_at
    course = course.through(row.past_pauses, time)
    if row.paused_at is not None:
        course = course.paused(row.paused_at, time)
    row.due_at, row.paused_at, row.left = course.due_at, course.paused_at, course.left
    row.is_estimate = _is_estimate(row, time)
    row.alert_at = next_alert(row, time)
    return _moved(row, was, change, now)


def _end(row: TicketClock, actor: Actor, action: str, now: datetime, outcome: ClockOutcome) -> None:
    row.ended_at, row.outcome, row.alert_at = now, outcome.value, None
    row.ended_by_id, row.ended_by_action = actor.user_id, action


def _is_estimate(row: TicketClock, time: WorkingTime) -> bool:
    return row.unit != Unit.MINUTES.value and time.is_estimate(row.started_at, row.due_at)


def _moved(row: TicketClock, was: datetime, change: Change, now: datetime) -> DueChange | None:
    if row.due_at == was:
        return None
    return DueChange(
        id=new_id(), clock_id=row.id, ticket_id=row.ticket_id, at=now, by_id=change.actor.user_id,
        by_label=change.actor.label, cause=change.cause.value, old_due_at=was, new_due_at=row.due_at,
        reason=change.reason,
    )  # fmt: skip
