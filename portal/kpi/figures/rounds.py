"""Rounds with a result in a period, counted in one query; and those whose time ran out in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import case, distinct, func, or_, select
from sqlalchemy.orm import Session

from portal.clocks.models import TicketClock
from portal.clocks.names import ClockName, ClockOutcome
from portal.kpi.figures import sources
from portal.kpi.figures.sources import Scope
from portal.tickets.models import Ticket


@dataclass(frozen=True)
class OfCause:
    """Rounds of tickets of one root cause; tickets, and those handed over often; when the first round began."""

    cause: str | None
    rounds: int
    tickets: int
    handed: int
    first: datetime


class Results:
    """Those of one scope. Read when first asked for: over a million tickets each reading is dear."""

    def __init__(self, session: Session, scope: Scope) -> None:
        self._session, self._scope = session, scope

    @cached_property
    def by_cause(self) -> Sequence[OfCause]:
        """A ticket has one cause, so that nothing counts twice."""
        is_handed = Ticket.hand_over_count >= sources.MANY_HAND_OVERS
        query = select(
            Ticket.root_cause, func.count(), func.count(distinct(Ticket.id)),
            func.count(distinct(case((is_handed, Ticket.id)))), func.min(TicketClock.started_at),
        ).join(TicketClock, TicketClock.ticket_id == Ticket.id)  # fmt: skip
        wanted = (sources.of_joined(self._scope), *sources.results(self._scope))
        return [OfCause(*row) for row in self._session.execute(query.where(*wanted).group_by(Ticket.root_cause))]

    @property
    def rounds(self) -> int:
        return sum(one.rounds for one in self.by_cause)

    @property
    def tickets(self) -> int:
        return sum(one.tickets for one in self.by_cause)

    @property
    def handed(self) -> int:
        return sum(one.handed for one in self.by_cause)

    @property
    def first(self) -> datetime | None:
        return min((one.first for one in self.by_cause), default=None)


def counted(session: Session, scope: Scope, conditions: sources.Conditions) -> int:
    """How many rounds."""
    query = select(func.count()).select_from(TicketClock).join(Ticket, Ticket.id == TicketClock.ticket_id)
    return session.scalar(query.where(sources.of_joined(scope), *conditions)) or 0


def judged(session: Session, scope: Scope, name: ClockName) -> tuple[int, int, int]:
    """How many were answered, in time, of how many."""
    met = TicketClock.outcome == ClockOutcome.MET.value
    answered = or_(met, TicketClock.outcome == ClockOutcome.MISSED.value)
    query = select(
        func.count(case((answered, 1))), func.count(case((met, 1))), func.count()
    ).join_from(TicketClock, Ticket, Ticket.id == TicketClock.ticket_id)  # fmt: skip
    one = session.execute(query.where(sources.of_joined(scope), *sources.judged(scope, name))).one()
    return one[0], one[1], one[2]
