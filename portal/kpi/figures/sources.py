"""Which rows a figure counts, as conditions for queries: the one place that says it in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, TextClause, and_, or_, select, text, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.acts.models import OrderBreak
from portal.clocks.models import JUDGED, RESULTS, TicketClock
from portal.clocks.names import ClockName, ClockOutcome
from portal.db import unindexed
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CallBackState, Cause
from portal.follow_up.models import Dissatisfaction, Rating
from portal.kinds.names import Channel
from portal.knowledge.articles.models import ArticleUse
from portal.kpi.figures.periods import Period
from portal.metrics.models import FilingRefusal
from portal.tickets.models import Ticket, TimelineEntry
from portal.tickets.states import OPEN_STATES

Conditions = Sequence[ColumnElement[bool] | TextClause]
OPEN = tuple(state.value for state in OPEN_STATES)
MANY_HAND_OVERS = 3
ANSWERED = (ClockOutcome.MET.value, ClockOutcome.MISSED.value)
# Their times are never one mean: who calls waits on the line, who writes does not (DESK 6.3).
CHANNEL_GROUPS: dict[str, tuple[str, ...]] = {
    "phone": (Channel.PHONE.value, Channel.VISIT.value),
    "web": tuple(channel.value for channel in Channel if channel not in (Channel.PHONE, Channel.VISIT)),
}


@dataclass(frozen=True)
class Scope:
    """A period of some queues, as it is at a moment: what is due later counts nowhere."""

    period: Period
    queues: tuple[str, ...]
    now: datetime

    @property
    def since(self) -> datetime:
        return self.period.since

    @property
    def until(self) -> datetime:
        return self.period.until

    @property
    def due_until(self) -> datetime:
        return min(self.until, self.now)


def within(scope: Scope, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether a moment lies in the period."""
    return and_(column >= scope.since, column < scope.until)


def of_queues(scope: Scope) -> ColumnElement[bool]:
    return Ticket.queue.in_(scope.queues)


def of_joined(scope: Scope) -> ColumnElement[bool]:
    """The same where tickets are joined to the rows that are counted: those come first."""
    return unindexed(Ticket.queue).in_(scope.queues)


def received(scope: Scope) -> Conditions:
    """Tickets, whatever became of them."""
    return (of_queues(scope), within(scope, Ticket.submitted_at))


def ended(scope: Scope) -> Conditions:
    """Tickets that ended in the period and are ended still."""
    return (of_queues(scope), within(scope, Ticket.closed_at), text("closed_at IS NOT NULL"))


def open_at_end(scope: Scope) -> Conditions:
    """Tickets that were open when the period ended: the last line of their timeline before says so."""
    line = aliased(TimelineEntry)
    last = (
        select(line.to_state)
        .where(line.ticket_id == Ticket.id, line.at < scope.until, line.to_state.is_not(None))
        .order_by(line.at.desc(), line.id.desc())
        .limit(1)
        .correlate(Ticket)
        .scalar_subquery()
    )
    found = aliased(Ticket)
    mine = select(found.id).where(found.queue.in_(scope.queues))
    later = mine.where(found.closed_at >= scope.until, found.closed_at.is_not(None))
    may_be = Ticket.id.in_(union_all(mine.where(found.is_open), later))
    return (may_be, of_joined(scope), Ticket.submitted_at < scope.until, last.in_(OPEN))


def results(scope: Scope) -> Conditions:
    """Clocks of rounds to which a person gave a result."""
    return (text(RESULTS), TicketClock.clock == ClockName.SOLVED.value, within(scope, TicketClock.ended_at))


def judged(scope: Scope, name: ClockName) -> Conditions:
    """Clocks that were due: answered, or run on. What ended uncounted or waits for its clinic is none."""
    runs = and_(TicketClock.ended_at.is_(None), TicketClock.paused_at.is_(None))
    return (
        text(JUDGED), TicketClock.clock == name.value,
        TicketClock.due_at >= scope.since, TicketClock.due_at < scope.due_until,
        or_(TicketClock.outcome.in_(ANSWERED), runs),
    )  # fmt: skip


def reopened(scope: Scope) -> Conditions:
    """Clocks of rounds after the first that began."""
    return (
        TicketClock.clock == ClockName.SOLVED.value, TicketClock.round > 1, within(scope, TicketClock.started_at),
    )  # fmt: skip


def ratings(scope: Scope) -> Conditions:
    return (within(scope, Rating.rated_at),)


def dissatisfied(scope: Scope) -> Conditions:
    return (Dissatisfaction.on_day >= scope.period.first, Dissatisfaction.on_day <= scope.period.last)


def order_breaks(scope: Scope) -> Conditions:
    """Claims past tickets that came first."""
    return (within(scope, OrderBreak.at),)


def refusals(scope: Scope) -> Conditions:
    """Refusals by the form of drafts that were filed later, or still may be."""
    return (FilingRefusal.on_day >= scope.period.first, FilingRefusal.on_day <= scope.period.last)


def uses(scope: Scope) -> Conditions:
    """Knowledge that stood in a text to a clinic."""
    return (within(scope, ArticleUse.at),)


def call_backs(scope: Scope) -> Conditions:
    """Calls about tickets that were due; those that were withdrawn are none, and complaints are elsewhere."""
    return (
        CallBack.status.in_([state.value for state in CallBackState if state is not CallBackState.WITHDRAWN]),
        CallBack.due_at >= scope.since, CallBack.due_at < scope.due_until,
        CallBack.ticket_id.is_not(None), CallBack.cause != Cause.COMPLAINT.value,
    )  # fmt: skip
