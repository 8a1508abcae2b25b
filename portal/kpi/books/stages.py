"""最慢环节: how long what ended in a period stood in each state, from the timelines (REQUIREMENTS G21)."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.kpi.figures import sources
from portal.kpi.figures.durations import Spread
from portal.kpi.figures.sources import Scope
from portal.kpi.tables.cells import EMPTY, Cells
from portal.tickets.models import Ticket, TimelineEntry
from portal.tickets.states import OPEN_STATES, STATE_LABELS, TicketState

TITLE = "最慢环节"
HEADINGS = ("状态", "经过的问题（条）", "平均停留（小时）", "停留的中位数（小时）", "九成在此之内（小时）")
WORDS = "这一期结束的问题，从提交到结束在每种状态一共停留多久，按自然时间；同一状态几次停留合在一起。最慢的在前"
_AT_ONCE = 5000
Line = tuple[uuid.UUID, datetime, str | None]


@dataclass(frozen=True)
class Stage:
    """One state; times are in seconds and None with too few tickets."""

    state: TicketState
    n: int
    mean: float | None
    median: float | None
    p90: float | None


def slowest(session: Session, scope: Scope) -> list[Stage]:
    """Those with the longest median first; streamed, so that only seconds are held."""
    query = (
        select(TimelineEntry.ticket_id, TimelineEntry.at, TimelineEntry.to_state)
        .join(Ticket, Ticket.id == TimelineEntry.ticket_id)
        .where(*sources.ended(scope), TimelineEntry.to_state.is_not(None))
        .order_by(TimelineEntry.ticket_id, TimelineEntry.at, TimelineEntry.id)
    )
    rows = session.execute(query, execution_options={"yield_per": _AT_ONCE})
    return ranked((row[0], row[1], row[2]) for row in rows)


def ranked(lines: Iterable[Line]) -> list[Stage]:
    """From the lines of tickets, in order of ticket and time."""
    spreads = {state: Spread() for state in TicketState if state in OPEN_STATES}
    for _, course in groupby(lines, key=lambda line: line[0]):
        for state, seconds in _stays(course).items():
            spreads[state].seconds.append(seconds)
    found = [Stage(state, one.n, one.mean, one.median, one.at(0.9)) for state, one in spreads.items() if one.n]
    return sorted(found, key=lambda stage: (-(stage.median or 0), stage.state))


def _stays(course: Iterable[Line]) -> dict[TicketState, float]:
    """Of one ticket: the seconds in each open state; what is ended counts no more until it is reopened."""
    found: dict[TicketState, float] = {}
    state, since = None, None
    for _, at, to_state in course:
        if state is not None and since is not None and state in OPEN_STATES:
            found[state] = found.get(state, 0.0) + (at - since).total_seconds()
        state, since = TicketState(to_state or ""), at
    return found


def cells(stages: Iterable[Stage]) -> Iterator[Cells]:
    """The rows of its sheet."""
    for stage in stages:
        yield (
            STATE_LABELS[stage.state], stage.n, *(_hours(value) for value in (stage.mean, stage.median, stage.p90)),
        )  # fmt: skip


def _hours(seconds: float | None) -> float | str:
    return EMPTY if seconds is None else round(seconds / 3600, 1)
