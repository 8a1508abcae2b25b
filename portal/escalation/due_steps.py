"""Raises the steps that are due. The worker calls `run` every round; any number of workers raise each step once.

Each step is one transaction on the locked ticket, looking again. After a long stop only the newest step is raised.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.due_work import each
from portal.escalation import alerts
from portal.escalation.causes import STEPS, Cause
from portal.escalation.models import AlertSeries
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import Urgency
from portal.watch import clock_doubt

_BATCH = 500


def run(runtime: Runtime) -> int:
    """How many steps were raised. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    due = select(AlertSeries.id).where(AlertSeries.next_at.is_not(None), AlertSeries.next_at <= now)
    with runtime.database.read() as session:
        series_ids = session.scalars(due.order_by(AlertSeries.next_at, AlertSeries.id).limit(_BATCH)).all()
    return sum(each(runtime.database, (partial(_raise_next, series_id, now) for series_id in series_ids)))


def _raise_next(series_id: UUID, now: datetime, session: Session) -> bool:
    found = session.get(AlertSeries, series_id)
    if found is None:
        return False  # swept meanwhile
    ticket = lookup.locked(session, found.ticket_id)
    series = session.get_one(AlertSeries, series_id, with_for_update=True, populate_existing=True)
    if series.next_at is None or series.next_at > now:
        return False  # another worker was faster, or somebody acknowledged it
    if not _still_holds(series, ticket):
        series.ended_at, series.next_at = now, None
        return False
    step, due_at = _newest(series, now)
    alerts.raise_step(session, ticket, series, step, due_at)
    return True


def _still_holds(series: AlertSeries, ticket: Ticket) -> bool:
    """A ticket that is no longer 特急 alerts nobody."""
    return series.cause != Cause.CRITICAL.value or ticket.urgency_enum is Urgency.CRITICAL


def _newest(series: AlertSeries, now: datetime) -> tuple[int, datetime]:
    """The last step that is due by now, and since when."""
    assert series.next_at is not None  # noqa: S101
    steps, step, due_at = STEPS[Cause(series.cause)], series.step + 1, series.next_at
    while step < len(steps) and (after := steps[step].after) is not None and due_at + after <= now:
        step, due_at = step + 1, due_at + after
    return step, due_at
