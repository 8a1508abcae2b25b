"""Time: stored in UTC, displayed and divided into days in China time (SECURITY I-13)."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def now() -> datetime:
    """Timezone-aware, UTC."""
    return datetime.now(UTC)


def in_china(moment: datetime) -> datetime:
    return moment.astimezone(CHINA)


def china_today() -> date:
    """The limit for birth dates, and the month of ticket numbers."""
    return in_china(now()).date()
