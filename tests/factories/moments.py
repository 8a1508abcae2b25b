"""The clock in tests: moved on from where it stands, and how long to wait for a new day."""

from datetime import datetime, timedelta

import pytest

from portal import clock
from portal.kpi.figures import periods
from portal.kpi.figures.periods import Period

_CLOSE = timedelta(minutes=1)


def move_clock(monkeypatch: pytest.MonkeyPatch, **ahead: float) -> None:
    """Let the clock run on from so much later (or earlier, with a minus)."""
    running, by = clock.now, timedelta(**ahead)
    monkeypatch.setattr(clock, "now", lambda: running() + by)


def to_midnight(now: datetime) -> timedelta:
    """How long to wait so that no day, month or year of China ends within the next minute; mostly not at all."""
    tomorrow = clock.in_china(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return timedelta(0) if tomorrow - now > _CLOSE else tomorrow - now + timedelta(seconds=1)


def last_week() -> Period:
    """A week whose report may be made: the one before, and in the first hours of a Monday the one before that."""
    return periods.week_of(clock.china_today() - timedelta(days=1)).before


def last_month() -> Period:
    """As `last_week`."""
    return periods.month_of(clock.china_today() - timedelta(days=1)).before
