"""Tells leads and administrators when a rota that is kept has an empty time ahead: once, until it was full (DESK N.1).

The worker calls `run` every round. A queue is one transaction on its locked row, so that any number of workers tell
once. A queue without a rota tells nobody: its alerts reach every lead.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.due_work import each
from portal.escalation import duty, people
from portal.escalation.models import DutyShift, RotaWarning
from portal.kinds.names import TicketKind
from portal.kinds.table import queue_label
from portal.notify import notices, outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.watch import clock_doubt

KEPT_WITHIN = timedelta(days=31)  # whoever had a shift since then keeps a rota
_MAKE = text("INSERT INTO rota_warnings (queue) VALUES (:queue) ON CONFLICT (queue) DO NOTHING")


def run(runtime: Runtime) -> int:
    """How many queues people were told of. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    queues = [kind.value for kind in TicketKind]
    with runtime.database.read() as session:
        empty = _empty(session, queues, now)
        told = set(session.scalars(select(RotaWarning.queue).where(RotaWarning.told_at.is_not(None))))
    changed = [queue for queue in queues if (queue in empty) is not (queue in told)]
    return sum(each(runtime.database, (partial(_tell, queue, now) for queue in changed)))


def _tell(queue: str, now: datetime, session: Session) -> bool:
    session.execute(_MAKE, {"queue": queue})
    warning = session.get_one(RotaWarning, queue, with_for_update=True, populate_existing=True)
    is_empty = queue in _empty(session, [queue], now)
    if is_empty is (warning.told_at is not None):
        return False  # another worker was faster, or the rota was changed meanwhile
    warning.told_at = now if is_empty else None
    if not is_empty:
        notices.settle(session, Event.ROTA_EMPTY, queue_label(queue))
        return False
    leads = [user.id for user in duty.leads_of(session, queue)]
    told = dict.fromkeys([*leads, *people.administrators(session)])
    outbox.add(session, Event.ROTA_EMPTY, queue_label(queue), to=told)
    return True


def _empty(session: Session, queues: Sequence[str], now: datetime) -> set[str]:
    """Those of the queues with a rota of which a time within the next days has nobody."""
    recent = select(DutyShift.queue).where(DutyShift.ends_at > now - KEPT_WITHIN)
    kept = set(session.scalars(recent.where(or_(DutyShift.queue.in_(queues), DutyShift.queue.is_(None))).distinct()))
    found = {gap.queue for gap in duty.gaps(session, queues, now)}
    return found if None in kept else found & kept
