"""Arithmetic with working days: Monday to Friday in China, without public holidays."""

from datetime import UTC, datetime, timedelta

from portal import clock

_WEEKEND = (5, 6)


def after_working_day(moment: datetime) -> datetime:
    """One working day later: the same time on the next day that is no Saturday or Sunday in China.

    A moment at a weekend counts as Monday 00:00. Public holidays and the days worked instead are not known here.
    """
    local = clock.in_china(moment)
    if local.weekday() in _WEEKEND:
        local = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - local.weekday())
    local += timedelta(days=1)
    while local.weekday() in _WEEKEND:
        local += timedelta(days=1)
    return local.astimezone(UTC)
