"""A clock that walks: one minute after the other, slow and plain. What the arithmetic is held against."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from portal import clock
from portal.calendar import hours
from portal.calendar.hours import Hours, Span
from portal.calendar.working_days import WorkingDays
from portal.calendar.working_time import WorkingTime
from portal.clocks.arithmetic import Term
from portal.clocks.names import Unit

BEGIN = datetime(2026, 9, 1, tzinfo=clock.CHINA)
DAYS = 75
Pauses = list[tuple[int, int]]  # in minutes since BEGIN


def moment(minute: int) -> datetime:
    return BEGIN + timedelta(minutes=minute)


@dataclass
class World:
    """A calendar of some weeks with its hours; `opened` says of each minute whether the service is open."""

    time: WorkingTime
    opened: bytearray

    @classmethod
    def random(cls, luck: Random) -> "World":
        exceptions = {(BEGIN + timedelta(days=luck.randrange(DAYS))).date(): luck.random() < 0.4 for _ in range(9)}
        days = WorkingDays(frozenset({2026}), exceptions)
        week = Hours(tuple(_spans(luck) for _ in range(5)))  # type: ignore
        if luck.random() < 0.3:
            week = hours.DEFAULT_HOURS
        opened = bytearray(DAYS * 1440)
        for number in range(DAYS):
            day = (BEGIN + timedelta(days=number)).date()
            if exceptions.get(day, day.weekday() < 5):
                for span in week.week[day.weekday() if day.weekday() < 5 else 0]:
                    for minute in range(span.begin, span.end):
                        opened[number * 1440 + minute] = 1
        return cls(WorkingTime(days, week), opened)

    def due(self, term: Term, start: int, pauses: Pauses) -> int:
        """Walks from the start until the term is used up."""
        budget, begins, stands = term.amount, {begin for begin, _ in pauses}, bytearray(len(self.opened))
        for begin, end in pauses:
            stands[begin:end] = b"\1" * (end - begin)
        if term.unit is Unit.WORKING_DAYS:
            budget = sum(self.opened[start : self._days_later(start, term.amount)])
        minute = start
        while budget or not self._may_end(term, minute) or (stands[minute] and minute not in begins):
            if budget and not stands[minute] and (term.unit is Unit.MINUTES or self.opened[minute]):
                budget -= 1
            minute += 1
        return minute

    def _may_end(self, term: Term, minute: int) -> bool:
        return term.unit is not Unit.WORKING_DAYS or bool(self.opened[minute])

    def _days_later(self, start: int, days: int) -> int:
        while not self.opened[start]:
            start += 1
        minute = start
        for _ in range(days):
            minute += 1440
            while not any(self.opened[minute // 1440 * 1440 : minute // 1440 * 1440 + 1440]):
                minute += 1440
        while not self.opened[minute]:
            minute += 1
        return minute


def _spans(luck: Random) -> tuple[Span, ...]:
    edges = sorted(luck.sample(range(6 * 60, 23 * 60, 5), 2 * luck.randint(1, 3)))
    return tuple(Span(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True))
