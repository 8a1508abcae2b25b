"""待补充 without an answer: a reminder after one working day, closed after seven days (REQUIREMENTS C7, UX 3.8).

The worker calls `run` every round. Each ticket is one transaction on its locked row, so that any number of workers
remind once and close once.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts import closing
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.calendar import working_days
from portal.due_work import all_of, each
from portal.kinds.table import KINDS, spec_of
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks, lifecycle
from portal.progress.lifecycle import LAPSE_UNSUPPLIED, Move, staying
from portal.runtime import Runtime
from portal.tickets import information_requests, lookup
from portal.tickets.models import InformationRequest, Ticket
from portal.tickets.states import ClosedHow, TicketState
from portal.watch import clock_doubt

CLOSES_AFTER = timedelta(days=7)
# No ticket is closed without a day to act, even if no worker ran for a week.
LEAST_NOTICE = timedelta(days=1)
_BATCH = 500
REMIND = Move("remind", "提醒机构补充", staying(TicketState.AWAITING_INFORMATION), is_remark=True)
LAPSE = Move(
    LAPSE_UNSUPPLIED,
    "没有补充，自动关闭",
    {TicketState.AWAITING_INFORMATION: TicketState.CLOSED},
    how=ClosedHow.LAPSED_INFORMATION,
)


def run(runtime: Runtime) -> tuple[int, int]:
    """Remind and close what is due; returns how many of each. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    waiting_since = func.coalesce(InformationRequest.supplied_at, InformationRequest.asked_at)
    unreminded = InformationRequest.reminded_at.is_(None) & (waiting_since <= now - timedelta(days=1))
    unanswered = (waiting_since <= now - CLOSES_AFTER) & (InformationRequest.reminded_at <= now - LEAST_NOTICE)
    steps = (
        lambda: _each(runtime, partial(_close, now), unanswered),
        lambda: _each(runtime, partial(_remind, now), unreminded),
    )
    closed, reminded = all_of(steps)
    return reminded, closed


def closes_at(request: InformationRequest) -> datetime | None:
    """When a reminded request is closed unless it is answered; None before the reminder."""
    if request.reminded_at is None:
        return None
    return max(request.waiting_since + CLOSES_AFTER, request.reminded_at + LEAST_NOTICE)


def _each(runtime: Runtime, step: Callable[[uuid.UUID, Session], bool], condition: ColumnElement[bool]) -> int:
    return sum(each(runtime.database, (partial(step, ticket_id) for ticket_id in _waiting(runtime, condition))))


def _waiting(runtime: Runtime, condition: ColumnElement[bool]) -> list[uuid.UUID]:
    query = (
        select(InformationRequest.ticket_id)
        .join(Ticket, Ticket.id == InformationRequest.ticket_id)
        .where(Ticket.state == TicketState.AWAITING_INFORMATION.value, InformationRequest.answered_at.is_(None))
        .where(condition)
        .order_by(func.coalesce(InformationRequest.supplied_at, InformationRequest.asked_at))
        .limit(_BATCH)
    )
    with runtime.database.read() as session:
        return list(dict.fromkeys(session.scalars(query)))


def _locked(session: Session, ticket_id: uuid.UUID) -> tuple[Ticket, InformationRequest | None]:
    ticket = lookup.locked(session, ticket_id)
    is_waiting = ticket.state_enum is TicketState.AWAITING_INFORMATION
    return ticket, information_requests.open_request(session, ticket) if is_waiting else None


def _remind(now: datetime, ticket_id: uuid.UUID, session: Session) -> bool:
    ticket, request = _locked(session, ticket_id)
    if request is None or request.reminded_at or working_days.load(session).one_later(request.waiting_since) > now:
        return False
    request.reminded_at = now
    ends_at = closes_at(request)
    assert ends_at is not None  # noqa: S101
    labels, until = _labels(ticket, request), clock.clinic_time(ends_at)
    words = f"还差：{labels}。请在 {until} 前补充，到时会自动关闭，关闭后 7 天内仍可重新提出"
    lifecycle.apply(session, ticket, REMIND, SYSTEM, text=words)
    outbox.add(session, Event.INFORMATION_REMINDED, ticket.number)
    trail.record(session, Tag.TICKET_REMINDED, SYSTEM, ticket_number=ticket.number)
    return True


def _close(now: datetime, ticket_id: uuid.UUID, session: Session) -> bool:
    ticket, request = _locked(session, ticket_id)
    ends_at = closes_at(request) if request else None
    if request is None or ends_at is None or ends_at > now or hooks.objections_to(session, ticket, LAPSE.name):
        return False
    labels, reopens_until = _labels(ticket, request), clock.clinic_time(now + closing.REOPEN_DAYS)
    words = f"没有收到：{labels}。还需要处理的，请在 {reopens_until} 前在这一页重新提出"
    lifecycle.apply(session, ticket, LAPSE, SYSTEM, text=words)
    outbox.add(session, Event.CLOSED_UNANSWERED, ticket.number)
    unanswered: Particulars = {"is_unanswered": True}
    trail.record(session, Tag.TICKET_CLOSED, SYSTEM, ticket_number=ticket.number, particulars=unanswered)
    return True


def _labels(ticket: Ticket, request: InformationRequest) -> str:
    kind = KINDS[ticket.kind_enum]
    return "、".join(spec.label for name in request.missing if (spec := spec_of(kind, name)))
