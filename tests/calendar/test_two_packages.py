"""Every day of 2007 to 2027, and the due times that begin on it, as two public packages have them.

`chinesecalendar` and `holidays` agree on every day of 2007 to 2026. (They differ on one earlier day: 2005-12-31, a
Saturday that was worked for New Year, is missing from `chinesecalendar`.) 2027 is not known to `chinesecalendar`, and
`holidays` knows the days of the law only: no notice's exchange. The portal's estimate leaves out those that move.
"""

from datetime import date, datetime, timedelta

import chinese_calendar
import holidays
import pytest

from portal.calendar import working_time
from portal.calendar.working_time import WorkingTime
from portal.clock import CHINA

_LAW = holidays.country_holidays("CN", years=range(2006, 2029))
# Days off by law whose date is not fixed, or that follow a weekend: known with the year's notice, not before.
_MOVING_2027 = "02-05 02-08 02-09 02-10 04-05 05-03 05-04 06-09 09-15 10-04 10-05"


@pytest.fixture
def known(portal) -> WorkingTime:
    with portal.runtime.database.read() as session:
        return working_time.load(session)


def every_day(first: int, last: int) -> list[date]:
    begin = date(first, 1, 1)
    return [begin + timedelta(days=n) for n in range((date(last, 12, 31) - begin).days + 1)]


def test_the_packages_agree_on_every_day() -> None:
    differing = [day for day in every_day(2004, 2026) if _LAW.is_working_day(day) != chinese_calendar.is_workday(day)]

    assert differing == [date(2005, 12, 31)]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_due_time_is_theirs(known) -> None:
    for day in every_day(2007, 2026):
        start = datetime(day.year, day.month, day.day, 10, tzinfo=CHINA)
        assert known.is_open(start) == chinese_calendar.is_workday(day) == _LAW.is_working_day(day), day
        if day < date(2026, 12, 20):
            for days in (1, 3):
                assert known.add_days(start, days) == _reference(day, days), (day, days)
            assert known.add_minutes(start, 420 * 2) == _two_full_days(day), day


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_unknown_year_differs_in_the_moving_days_alone(known) -> None:
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(date(2027, 1, 4))
    differing = [day for day in every_day(2027, 2027) if known.days.is_working(day) != _LAW.is_working_day(day)]

    assert [f"{day:%m-%d}" for day in differing] == _MOVING_2027.split()


def _next(day: date) -> date:
    while not chinese_calendar.is_workday(day):
        day += timedelta(days=1)
    return day


def _reference(day: date, days: int) -> datetime:
    """On a day off counted from the next opening, 08:30."""
    hour, minute = (10, 0) if chinese_calendar.is_workday(day) else (8, 30)
    day = _next(day)
    for _ in range(days):
        day = _next(day + timedelta(days=1))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA)


def _two_full_days(day: date) -> datetime:
    """From 10:00 the third working day, 10:00; from a day off the second one's closing time."""
    is_worked = chinese_calendar.is_workday(day)
    for _ in range(2 if is_worked else 1):
        day = _next(_next(day) + timedelta(days=1))
    hour, minute = (10, 0) if is_worked else (17, 30)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA)
