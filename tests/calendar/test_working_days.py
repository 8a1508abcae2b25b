"""One working day later, for every day of the week, each border of a weekend and of a holiday, to the second."""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from sqlalchemy import select

from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.calendar import content, imports, working_days, years
from portal.calendar.models import CalendarDay, CalendarYear
from portal.calendar.working_days import WorkingDays
from portal.clock import CHINA

PLAIN = WorkingDays()


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("asked_at", "due_at"),
    [
        ("2026-11-23 15:00:00", "2026-11-24 15:00:00"),  # Monday
        ("2026-11-24 00:00:00", "2026-11-25 00:00:00"),  # Tuesday, the first second
        ("2026-11-25 23:59:59", "2026-11-26 23:59:59"),  # Wednesday, the last second
        ("2026-11-26 09:30:00", "2026-11-27 09:30:00"),  # Thursday
        ("2026-11-26 23:59:59", "2026-11-27 23:59:59"),  # the last second before Friday
        ("2026-11-27 00:00:00", "2026-11-30 00:00:00"),  # Friday: Monday, the same time
        ("2026-11-27 23:59:59", "2026-11-30 23:59:59"),
        ("2026-11-28 00:00:00", "2026-12-01 00:00:00"),  # Saturday counts as Monday's beginning
        ("2026-11-28 15:00:00", "2026-12-01 00:00:00"),
        ("2026-11-29 00:00:00", "2026-12-01 00:00:00"),  # Sunday too
        ("2026-11-29 23:59:59", "2026-12-01 00:00:00"),
        ("2026-11-30 00:00:00", "2026-12-01 00:00:00"),  # Monday's first second: over the month
        ("2026-12-31 10:00:00", "2027-01-04 10:00:00"),  # over the year: the first day is off by law
        ("2028-02-28 10:00:00", "2028-02-29 10:00:00"),  # a leap day
    ],
)
@pytest.mark.parametrize("zone", [UTC, CHINA])
def test_it_is_the_same_time_on_the_next_working_day_in_china(asked_at: str, due_at: str, zone: object) -> None:
    due = PLAIN.one_later(china(asked_at).astimezone(zone))  # type: ignore[arg-type]

    assert due == china(due_at)
    assert due.utcoffset() == timedelta(0)


def test_the_day_is_chinas_not_the_servers() -> None:
    friday_in_utc = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)  # Saturday 00:00 in China

    assert PLAIN.one_later(friday_in_utc) == china("2026-12-01 00:00:00")
    assert PLAIN.one_later(friday_in_utc - timedelta(seconds=1)) == china("2026-11-30 23:59:59")


def test_it_never_runs_backwards_and_never_ends_on_a_weekend() -> None:
    moments = [china("2026-11-20 00:00:00") + timedelta(minutes=37 * n) for n in range(600)]
    due = [PLAIN.one_later(moment) for moment in moments]

    assert due == sorted(due)
    assert all(moment.astimezone(CHINA).weekday() < 5 for moment in due)
    assert all(timedelta(days=1) <= end - start <= timedelta(days=3) for start, end in zip(moments, due, strict=True))


@pytest.fixture
def known(portal) -> WorkingDays:
    with portal.runtime.database.read() as session:
        return working_days.load(session)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("asked_at", "due_at"),
    [
        ("2026-09-30 16:00:00", "2026-10-08 16:00:00"),  # seven days off
        ("2026-10-09 17:00:00", "2026-10-10 17:00:00"),  # a worked Saturday
        ("2026-10-10 09:00:00", "2026-10-12 09:00:00"),
        ("2026-10-03 09:00:00", "2026-10-09 00:00:00"),  # in the holiday: counts as the 8th, 00:00
        ("2026-02-13 17:20:00", "2026-02-14 17:20:00"),
        ("2026-12-31 10:00:00", "2027-01-04 10:00:00"),
    ],
)
def test_holidays_are_off_and_their_weekends_worked(known, asked_at: str, due_at: str) -> None:
    assert known.one_later(china(asked_at)) == china(due_at)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_known_day_is_that_of_the_package(known) -> None:
    day, end = date(2004, 1, 1), date(2026, 12, 31)
    assert known.years == frozenset(range(2004, 2027))
    while day <= end:
        assert known.is_working(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_what_was_edited_stays_and_what_is_missing_comes_back(portal) -> None:
    database = portal.runtime.database
    table = content.read("day,is_working,name\n2026-10-08,0,国庆节\n2026-10-04,0,国庆节", None)
    with database.transaction() as session:
        imports.apply(session, SYSTEM, table)
        session.delete(session.get_one(CalendarYear, 2025))
        for row in years.days_of(session, 2025):
            session.delete(row)
    make_runtime(portal.settings)
    with database.read() as session:
        assert [(row.day, row.is_working) for row in years.days_of(session, 2026)] == [(date(2026, 10, 8), False)]
        assert len(years.days_of(session, 2025)) > 20
        assert session.scalars(select(CalendarDay.origin).where(CalendarDay.day == date(2026, 10, 8))).one() == "manual"


@pytest.mark.parametrize(("today", "wanted"), [("2026-10-31", (2026,)), ("2026-11-01", (2026, 2027))])
def test_the_next_year_is_wanted_from_november_on(today: str, wanted: tuple[int, ...]) -> None:
    assert working_days.years_to_know(date.fromisoformat(today)) == wanted


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_page_of_the_system_names_a_year_without_data(portal) -> None:
    page = portal.signed_in("ada").get("/admin/system").text
    assert "2027 年节假日未录入" in page
