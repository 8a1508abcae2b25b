"""Half an hour before closing time of a working day, whoever has records to complete is reminded (REQUIREMENTS E13).

The worker calls `run` every round. The row of the day decides: any number of workers remind once.
"""

from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.clocks import policies
from portal.db import UtcDateTime
from portal.kinds.table import QUEUES
from portal.kpi.archive import day_end
from portal.kpi.archive.models import DayEndReminder
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.watch import clock_doubt

BEFORE_CLOSING = timedelta(minutes=30)
_MAKE = text(
    "INSERT INTO day_end_reminders (day, told_at) VALUES (:day, :at) ON CONFLICT (day) DO NOTHING RETURNING day"
).bindparams(bindparam("day", type_=DayEndReminder.day.type), bindparam("at", type_=UtcDateTime))


def run(runtime: Runtime) -> int:
    """How many people were told. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    day = clock.in_china(now).date()
    with runtime.database.read() as session:
        was_told = session.scalar(select(DayEndReminder.day).where(DayEndReminder.day == day)) is not None
        is_time = not was_told and is_due(session, day, now)
    return runtime.database.run(partial(_tell, day, now)) if is_time else 0


def is_due(session: Session, day: date, now: datetime) -> bool:
    """Whether it is the last half hour of a working day."""
    time = policies.working_time_at(session, now)
    closes_at = time.last_close(day)
    return time.days.is_working(day) and closes_at - BEFORE_CLOSING <= now < closes_at


def _tell(day: date, now: datetime, session: Session) -> int:
    if session.execute(_MAKE, {"day": day, "at": now}).first() is None:
        return 0  # another worker was faster
    people = day_end.people_with_entries(session, day, QUEUES)
    return outbox.add(session, Event.DAY_END, day.isoformat(), to=people) if people else 0
