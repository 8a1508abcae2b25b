"""When a term ends, what a pause leaves of it, and when a share of it is over. Knows no ticket (DESK 1.3).

A term ends by natural time, by minutes in which the service is open, or by working days. A pause keeps what is left, so
that a night inside it is not counted twice; one that begins at the due time or later moves nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.calendar.working_time import WorkingTime
from portal.clocks.names import Unit

_NOTHING = timedelta(0)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Term:
    """How long something may take."""

    amount: int
    unit: Unit

    def due(self, start: datetime, time: WorkingTime) -> datetime:
        """When it ends without a pause."""
        if self.unit is Unit.MINUTES:
            return start + timedelta(minutes=self.amount)
        if self.unit is Unit.WORKING_MINUTES:
            return time.add_minutes(start, self.amount)
        return time.add_days(start, self.amount)


@dataclass(frozen=True)
class Pause:
    """A time that is not counted."""

    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Course:
    """A clock on its way: running towards its due time, or paused with what is left of it.

    Attributes:
        left: natural time of a natural term, working time of every other one; only while paused.
    """

    due_at: datetime
    unit: Unit
    paused_at: datetime | None = None
    left: timedelta | None = None

    def paused(self, now: datetime, time: WorkingTime) -> "Course":
        """Stopped, with what is left of it; a stopped one stays as it is."""
        if self.paused_at is not None:
            return self
        return replace(self, paused_at=now, left=own_time(now, self.due_at, self.unit, time))

    def resumed(self, now: datetime, time: WorkingTime) -> "Course":
        """Running again. What was late when it stopped stays late, and a stop in the future never happened."""
        if self.paused_at is None or self.left is None:
            return self
        is_moved = self.paused_at < self.due_at and now > self.paused_at
        due_at = after(now, self.left, self.unit, time) if is_moved else self.due_at
        return Course(due_at, self.unit)

    def through(self, pauses: Iterable[Pause], time: WorkingTime) -> "Course":
        """After these pauses, in their order."""
        course = self
        for pause in pauses:
            course = course.paused(pause.began_at, time).resumed(pause.ended_at, time)
        return course


def own_time(begin: datetime, end: datetime, unit: Unit, time: WorkingTime) -> timedelta:
    """What passes of a term between two moments: natural time, or the time in which the service is open."""
    if end <= begin:
        return _NOTHING
    return end - begin if unit is Unit.MINUTES else timedelta(minutes=time.minutes_between(begin, end))


def after(start: datetime, left: timedelta, unit: Unit, time: WorkingTime) -> datetime:
    """When so much of a term has passed. Counted in days it never ends in closed time: the next opening counts."""
    if unit is Unit.MINUTES:
        return start + left
    end = time.add_minutes(start, left / _MINUTE)
    return time.next_open(end) if unit is Unit.WORKING_DAYS else end


def share(start: datetime, course: Course, percent: int, pauses: Iterable[Pause], time: WorkingTime) -> datetime:
    """When a share of a clock's own time is over; `course` as it began, without pauses."""
    part = own_time(start, course.due_at, course.unit, time) * percent / 100
    unit = Unit.MINUTES if course.unit is Unit.MINUTES else Unit.WORKING_MINUTES
    return Course(after(start, part, unit, time), unit).through(pauses, time).due_at
