"""Arithmetic with working time: the minutes and days in which the service is open, in China, to the second.

Spans are half open: at 08:30:00 the service is open, at 12:00:00 it is closed. A term ends at the earliest moment at
which its working time has passed, so that one which fills a day ends at closing time and not on the next morning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.calendar import working_days
from portal.calendar.hours import DEFAULT_HOURS, Hours, Span
from portal.calendar.working_days import WorkingDays

_DAY = timedelta(days=1)
_NONE = timedelta(0)
_Open = tuple[datetime, datetime]


@dataclass(frozen=True)
class WorkingTime:
    """A calendar with the hours of its working days. Moments are aware; what is returned is in UTC."""

    days: WorkingDays
    hours: Hours = DEFAULT_HOURS

    def is_open(self, moment: datetime) -> bool:
        begin, end = next(self._open_from(moment))
        return begin <= moment < end

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself if it is open, or the next opening."""
        return max(next(self._open_from(moment))[0], moment).astimezone(UTC)

    def add_minutes(self, start: datetime, minutes: float) -> datetime:
        """The earliest moment at which so many working minutes have passed; a fraction keeps the seconds."""
        left = timedelta(minutes=minutes)
        if left <= _NONE:
            return start.astimezone(UTC)
        for opening, end in self._open_from(start):
            begin = max(opening, start)
            if left <= end - begin:
                return (begin + left).astimezone(UTC)
            left -= end - begin
        raise AssertionError("the calendar never ends")

    def add_days(self, start: datetime, days: int) -> datetime:
        """The same time of day so many working days later, counted from the next open minute.

        Where that time is closed, it is the next opening.
        """
        local = clock.in_china(self.next_open(start))
        day = local.date()
        for _ in range(days):
            day = self.days.next_working(day)
        return self.next_open(datetime.combine(day, local.timetz()))

    def last_close(self, day: date) -> datetime:
        """The end of the last working time until the end of a day."""
        while not self.days.is_working(day):
            day -= _DAY
        return _on(day, self.hours.on(day)[-1])[1].astimezone(UTC)

    def minutes_between(self, begin: datetime, end: datetime) -> float:
        """The working time between two moments in minutes, seconds as a fraction; 0 if the end is not later."""
        passed = _NONE
        end = max(begin, end)
        for opening, closing in self._open_from(begin):
            if opening >= end:
                break
            passed += min(closing, end) - max(opening, begin)
        return passed / timedelta(minutes=1)

    def is_estimate(self, begin: datetime, end: datetime) -> bool:
        """Whether a term counted in working time passes over a day of a year whose holidays are not known."""
        years = range(clock.in_china(begin).year, clock.in_china(end).year + 1)
        return bool(self.days.unknown_among(years))

    def _open_from(self, moment: datetime) -> Iterator[_Open]:
        """The open spans that end after a moment, in order, without end."""
        day = clock.in_china(moment).date()
        while True:
            if self.days.is_working(day):
                for span in self.hours.on(day):
                    begin, end = _on(day, span)
                    if end > moment:
                        yield begin, end
            day += _DAY


def load(session: Session, hours: Hours | None = None) -> WorkingTime:
    """The calendar that counts now with these hours, or those of a portal without a policy."""
    return WorkingTime(working_days.load(session), hours or DEFAULT_HOURS)


def _on(day: date, span: Span) -> _Open:
    midnight = datetime.combine(day, time(), clock.CHINA)
    return midnight + timedelta(minutes=span.begin), midnight + timedelta(minutes=span.end)
