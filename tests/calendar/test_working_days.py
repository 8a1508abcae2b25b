"""One working day later, for every day of the week and each border of a weekend in China, to the second."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.calendar.working_days import after_working_day
from portal.clock import CHINA


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
        ("2026-12-31 10:00:00", "2027-01-01 10:00:00"),  # over the year; public holidays are not known
        ("2028-02-28 10:00:00", "2028-02-29 10:00:00"),  # a leap day
    ],
)
@pytest.mark.parametrize("zone", [UTC, CHINA])
def test_it_is_the_same_time_on_the_next_working_day_in_china(asked_at: str, due_at: str, zone: object) -> None:
    due = after_working_day(china(asked_at).astimezone(zone))  # type: ignore[arg-type]

    assert due == china(due_at)
    assert due.utcoffset() == timedelta(0)


def test_the_day_is_chinas_not_the_servers() -> None:
    friday_in_utc = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)  # Saturday 00:00 in China

    assert after_working_day(friday_in_utc) == china("2026-12-01 00:00:00")
    assert after_working_day(friday_in_utc - timedelta(seconds=1)) == china("2026-11-30 23:59:59")


def test_it_never_runs_backwards_and_never_ends_on_a_weekend() -> None:
    moments = [china("2026-11-20 00:00:00") + timedelta(minutes=37 * n) for n in range(600)]
    due = [after_working_day(moment) for moment in moments]

    assert due == sorted(due)
    assert all(moment.astimezone(CHINA).weekday() < 5 for moment in due)
    assert all(timedelta(days=1) <= end - start <= timedelta(days=3) for start, end in zip(moments, due, strict=True))
