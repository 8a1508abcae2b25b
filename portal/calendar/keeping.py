"""Fills and edits the calendar: years from the package once, and a year's days from a table."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date

from chinese_calendar import constants  # type: ignore[import-untyped]  # ships no types
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.calendar.models import CalendarDay, CalendarYear, Origin
from portal.calendar.working_days import WorkingDays
from portal.db import Database, insert_rows
from portal.errors import PortalError

_WORKING = {"1": True, "true": True, "0": False, "false": False}
_HEAD = "day,is_working,name"
_PLAIN = WorkingDays(frozenset(range(MINYEAR, MAXYEAR + 1)))  # Monday to Friday


@dataclass(frozen=True)
class Day:
    """One exception of a year."""

    day: date
    is_working: bool
    name: str


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
                _put(session, year, [day for day in exceptions if day.day.year == year], Origin.PACKAGE)


def read(lines: Iterable[str]) -> list[Day]:
    """The days of a table `day,is_working,name`.

    Raises:
        PortalError: names the first line that is wrong; nothing is guessed.
    """
    found: dict[date, Day] = {}
    for number, cells in enumerate(csv.reader(lines), 1):
        if not cells or ",".join(cells) == _HEAD:
            continue
        try:
            text, is_working, name = (cell.strip() for cell in cells)
            day = Day(date.fromisoformat(text), _WORKING[is_working.lower()], name[:40])
        except (ValueError, KeyError) as error:
            raise PortalError(f"line {number} is not {_HEAD}, for example 2027-01-01,0,元旦") from error
        if day.day in found:
            raise PortalError(f"line {number} names {text} a second time")
        found[day.day] = day
    return list(found.values())


def exceptions_of(year: int, days: Sequence[Day]) -> list[Day]:
    """The days of a year's table that need a row, because they differ from Monday to Friday.

    Raises:
        PortalError: a day of another year, or none at all.
    """
    if not days or any(day.day.year != year for day in days):
        raise PortalError(f"the table must hold days of {year}, and of no other year")
    return [day for day in days if day.is_working is not _PLAIN.is_working(day.day)]


def put_year(session: Session, year: int, exceptions: Sequence[Day]) -> None:
    """Replace a year's days; nothing that runs is moved by it. The caller records it."""
    session.execute(delete(CalendarDay).where(_is_of(year)))
    session.execute(delete(CalendarYear).where(CalendarYear.year == year))
    _put(session, year, exceptions, Origin.MANUAL)


def is_known(session: Session, year: int) -> bool:
    return session.get(CalendarYear, year) is not None


def days_of(session: Session, year: int) -> list[CalendarDay]:
    """A year's exceptions, in order."""
    return list(session.scalars(select(CalendarDay).where(_is_of(year)).order_by(CalendarDay.day)))


def _is_of(year: int) -> ColumnElement[bool]:
    return CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))


def _packaged() -> list[Day]:
    off = [Day(day, False, constants.Holiday(name).chinese) for day, name in constants.holidays.items()]
    worked = [Day(day, True, constants.Holiday(name).chinese) for day, name in constants.workdays.items()]
    return [day for day in (*off, *worked) if day.is_working is not _PLAIN.is_working(day.day)]


def _put(session: Session, year: int, days: Sequence[Day], origin: Origin) -> None:
    rows = [
        CalendarDay(day=day.day, is_working=day.is_working, name=day.name, origin=origin.value)
        for day in sorted(days, key=lambda day: day.day)
    ]
    insert_rows(session, CalendarYear(year=year, source=origin.value, confirmed_at=clock.now()), *rows)
