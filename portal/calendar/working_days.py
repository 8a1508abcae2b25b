"""Arithmetic with working days in China: public holidays are off, and the weekend days worked instead are not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.calendar.models import CalendarDay, CalendarYear, YearState

_WEEKEND = (5, 6)
# Days of the law, off in every year; those moved by a year's notice are not known before it.
_ALWAYS_OFF = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingDays:
    """The calendar: `years` are known whole, `exceptions` are their days that differ from Monday to Friday."""

    years: frozenset[int] = frozenset()
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        if day in self.exceptions:
            return self.exceptions[day]
        is_off = day.year not in self.years and (day.month, day.day) in _ALWAYS_OFF
        return day.weekday() not in _WEEKEND and not is_off

    def one_later(self, moment: datetime) -> datetime:
        """The same time on the next working day in China; a moment on a day off counts as the next one's 00:00."""
        local = clock.in_china(moment)
        if not self.is_working(local.date()):
            local = datetime.combine(self.next_working(local.date()), time(), clock.CHINA)
        return datetime.combine(self.next_working(local.date()), local.timetz()).astimezone(UTC)

    def unknown_among(self, years: Iterable[int]) -> list[int]:
        return [year for year in years if year not in self.years]

    def next_working(self, day: date) -> date:
        """The first working day after a day."""
        day += _DAY
        while not self.is_working(day):
            day += _DAY
        return day


def load(session: Session) -> WorkingDays:
    """The calendar that counts now; a few hundred rows."""
    days = session.execute(select(CalendarDay.day, CalendarDay.is_working))
    known = session.scalars(select(CalendarYear.year).where(CalendarYear.state == YearState.CONFIRMED.value))
    return WorkingDays(frozenset(known), {day: is_working for day, is_working in days})


def unknown_years(session: Session) -> tuple[int, ...]:
    """The years that should be known by now and are not."""
    wanted = years_to_know(clock.china_today())
    is_known = CalendarYear.state == YearState.CONFIRMED.value
    known = set(session.scalars(select(CalendarYear.year).where(CalendarYear.year.in_(wanted), is_known)))
    return tuple(year for year in wanted if year not in known)


def years_to_know(today: date) -> tuple[int, ...]:
    """This year, and from November on, when its notice appears, the next."""
    return (today.year, today.year + 1) if today.month >= 11 else (today.year,)
