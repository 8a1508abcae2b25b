"""A wider 协调范围, and no department asked: the owner is reminded after the policy's time, once a round (DESK 1.5).

The worker calls `run` every round. Each ticket is one transaction on its locked row, so that any number of workers
remind once.
"""

import uuid
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import SYSTEM
from portal.clocks.names import COORDINATION_LABELS, WIDER, Coordination
from portal.collaboration import rows
from portal.collaboration.states import CollaborationKind, CollaborationState
from portal.due_work import each
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import lifecycle
from portal.progress.lifecycle import OPEN, Move
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState
from portal.watch import clock_doubt

_BATCH = 500
MISSING = Move("dispatch_missing", "还没有派发协作", OPEN, is_public=False, is_remark=True)


def run(runtime: Runtime) -> int:
    """How many owners were reminded. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    due = select(Ticket.id).where(Ticket.dispatch_due_at.is_not(None), Ticket.dispatch_due_at <= now)
    with runtime.database.read() as session:
        ticket_ids = session.scalars(due.order_by(Ticket.dispatch_due_at, Ticket.id).limit(_BATCH)).all()
    return sum(each(runtime.database, (partial(_remind, ticket_id, now) for ticket_id in ticket_ids)))


def _remind(ticket_id: uuid.UUID, now: datetime, session: Session) -> bool:
    ticket = lookup.locked(session, ticket_id)
    if ticket.dispatch_due_at is None or ticket.dispatch_due_at > now:
        return False  # another worker was faster, or a department was asked meanwhile
    ticket.dispatch_due_at = None
    scope = Coordination(ticket.coordination)
    is_done = not ticket.is_open or ticket.state_enum is TicketState.AWAITING_CONFIRMATION
    if is_done or scope not in WIDER or _is_asked(session, ticket):
        return False
    ticket.dispatch_told_round = ticket.round
    text = f"协调范围是“{COORDINATION_LABELS[scope]}”，还没有派发给部门"
    lifecycle.remark(session, ticket, MISSING, SYSTEM, text)
    outbox.add(session, Event.COLLABORATION_MISSING, ticket.number)
    return True


def _is_asked(session: Session, ticket: Ticket) -> bool:
    """Whether a department was asked for help in this round."""
    began = ticket.round_began_at or ticket.submitted_at
    return any(
        row.kind_enum is CollaborationKind.HELP
        and row.state_enum is not CollaborationState.WITHDRAWN
        and (row.created_at >= began or not row.is_over)
        for row in rows.of_ticket(session, ticket)
    )
