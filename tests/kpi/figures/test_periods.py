"""Weeks and months by name, with their neighbours and bounds."""

from datetime import date

import pytest

from portal.kpi.figures import periods


@pytest.mark.parametrize(
    ("text", "first", "last", "before", "after"),
    [
        ("2026-W48", date(2026, 11, 23), date(2026, 11, 29), "2026-W47", "2026-W49"),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3), "2026-W52", "2027-W01"),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4), "2025-W52", "2026-W02"),
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30), "2026-10", "2026-12"),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29), "2028-01", "2028-03"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "2026-11", "2027-01"),
    ],
)
def test_a_period_has_the_days_and_neighbours_of_its_name(text, first, last, before, after):
    period = periods.read(text)

    assert (period.name, period.first, period.last) == (text, first, last)
    assert (period.before.name, period.after.name) == (before, after)
    assert period.since.isoformat() == f"{first}T00:00:00+08:00" and period.until > period.since
    assert period.before.until == period.since and period.after.since == period.until


@pytest.mark.parametrize(
    "text", ["", "2026-W54", "2025-W53", "2026-13", "2026-00", "1999-W01", "9001-01", "2026-W48 ", "2026W48", "x"]
)
def test_other_texts_are_none(text):
    assert periods.read(text) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2026-11", ["2026-11"]), ("2026-Q4", ["2026-10", "2026-11", "2026-12"]), ("2026-Q5", []), ("2026-W48", []),
        ("", []), ("1999-Q1", []),
    ],
)  # fmt: skip
def test_months_of_a_quarter(text, names):
    assert [period.name for period in periods.months_of(text)] == names


def test_a_span_of_days_has_one_before_it_as_long_as_itself():
    span = periods.days(date(2026, 11, 10), date(2026, 11, 8))

    assert (span.days, span.before.first, span.before.last) == (3, date(2026, 11, 5), date(2026, 11, 7))
