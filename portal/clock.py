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


def china_today() -> date:
    """The limit for birth dates, and the month of ticket numbers."""
    return in_china(now()).date()
