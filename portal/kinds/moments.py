"""When something happened, as people write it: a day, or a day and a time, in China."""

import re
from datetime import date, datetime

from portal import clock

_SHAPE = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]{0,3}([0-9]{1,2})[:：点]([0-9]{1,2})分?(.*))?"
)
_SECONDS = re.compile(r"(?::[0-9]{2}(?:\.[0-9]{1,9})?)?")


def normal(text: str) -> str:
    """`2026-11-27`, or `2026-11-27 09:30` in China; what cannot be read stays as it was typed."""
    typed = text.strip()
    if (zoned := _zoned(typed)) is not None:
        return f"{clock.in_china(zoned):%Y-%m-%d %H:%M}"
    found = _SHAPE.fullmatch(typed)
    if not found or not _SECONDS.fullmatch(found[6] or ""):
        return typed
    year, month, day, hour, minute = (int(part) if part else 0 for part in found.groups()[:5])
    try:
        moment = datetime(year, month, day, hour, minute, tzinfo=clock.CHINA)
    except ValueError:
        return typed
    return f"{moment:%Y-%m-%d %H:%M}" if found[4] else f"{moment:%Y-%m-%d}"


def of(text: str) -> datetime | None:
    """The moment that a normal text names, a day its beginning; None if it names none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.CHINA)
    except ValueError:
        return None


def is_day(text: str) -> bool:
    """Whether it names a day and no time."""
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _zoned(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and 1900 < moment.year < 9000 else None
