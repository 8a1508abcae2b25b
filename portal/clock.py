"""Time: stored in UTC, displayed and divided into days in China time (SECURITY I-13)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
_behind: ContextVar[timedelta] = ContextVar("behind", default=timedelta(0))


def now() -> datetime:
    """Timezone-aware, UTC."""
    return datetime.now(UTC) - _behind.get()


@contextmanager
def in_the_past(by: timedelta) -> Iterator[None]:
    """What this thread does in the block happened so long ago: for sample data only."""
    token = _behind.set(by)
    try:
        yield
    finally:
        _behind.reset(token)


def in_china(moment: datetime) -> datetime:
    return moment.astimezone(CHINA)


def clinic_time(moment: datetime) -> str:
    """7 月 22 日 14:05, China time."""
    local = in_china(moment)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"


def staff_time(moment: datetime) -> str:
    """2026-07-22 14:05, China time."""
    return f"{in_china(moment):%Y-%m-%d %H:%M}"


def china_today() -> date:
    """The limit for birth dates, and the month of ticket numbers."""
    return in_china(now()).date()


# Replicas' clocks differ by so much at most.
SKEW = timedelta(minutes=1)


def has_been(moment: datetime | None, at: datetime | None = None) -> bool:
    """Whether a stored moment can be believed: one in the future was written by a wrong clock and counts as none."""
    return moment is not None and moment <= (at or now()) + SKEW


def latest_end(length: timedelta, at: datetime | None = None) -> datetime:
    """The latest moment at which something of this length can end that has begun already."""
    return (at or now()) + length + SKEW


def ends_within(end: datetime, length: timedelta, at: datetime | None = None) -> bool:
    """Whether a stored end can be believed: what lasts `length` cannot end later than that from now."""
    return end <= latest_end(length, at)


def is_before(end: datetime, length: timedelta, at: datetime | None = None) -> bool:
    """Whether it is still before a stored end that can be believed."""
    at = at or now()
    return end > at and ends_within(end, length, at)
