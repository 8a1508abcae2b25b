"""Tells people when half, four fifths and all of a clock's own time is over (REQUIREMENTS N8).

The worker calls `run` every round. Each share is one transaction on the locked ticket, looking again; a clock that
passed several shares while nothing ran tells only of the newest.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.clocks import policies, rows
from portal.clocks.models import RUNNING, TicketClock
from portal.clocks.names import ClockName
from portal.due_work import each
from portal.escalation import alerts
from portal.escalation.alerts import Subject
from portal.escalation.causes import Cause
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.watch import clock_doubt

_BATCH = 500
_CAUSES = dict(zip(rows.SHARES, (Cause.CLOCK_50, Cause.CLOCK_80, Cause.CLOCK_100), strict=True))


def run(runtime: Runtime) -> int:
    """How many clocks people were told of. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    due = select(TicketClock.id).where(RUNNING, TicketClock.alert_at <= now)
    with runtime.database.read() as session:
        clock_ids = session.scalars(due.order_by(TicketClock.alert_at, TicketClock.id).limit(_BATCH)).all()
    return sum(each(runtime.database, (partial(_tell, clock_id, now) for clock_id in clock_ids)))


def _tell(clock_id: UUID, now: datetime, session: Session) -> bool:
    ticket = lookup.locked(session, session.get_one(TicketClock, clock_id).ticket_id)
    row = session.get_one(TicketClock, clock_id, populate_existing=True)
    if not row.is_running or row.alert_at is None or row.alert_at > now:
        return False  # another worker was faster, or the clock was ended, paused or moved meanwhile
    time = policies.of(session, ticket.policy_version).time(session)
    while row.alert_at is not None and row.alert_at <= now:
        share = rows.SHARES[row.alert_step]
        row.alert_step += 1
        row.alert_at = rows.next_alert(row, time)
    alerts.end_about(session, row.id)  # of an earlier share: the newest takes its place
    if share == rows.SHARES[-1] and row.clock == ClockName.REPLIED.value:
        ticket.late_told_at = now
    return alerts.raise_alert(session, ticket, _CAUSES[share], Subject(row.id))
