"""Days and moments in addresses."""

from datetime import datetime, time, timedelta

from portal import clock
from portal.errors import Fault, InvalidError


def moment_of(name: str, text: str, *, is_end: bool) -> datetime | None:
    """A day or an ISO moment; without a zone it is China time. The end of a day is the start of the next."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=clock.CHINA)
        is_day = len(text) == len("2026-11-01") and moment.timetz() == time(tzinfo=clock.CHINA)
        if not 2000 <= moment.year <= 9000:
            raise ValueError
        return moment + timedelta(days=1) if is_day and is_end else moment
    except ValueError:
        raise InvalidError([Fault(name, "invalid", "日期应写成 2026-11-01 或 2026-11-01T08:00:00")]) from None
