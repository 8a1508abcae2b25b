"""How many working days a period has, and which holidays: periods with other days do not compare."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.calendar import working_days
from portal.calendar.models import CalendarDay
from portal.kpi.figures.periods import Period

_DAY = timedelta(days=1)
_MONDAY_TO_FRIDAY = 5
_OF_LAW = "法定节假日"


def of_period(session: Session, period: Period) -> dict[str, Any]:
    """Days, working days, holidays with their names, and weekend days that were worked; whether that is estimated."""
    days = working_days.load(session)
    every = [period.first + number * _DAY for number in range(period.days)]
    rows = session.execute(
        select(CalendarDay.day, CalendarDay.name).where(CalendarDay.day >= period.first, CalendarDay.day <= period.last)
    )
    names = {day: name for day, name in rows}
    working = [day for day in every if days.is_working(day)]
    off = [day for day in every if not days.is_working(day) and day.weekday() < _MONDAY_TO_FRIDAY]
    return {
        "days": len(every),
        "working_days": len(working),
        "holidays": [{"day": day.isoformat(), "name": names.get(day) or _OF_LAW} for day in off],
        "worked_weekends": [day.isoformat() for day in working if day.weekday() >= _MONDAY_TO_FRIDAY],
        "is_estimate": bool(days.unknown_among({day.year for day in every})),
    }
