"""The course of a few figures over the last weeks, from as many queries for many weeks as for one.

What each one counts is said by `kpi/figures`: a week of a trend is the figure of that week.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import clock
from portal.clocks.models import TicketClock
from portal.clocks.names import ClockName, ClockOutcome
from portal.follow_up.models import Rating
from portal.follow_up.scales import SCALE_NAMES, Scale
from portal.kpi.figures import making, periods, sources
from portal.kpi.figures.definitions import SATISFACTION
from portal.kpi.figures.periods import Period
from portal.kpi.figures.shapes import FEWEST, Figure
from portal.kpi.figures.sources import Scope
from portal.tickets.models import Ticket

WEEKS = 8
SCALE = Scale.S3  # the portal's own; the words of phone calls are another measure
SATISFACTION_NAME = f"satisfaction_{SCALE}"
_SATISFACTION = replace(
    SATISFACTION,
    label="满意度",  # its scale is said below
    words=SATISFACTION.words.format(scale=SCALE_NAMES[SCALE]),
)
_CLOCKS = {ClockName.REPLIED.value: "reply_in_time", ClockName.SOLVED.value: "solved_in_time"}
NAMES = ("received", "ended", *_CLOCKS.values(), SATISFACTION_NAME)


@dataclass(frozen=True)
class Week:
    """One week of the course; `figures` by their names. `is_running`: it is not over yet."""

    period: Period
    figures: dict[str, Figure]
    is_running: bool

    @property
    def has_any(self) -> bool:
        """Whether anything came in or ended."""
        return bool(self.figures["received"].value or self.figures["ended"].value)


def weeks(session: Session, queues: Sequence[str], now: datetime, many: int = WEEKS) -> list[Week]:
    """The last weeks of some queues, the oldest first; the last one runs still."""
    newest = periods.week_of(clock.in_china(now).date())
    shown = [newest]
    while len(shown) < many:
        shown.insert(0, shown[0].before)
    whole = Scope(periods.days(shown[0].first, newest.last), tuple(queues), now)
    received = _counted(session, shown, Ticket.submitted_at, *sources.received(whole))
    ended = _counted(session, shown, Ticket.closed_at, *sources.ended(whole))
    judged = _judged(session, shown, whole)
    rated = _rated(session, shown, whole)
    found = []
    for place, period in enumerate(shown):
        scope = Scope(period, tuple(queues), now)
        figures = [making.count(scope, "received", received.get(place, 0))]
        figures.append(making.count(scope, "ended", ended.get(place, 0)))
        figures += [
            making.part_of(scope, name, *judged.get((place, told), (0, 0))) for told, name in _CLOCKS.items()
        ]  # fmt: skip
        figures.append(_satisfaction(scope, *rated.get(place, (0, 0))))
        found.append(Week(period, {figure.name: figure for figure in figures}, period is newest))
    return found


def _counted(
    session: Session, shown: Sequence[Period], column: InstrumentedAttribute[Any], *conditions: Any
) -> dict[int, int]:
    place = _place(shown, column)
    rows = session.execute(select(place, func.count()).select_from(Ticket).where(*conditions).group_by(place))
    return {row[0]: row[1] for row in rows}


def _judged(session: Session, shown: Sequence[Period], whole: Scope) -> dict[tuple[int, str], tuple[int, int]]:
    """In time, and of how many, by week and clock."""
    place, met = _place(shown, TicketClock.due_at), TicketClock.outcome == ClockOutcome.MET.value
    found: dict[tuple[int, str], tuple[int, int]] = {}
    for name in _CLOCKS:
        query = select(place, func.count(case((met, 1))), func.count())
        query = query.join_from(TicketClock, Ticket, Ticket.id == TicketClock.ticket_id)
        wanted = (sources.of_queues(whole), *sources.judged(whole, ClockName(name)))
        for at, part, n in session.execute(query.where(*wanted).group_by(place)):
            found[at, name] = (part, n)
    return found


def _rated(session: Session, shown: Sequence[Period], whole: Scope) -> dict[int, tuple[int, int]]:
    """The sum of the scores, and of how many, by week."""
    place = _place(shown, Rating.rated_at)
    query = select(place, func.sum(Rating.score), func.count()).join(Ticket, Ticket.id == Rating.ticket_id)
    wanted = (sources.of_queues(whole), Rating.scale == SCALE.value, *sources.ratings(whole))
    return {row[0]: (int(row[1]), row[2]) for row in session.execute(query.where(*wanted).group_by(place))}


def _satisfaction(scope: Scope, total: int, n: int) -> Figure:
    value = total / n if n >= FEWEST else None
    return making.mean(scope, SATISFACTION_NAME, _SATISFACTION, value, n, None, f"{SCALE}:")


def _place(shown: Sequence[Period], column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """Which of the weeks a moment lies in; all of them lie in one."""
    return case(*((column < period.until, place) for place, period in enumerate(shown)), else_=len(shown))
