"""Fills the calendar once with the years that the package knows."""

from chinese_calendar import constants  # type: ignore[import-untyped]  # ships no types
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.calendar.content import PLAIN, Day
from portal.calendar.models import CalendarDay, CalendarYear, DayOrigin, YearState
from portal.db import Database, insert_rows

# The package's names, as the notices have them.
_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


def seed(database: Database) -> None:
    """Add the years that the package knows and the database does not. Years that are there stay as they were edited."""
    with database.read() as session:
        known = set(session.scalars(select(CalendarYear.year)))
    exceptions = _packaged()
    missing = {day.day.year for day in exceptions} - known
    if missing:
        with database.transaction() as session:
            known = set(session.scalars(select(CalendarYear.year)))
            for year in sorted(missing - known):
                _put(session, year, [day for day in exceptions if day.day.year == year])


def _packaged() -> list[Day]:
    days = ((day, False, name) for day, name in constants.holidays.items())
    worked = ((day, True, name) for day, name in constants.workdays.items())
    every = [Day(day, is_working, _name(name)) for day, is_working, name in (*days, *worked)]
    return [day for day in every if day.is_working is not PLAIN.is_working(day.day)]


def _name(name: str) -> str:
    chinese: str = constants.Holiday(name).chinese
    return _NAMES.get(chinese, chinese)


def _put(session: Session, year: int, days: list[Day]) -> None:
    package = DayOrigin.PACKAGE.value
    rows = [
        CalendarDay(day=day.day, is_working=day.is_working, name=day.name, origin=package)
        for day in sorted(days, key=lambda day: day.day)
    ]
    known = CalendarYear(
        year=year, state=YearState.CONFIRMED.value, source=package, confirmed_at=clock.now(), version=1
    )
    insert_rows(session, known, *rows)
