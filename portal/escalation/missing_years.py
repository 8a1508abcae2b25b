"""Tells leads and administrators once when the public holidays of a year should be known and are not (DESK N.1).

The worker calls `run` every round. A year is one transaction on its locked row: any number of workers tell once.
"""

from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.accounts.roles import Permission, roles_with
from portal.calendar import working_days, years
from portal.calendar.models import CalendarYear
from portal.due_work import each
from portal.notify import notices, outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.watch import clock_doubt


def run(runtime: Runtime) -> int:
    """How many years people were told of. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    with runtime.database.read() as session:
        missing = set(working_days.unknown_years(session))
        told = set(session.scalars(select(CalendarYear.year).where(CalendarYear.told_at.is_not(None))))
        done = {year for year in told if years.is_confirmed(session, year)}
    changed = sorted((missing - told) | done)
    return sum(each(runtime.database, (partial(_tell, year) for year in changed)))


def _tell(year: int, session: Session) -> bool:
    row = years.lock(session, [year])[year]
    is_missing = not years.is_confirmed(session, year)
    if is_missing is (row.told_at is not None):
        return False  # another worker was faster, or the year was entered meanwhile
    row.told_at = clock.now() if is_missing else None
    if not is_missing:
        notices.settle(session, Event.CALENDAR_MISSING, str(year))
        return False
    keepers = [role.value for role in roles_with(Permission.KEEP_TIME)]
    people = session.scalars(select(User.id).where(User.role.in_(keepers), User.is_active).order_by(User.name_key))
    outbox.add(session, Event.CALENDAR_MISSING, str(year), to=people)
    return True
