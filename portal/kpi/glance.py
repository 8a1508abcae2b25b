"""Today at a glance: how many are open, late, waiting and unhappy, and what came and went today (DESK 1.9).

A fixed number of short queries: the page asks every minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.clocks.models import TicketClock
from portal.complaints import access
from portal.complaints.models import Complaint
from portal.complaints.names import ComplaintState
from portal.follow_up import analyses, scales
from portal.follow_up.dissatisfactions import AnalysisState
from portal.follow_up.models import Rating
from portal.kpi.figures import periods, sources
from portal.kpi.figures.sources import Scope
from portal.kpi.figures.standing import CONDITIONS
from portal.tickets.models import Ticket

UNHAPPY_DAYS = 7


@dataclass(frozen=True)
class Standing:
    """Open tickets of one queue: all, late, nobody's, and those that wait for the clinic or a department."""

    open: int = 0
    late: int = 0
    free: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Cases:
    """Complaints that the reader may know of: open ones, and those that nobody has taken."""

    open: int
    new: int


@dataclass(frozen=True)
class Glance:
    """Of some queues, now.

    Attributes:
        by_queue: the open ones. received, results: today in China. unhappy: low ratings of the last days.
        to_analyse: drafts of their analysis. complaints: None for whoever may not see them.
    """

    by_queue: dict[str, Standing]
    received: int
    results: int
    unhappy: int
    to_analyse: int
    complaints: Cases | None

    @property
    def all(self) -> Standing:
        each = self.by_queue.values()
        return Standing(*(sum(getattr(one, name) for one in each) for name in ("open", "late", "free", "waiting")))


def read(session: Session, reader: Principal, now: datetime) -> Glance:
    """Of the reader's queues."""
    today = clock.in_china(now).date()
    scope = Scope(periods.days(today, today), tuple(reader.queues), now)
    received = select(func.count()).select_from(Ticket).where(*sources.received(scope))
    results = select(func.count()).select_from(TicketClock).join(Ticket, Ticket.id == TicketClock.ticket_id)
    return Glance(
        by_queue=standing(session, reader.queues, now),
        received=session.scalar(received) or 0,
        results=session.scalar(results.where(sources.of_queues(scope), *sources.results(scope))) or 0,
        unhappy=sum(unhappy(session, reader.queues, now).values()),
        to_analyse=analyses.counts(session, reader.queues)[AnalysisState.DRAFT.value],
        complaints=_complaints(session, reader),
    )


def standing(session: Session, queues: Sequence[str], now: datetime) -> dict[str, Standing]:
    """The open tickets of each queue: one query."""
    conditions = [CONDITIONS[name](now) for name in ("late_now", "free_now", "waiting_now")]
    counts = [func.sum(case((condition, 1), else_=0)) for condition in conditions]
    query = select(Ticket.queue, func.count(), *counts).where(Ticket.queue.in_(queues), Ticket.is_open)
    rows = session.execute(query.group_by(Ticket.queue))
    found = {row[0]: Standing(*(int(value) for value in row[1:])) for row in rows}
    return {queue: found.get(queue, Standing()) for queue in queues}


def unhappy(session: Session, queues: Sequence[str], now: datetime) -> dict[str, int]:
    """Low ratings of the last days by queue."""
    low = (Rating.score <= scales.LOW, Rating.rated_at >= now - timedelta(days=UNHAPPY_DAYS))
    query = select(Ticket.queue, func.count()).select_from(Rating).join(Ticket, Ticket.id == Rating.ticket_id)
    rows = session.execute(query.where(Ticket.queue.in_(queues), *low).group_by(Ticket.queue))
    return dict.fromkeys(queues, 0) | {row[0]: row[1] for row in rows}


def _complaints(session: Session, reader: Principal) -> Cases | None:
    user = session.get(User, reader.user_id)
    if user is None or not access.is_manager(user):
        return None
    new = func.sum(case((Complaint.status == ComplaintState.REGISTERED.value, 1), else_=0))
    is_open = (access.visible_to(user), Complaint.archived_at.is_(None), Complaint.joined_to_id.is_(None))
    count, fresh = session.execute(select(func.count(), new).where(*is_open)).one()
    return Cases(count, int(fresh or 0))
