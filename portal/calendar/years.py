"""A year's state and exceptions, and the one place that writes them: each changed day leaves a row that stays."""

import uuid
from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.calendar.content import Day
from portal.calendar.models import CalendarChange, CalendarDay, CalendarYear, DayOrigin, YearState
from portal.calendar.planning import DayChange, YearPlan
from portal.db import insert_rows, new_id


def find(session: Session, year: int) -> CalendarYear | None:
    return session.get(CalendarYear, year)


def is_confirmed(session: Session, year: int) -> bool:
    row = find(session, year)
    return row is not None and row.state == YearState.CONFIRMED.value


def confirmed(session: Session) -> set[int]:
    return set(session.scalars(select(CalendarYear.year).where(CalendarYear.state == YearState.CONFIRMED.value)))


def days_of(session: Session, *years: int) -> list[CalendarDay]:
    """The exceptions of the years, in order."""
    return list(session.scalars(select(CalendarDay).where(_is_of(years)).order_by(CalendarDay.day)))


def versions_of(session: Session, years: Collection[int]) -> dict[int, int]:
    """0 for a year without a row."""
    rows = session.execute(select(CalendarYear.year, CalendarYear.version).where(CalendarYear.year.in_(years)))
    found = {year: version for year, version in rows}
    return {year: found.get(year, 0) for year in sorted(years)}


def state_of(session: Session) -> int:
    """Rises with every change of any year."""
    return session.scalar(select(func.coalesce(func.sum(CalendarYear.version), 0))) or 0


def lock(session: Session, years: Collection[int]) -> dict[int, CalendarYear]:
    """The rows of the years, locked in order; a year without one is estimated and gets it."""
    found: dict[int, CalendarYear] = {}
    for year in sorted(years):
        row = session.get(CalendarYear, year, with_for_update=True, populate_existing=True)
        if row is None:
            row = CalendarYear(year=year, state=YearState.ESTIMATED.value, source=DayOrigin.MANUAL.value, version=0)
            session.add(row)
            session.flush()
        found[year] = row
    return found


def changes_since(session: Session, year: int, most: int = 20) -> list[CalendarChange]:
    """The newest changes of a year's days."""
    query = select(CalendarChange).where(CalendarChange.day.between(date(year, 1, 1), date(year, 12, 31)))
    return list(session.scalars(query.order_by(CalendarChange.at.desc(), CalendarChange.day).limit(most)))


def edited_by_hand(session: Session, *years: int) -> set[date]:
    """The days whose newest change is a person's, with a note."""
    is_of = CalendarChange.day.between(date(min(years), 1, 1), date(max(years), 12, 31))
    rows = session.execute(select(CalendarChange.day, CalendarChange.note).where(is_of).order_by(CalendarChange.at))
    newest = {day: note for day, note in rows}
    return {day for day, note in newest.items() if note}


def confirm(session: Session, plan: YearPlan, origin: DayOrigin, by_id: uuid.UUID | None) -> None:
    """Write a plan; its year is confirmed. The years are locked."""
    rows = lock(session, plan.years)
    for row in rows.values():
        row.version += 1
    session.flush()
    session.execute(
        update(CalendarYear)
        .where(CalendarYear.year == plan.year)
        .values(state=YearState.CONFIRMED.value, source=origin.value, confirmed_by_id=by_id, confirmed_at=clock.now())
    )
    write(session, [change for change in plan.changes if change.was != change.now], origin, by_id, "")


def write(session: Session, changes: list[DayChange], origin: DayOrigin, by_id: uuid.UUID | None, note: str) -> None:
    """Put the days as they are now. The caller has locked their years."""
    for change in changes:
        _put(session, change, origin, by_id)
    session.flush()
    insert_rows(session, *(_row_of(change, by_id, note) for change in changes))


def _put(session: Session, change: DayChange, origin: DayOrigin, by_id: uuid.UUID | None) -> None:
    row = session.get(CalendarDay, change.day)
    if change.now is None:
        if row is not None:
            session.delete(row)
        return
    if row is None:
        row = CalendarDay(day=change.day)
        session.add(row)
    row.is_working, row.name, row.origin = change.now.is_working, change.now.name, origin.value
    row.changed_by_id, row.changed_at = by_id, clock.now()


def _row_of(change: DayChange, by_id: uuid.UUID | None, note: str) -> CalendarChange:
    was: Day | None = change.was
    now: Day | None = change.now
    return CalendarChange(
        id=new_id(),
        at=clock.now(),
        by_id=by_id,
        day=change.day,
        was=was.is_working if was else None,
        was_name=was.name if was else "",
        now=now.is_working if now else None,
        now_name=now.name if now else "",
        note=note,
    )


def _is_of(years: Collection[int]) -> ColumnElement[bool]:
    return CalendarDay.day.between(date(min(years), 1, 1), date(max(years), 12, 31))
