"""Working minutes and days: the figures that must come out, the borders, and random calendars against a slow count."""

import random
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from chinese_calendar import constants

from portal.calendar import hours, working_time
from portal.calendar.working_days import WorkingDays
from portal.calendar.working_time import WorkingTime
from portal.clock import CHINA
from tests.calendar.slow_time import SlowTime, as_count, minutes_of, random_days, random_moment, random_spans
from tests.property_cases import PROPERTY_CASES

_ASKED_OF_EACH = 20  # moments, of one random calendar
_KNOWN = WorkingDays(
    frozenset(range(2004, 2027)),
    {day: chinese_calendar.is_workday(day) for day in (*constants.holidays, *constants.workdays)},
)
USUAL = WorkingTime(_KNOWN)


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-10-09 17:00", 60, "2026-10-10 09:00"),  # a worked Saturday
        ("2026-09-30 17:00", 60, "2026-10-08 09:00"),  # seven days off
        ("2026-02-13 17:20", 30, "2026-02-14 08:50"),  # a worked Saturday
        ("2026-11-27 12:30", 60, "2026-11-27 15:00"),  # lunch is closed
        ("2026-11-28 10:00", 420, "2026-11-30 17:30"),  # a full day ends at closing time
        ("2026-11-27 16:29:30", 60.5, "2026-11-27 17:30"),
        ("2026-11-27 17:29:59", 1, "2026-11-30 08:30:59"),  # the seconds go along
        ("2026-11-27 11:30", 30, "2026-11-27 12:00"),
        ("2026-11-27 18:00", 0, "2026-11-27 18:00"),
    ],
)
@pytest.mark.parametrize("zone", [UTC, CHINA])
def test_minutes_are_counted_while_the_service_is_open(start: str, minutes: float, due: str, zone) -> None:
    found = USUAL.add_minutes(china(start).astimezone(zone), minutes)

    assert found == china(due)
    assert found.utcoffset() == timedelta(0)
    assert USUAL.minutes_between(china(start), china(due)) == minutes


@pytest.mark.parametrize(
    ("start", "days", "due", "is_estimate"),
    [
        ("2026-09-29 16:00", 3, "2026-10-09 16:00", False),
        ("2026-02-12 09:00", 3, "2026-02-24 09:00", False),  # 13, 14 (Saturday), then nine days off
        ("2026-11-26 17:30", 3, "2026-12-02 08:30", False),  # 17:30 is closed: counted from Friday 08:30
        ("2026-12-30 10:00", 3, "2027-01-05 10:00", True),  # 1 January is law, the rest an estimate
        ("2026-11-28 12:00", 1, "2026-12-01 08:30", False),  # Saturday: counted from Monday 08:30
        ("2026-11-27 12:00", 1, "2026-11-30 14:00", False),  # lunch: counted from 14:00
        ("2026-11-27 09:00:01", 0, "2026-11-27 09:00:01", False),
        ("2026-12-31 17:29:59", 1, "2027-01-04 17:29:59", True),
    ],
)
def test_days_keep_the_time_of_day(start: str, days: int, due: str, is_estimate: bool) -> None:
    found = USUAL.add_days(china(start), days)

    assert found == china(due)
    assert found.utcoffset() == timedelta(0)
    assert USUAL.is_estimate(china(start), found) is is_estimate


def test_an_estimate_begins_with_the_first_day_of_the_unknown_year_in_china() -> None:
    last = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)

    assert not USUAL.is_estimate(last - timedelta(days=3), last)
    assert USUAL.is_estimate(last, last + timedelta(seconds=1))


def test_spans_are_half_open() -> None:
    borders = {"08:29:59": False, "08:30": True, "11:59:59": True, "12:00": False, "14:00": True, "17:30": False}

    assert {text: USUAL.is_open(china(f"2026-11-27 {text}")) for text in borders} == borders
    assert USUAL.next_open(china("2026-11-27 12:00")) == china("2026-11-27 14:00")
    assert USUAL.next_open(china("2026-11-27 17:30")) == china("2026-11-30 08:30")
    assert USUAL.next_open(china("2026-11-27 14:00:07")) == china("2026-11-27 14:00:07")


def test_a_time_of_day_that_is_closed_there_becomes_the_next_opening() -> None:
    short_friday = {**hours.DEFAULT_HOURS.as_json(), "friday": "08:30-12:00", "monday": "10:00-11:00"}
    time = WorkingTime(_KNOWN, hours.from_json(short_friday))

    assert time.add_days(china("2026-11-26 15:00"), 1) == china("2026-11-30 10:00")
    assert time.add_minutes(china("2026-10-09 11:30"), 60) == china(
        "2026-10-10 10:30"
    )  # a worked Saturday has Monday's


