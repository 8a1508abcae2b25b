"""The clock in tests: moved on from where it stands, and away from midnight."""

from datetime import datetime, timedelta

import pytest

from portal import clock

_CLOSE = timedelta(minutes=5)


def move_clock(monkeypatch: pytest.MonkeyPatch, **ahead: float) -> None:
    """Let the clock run on from so much later (or earlier, with a minus)."""
    running, by = clock.now, timedelta(**ahead)
    monkeypatch.setattr(clock, "now", lambda: running() + by)


def past_midnight(now: datetime) -> timedelta:
    """How far to move the clock so that no day, month or year of China ends within the next minutes; mostly nothing."""
    tomorrow = clock.in_china(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return timedelta(0) if tomorrow - now > _CLOSE else tomorrow - now + timedelta(seconds=1)
