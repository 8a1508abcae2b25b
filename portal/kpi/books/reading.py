"""The report of a period for one reader: a frozen edition, or the figures as they are so far."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import clock
from portal.db import Database
from portal.errors import NotFoundError
from portal.kpi.books import freezing, running
from portal.kpi.books.models import PeriodReport
from portal.kpi.figures.periods import Period


@dataclass(frozen=True)
class Book:
    """`row` is None where nothing is frozen; `editions`: all that there are, the newest first.

    `as_of`: when its figures were counted.
    """

    period: Period
    queue: str
    content: dict[str, Any]
    row: PeriodReport | None
    editions: Sequence[PeriodReport]
    is_over: bool
    as_of: datetime

    @property
    def title(self) -> str:
        return freezing.title_of(self.period.grain.value)

    @property
    def is_newest(self) -> bool:
        return self.row is None or self.row.edition == self.editions[0].edition


def may_read(own: Collection[str], queue: str) -> bool:
    """A lead's own queues; all together for leads of every queue. Raises NotFoundError for an unknown queue."""
    return set(freezing.queues_of(queue)) <= set(own)


def readable(own: Collection[str]) -> list[str]:
    """What somebody with these queues may read, the widest first."""
    return [queue for queue in freezing.every_queue() if may_read(own, queue)]


def first_of(own: Collection[str], queue: str) -> str:
    """The queue that is meant; without one the widest of the reader's. Raises NotFoundError: not the reader's."""
    mine = readable(own)
    meant = queue or next(iter(mine), None)
    if meant is None or not may_read(own, meant):
        raise NotFoundError
    return meant


def find(database: Database, own: Collection[str], period: Period, queue: str, edition: int = 0) -> Book:
    """Outside any session, since figures that are not frozen may have to be waited for.

    Raises:
        NotFoundError: not the reader's queue, a period to come, or an edition that there is not.
        StorageUnavailableError: see `running.figures`.
    """
    queue, now = first_of(own, queue), clock.now()
    with database.read() as session:
        rows = list(freezing.editions(session, period, queue))
    row = next((one for one in rows if one.edition == edition), None) if edition else next(iter(rows), None)
    if (edition and row is None) or period.since > now:
        raise NotFoundError
    if row is not None:
        content, as_of = row.figures, row.made_at
    else:
        counted = running.figures(database, period, queue)
        content, as_of = counted.content, counted.as_of
    return Book(period, queue, content, row, rows, freezing.is_over(period, now), as_of)
