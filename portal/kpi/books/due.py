"""What the worker freezes: each week on Monday at 00:10 and each month on the 1st, and what was missed meanwhile."""

import logging
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import SYSTEM
from portal.kpi.books import freezing
from portal.kpi.books.models import PeriodReport
from portal.kpi.figures import periods
from portal.kpi.figures.periods import Period
from portal.runtime import Runtime
from portal.tickets.models import Ticket

WEEKS, MONTHS = 4, 2  # how far back it looks for what is missing
_logger = logging.getLogger("portal.books")


def run(runtime: Runtime, weeks: int = WEEKS, months: int = MONTHS) -> int:
    """Freeze what is missing, the oldest first, so that each compares with a frozen one; how many that were."""
    with runtime.database.read() as session:
        missing = _missing(session, clock.now(), weeks, months)
    made = 0
    for period, queue in missing:
        try:
            freezing.freeze(runtime.database, SYSTEM, period, queue)
            made += 1
        except freezing.MadeAlreadyError:
            _logger.info("%s was made by another worker", period.name)
    return made


def missing_count(session: Session, now: datetime) -> int:
    """How many reports are due and not frozen: 0 while the worker runs."""
    return len(_missing(session, now, WEEKS, MONTHS))


def _missing(session: Session, now: datetime, weeks: int, months: int) -> list[tuple[Period, str]]:
    today = clock.in_china(now).date()
    wanted = [*_last(periods.month_of(today), months), *_last(periods.week_of(today), weeks)]
    over = [one for one in wanted if freezing.is_over(one, now)]
    rows = session.execute(
        select(PeriodReport.period, PeriodReport.queue).where(PeriodReport.period.in_([one.name for one in over]))
    )
    made = {(period, queue) for period, queue in rows}
    missing = [(one, queue) for one in over for queue in freezing.every_queue() if (one.name, queue) not in made]
    first = _first_day(session) if missing else None
    return [(one, queue) for one, queue in missing if first is not None and one.last >= first]


def _last(period: Period, many: int) -> Iterable[Period]:
    """So many before this one, the oldest first."""
    found = []
    for _ in range(many):
        period = period.before
        found.append(period)
    return reversed(found)


def _first_day(session: Session) -> date | None:
    """The day of the first ticket: before it there is nothing to report."""
    firsts = [
        session.scalar(select(Ticket.submitted_at).where(Ticket.queue == queue).order_by(Ticket.submitted_at).limit(1))
        for queue in freezing.queues_of(freezing.ALL)
    ]
    days = [clock.in_china(moment).date() for moment in firsts if moment is not None]
    return min(days, default=None)
