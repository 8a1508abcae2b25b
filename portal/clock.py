"""Time: stored in UTC, shown and cut into days in China time (SECURITY I-13)."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def now() -> datetime:
    """The present moment, timezone-aware, UTC."""
    return datetime.now(UTC)


def in_china(moment: datetime) -> datetime:
    """The same moment on a Chinese wall clock."""
    return moment.astimezone(CHINA)


def china_today() -> date:
    """Today's date in China: the limit for birth dates and the month of ticket numbers."""
    return in_china(now()).date()
