"""Hours in which people are not disturbed, in China time; they may pass midnight (DESK N.2)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.errors import Fault, InvalidError, StaleRowError
from portal.notify.models import QuietHours

CLINICS = "clinics"
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True)
class Hours:
    """From `begins` to `ends`, the end excluded; equal ends mean never."""

    begins: str
    ends: str

    @property
    def version(self) -> int:
        """Of the hours that a page shows: their digits."""
        return int(f"{self.begins}{self.ends}".replace(":", ""))

    def end_after(self, moment: datetime) -> datetime | None:
        """When the quiet hours end in which this moment lies; None if it lies in none."""
        here, begins, ends = clock.in_china(moment), _time(self.begins), _time(self.ends)
        now = here.timetz().replace(tzinfo=None)
        is_over_midnight = begins > ends
        is_quiet = (now >= begins or now < ends) if is_over_midnight else begins <= now < ends
        if not is_quiet:
            return None
        day = here.date() + timedelta(days=1) if is_over_midnight and now >= begins else here.date()
        return datetime.combine(day, ends, here.tzinfo)


NEVER = Hours("00:00", "00:00")
FOR_CLINICS = Hours("21:00", "08:00")


def hours_of(session: Session, whose: Iterable[str]) -> Mapping[str, Hours]:
    """The hours of several people, or of the clinics; those who set none are left out."""
    rows = session.scalars(select(QuietHours).where(QuietHours.whose.in_(list(whose))))
    return {row.whose: Hours(row.begins, row.ends) for row in rows}


def clinics_hours(session: Session) -> Hours:
    return hours_of(session, [CLINICS]).get(CLINICS, FOR_CLINICS)


def keep_clinics(session: Session, begins: str, ends: str, version: int) -> None:
    """As `keep`, for what several people may edit. Raises StaleRowError: saved by somebody else meanwhile."""
    trail.lock(session)  # two administrators save one after the other
    if clinics_hours(session).version != version:
        raise StaleRowError
    keep(session, CLINICS, begins, ends)


def keep(session: Session, whose: str, begins: str, ends: str) -> None:
    """Save; two empty values mean never.

    Raises:
        InvalidError: no times of day.
    """
    begins, ends = begins.strip() or ends.strip() or NEVER.begins, ends.strip() or begins.strip() or NEVER.ends
    faults = [
        Fault(name, "invalid", "请填写时间，例如 22:00")
        for name, value in (("quiet_begins", begins), ("quiet_ends", ends))
        if not _CLOCK.fullmatch(value)
    ]
    if faults:
        raise InvalidError(faults)
    session.merge(QuietHours(whose=whose, begins=begins, ends=ends))


def _time(text: str) -> time:
    return time(int(text[:2]), int(text[3:]))