def test_one_may_call_while_staff_work_and_it_is_not_quiet() -> None:
    late = hours.same_every_day("08:00-21:00").without(hours.DEFAULT_QUIET)
    time = WorkingTime(_KNOWN, late)

    assert hours.written(late.week[0]) == "08:00-12:00 14:00-20:00"
    assert time.add_minutes(china("2026-11-27 19:40"), 60) == china("2026-11-30 08:40")
    usual = WorkingTime(_KNOWN, hours.DEFAULT_HOURS.without(hours.DEFAULT_QUIET))
    assert usual.add_minutes(china("2026-11-27 19:40"), 60) == china("2026-11-30 09:30")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-27 11:40", "2026-11-27 14:40"),
        ("2026-11-27 19:40", "2026-11-30 09:30"),
        ("2026-09-30 17:10", "2026-10-08 09:10"),  # over the week of the national day
        ("2026-11-27 07:10", "2026-11-27 09:30"),
        ("2026-11-28 23:59:59", "2026-11-30 09:30"),
    ],
)
def test_an_hour_of_open_minutes(start: str, due: str) -> None:
    open_time = WorkingTime(_KNOWN, hours.DEFAULT_HOURS.without(hours.DEFAULT_QUIET))

    assert open_time.add_minutes(china(start), 60) == china(due)


def test_the_last_closing_until_the_end_of_a_day() -> None:
    closings = {date(2026, 11, 27): "2026-11-27 17:30", date(2026, 11, 29): "2026-11-27 17:30",
                date(2026, 10, 6): "2026-09-30 17:30", date(2026, 10, 10): "2026-10-10 17:30"}  # fmt: skip

    assert {day: USUAL.last_close(day) for day in closings} == {day: china(text) for day, text in closings.items()}


def test_nothing_passes_backwards() -> None:
    assert USUAL.minutes_between(china("2026-11-27 10:00"), china("2026-11-27 09:00")) == 0
    assert USUAL.add_minutes(china("2026-11-27 10:00"), -5) == china("2026-11-27 10:00")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_portal_counts_with_its_own_calendar(portal) -> None:
    with portal.runtime.database.read() as session:
        loaded = working_time.load(session)

    assert loaded.add_days(china("2026-09-29 16:00"), 3) == china("2026-10-09 16:00")
    assert loaded.hours == hours.DEFAULT_HOURS


def test_random_calendars_give_what_a_slow_count_gives() -> None:
    dice = random.Random(20261128)
    for _ in range(max(1, PROPERTY_CASES // _ASKED_OF_EACH)):
        first = date(2026, 1, 1) + timedelta(days=dice.randrange(700))
        spans = [random_spans(dice) for _ in range(5)]
        odd = random_days(dice, first, 15)
        known_years = frozenset(dice.sample((2026, 2027, 2028), 2))
        slow = SlowTime(tuple(minutes_of(text) for text in spans), odd, known_years)
        week = hours.from_json(dict(zip(hours.WEEKDAYS, spans, strict=True)))
        quiet = random_spans(dice)
        if dice.random() < 0.5 and all(minutes_of(text) - minutes_of(quiet) for text in spans):  # the open minutes
            week = week.without(hours.read_spans(quiet))
            slow = SlowTime(tuple(minutes_of(text) - minutes_of(quiet) for text in spans), odd, known_years)
        fast = WorkingTime(WorkingDays(known_years, odd), week)
        for _ in range(_ASKED_OF_EACH):
            _compare(dice, fast, slow, first)


def _compare(dice: random.Random, fast: WorkingTime, slow: SlowTime, first: date) -> None:
    start = random_moment(dice, first, 12)
    count = as_count(start)
    amount = timedelta(minutes=dice.choice((1, 30, 60, 420)), seconds=dice.choice((0, 0, 1, 59)))
    days = dice.randrange(4)
    asked = (slow, start, amount, days)
    assert fast.is_open(start) == slow.is_open(count), asked
    assert as_count(fast.next_open(start)) == slow.next_open(count), asked
    due = fast.add_minutes(start, amount / timedelta(minutes=1))
    assert as_count(due) == slow.add(count, amount // timedelta(microseconds=1)), asked
    assert as_count(fast.add_days(start, days)) == slow.add_days(count, days), asked
    later = start + timedelta(minutes=dice.randrange(2000), seconds=dice.randrange(60))
    left = fast.minutes_between(start, later)
    assert timedelta(minutes=left) // timedelta(microseconds=1) == slow.between(count, as_count(later)), (asked, later)
    resumed = fast.add_minutes(later, left)  # a pause keeps what is left, to the microsecond
    assert timedelta(minutes=fast.minutes_between(later, resumed)) == timedelta(minutes=left), (asked, later)
