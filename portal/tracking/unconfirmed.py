"""待确认 without an answer: a reminder after one working day, closed after three days (REQUIREMENTS G12, DESK 1.8).

It is closed at an open minute and never less than a full day after the reminder, marked 超时自动确认, and never counted
as confirmed. The worker calls `run` every round. Each ticket is one transaction on its locked row, so that any number
of workers remind once and close once.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts import closing
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.calendar.working_time import WorkingTime
from portal.clocks import policies
from portal.due_work import all_of, each
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks, lifecycle
from portal.progress.lifecycle import LAPSE_UNCONFIRMED, Move, staying
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import ClosedHow, TicketState
from portal.watch import clock_doubt

CLOSES_AFTER = timedelta(days=3)
LEAST_NOTICE = timedelta(days=1)
_BATCH = 500
REMIND = Move("remind_confirmation", "提醒机构确认", staying(TicketState.AWAITING_CONFIRMATION), is_remark=True)
LAPSE = Move(
    LAPSE_UNCONFIRMED,
    "超时自动确认",
    {TicketState.AWAITING_CONFIRMATION: TicketState.CLOSED},
    how=ClosedHow.LAPSED_CONFIRMATION,
)


def run(runtime: Runtime) -> tuple[int, int]:
    """Remind and close what is due; returns how many of each. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    with runtime.database.read() as session:
        may_close = open_minutes(session).is_open(now)
    # What a wrong clock dated ahead has not happened: it is reminded, again if need be.
    unreminded = Ticket.confirmation_reminded_at.is_(None) & (Ticket.resolved_at <= now - timedelta(days=1))
    ahead = (Ticket.confirmation_reminded_at > now + clock.SKEW) | (Ticket.resolved_at > now + clock.SKEW)
    unanswered = (Ticket.resolved_at <= now - CLOSES_AFTER) & (Ticket.confirmation_reminded_at <= now - LEAST_NOTICE)
    steps = (
        lambda: _each(runtime, unanswered, partial(_close, now)) if may_close else 0,
        lambda: _each(runtime, unreminded | ahead, partial(_remind, now)),
    )
    closed, reminded = all_of(steps)
    return reminded, closed


def open_minutes(session: Session) -> WorkingTime:
    """When staff work and clinics may be called, by the policy that counts now (DESK 4.3)."""
    return policies.at(session, clock.now()).open_time(session)


def closes_at(session: Session, ticket: Ticket) -> datetime | None:
    """When a reminded ticket is closed unless its clinic answers; None before the reminder, and in other states."""
    is_waiting = ticket.state_enum is TicketState.AWAITING_CONFIRMATION
    if not is_waiting or ticket.resolved_at is None or ticket.confirmation_reminded_at is None:
        return None
    earliest = max(ticket.resolved_at + CLOSES_AFTER, ticket.confirmation_reminded_at + LEAST_NOTICE)
    return open_minutes(session).next_open(earliest)


def _each(runtime: Runtime, is_due: ColumnElement[bool], step: Callable[[uuid.UUID, Session], bool]) -> int:
    """A batch of what is due; tickets that somebody objects to hold up no others."""
    is_waiting = Ticket.state == TicketState.AWAITING_CONFIRMATION.value
    query = select(Ticket.id).where(is_waiting, is_due).order_by(Ticket.resolved_at, Ticket.id)
    with runtime.database.read() as session:
        ticket_ids = session.scalars(query).all()
    done = each(runtime.database, (partial(step, ticket_id) for ticket_id in ticket_ids))
    return sum(islice(filter(None, done), _BATCH))


def _remind(now: datetime, ticket_id: uuid.UUID, session: Session) -> bool:
    ticket = lookup.locked(session, ticket_id)
    is_waiting = ticket.state_enum is TicketState.AWAITING_CONFIRMATION
    if not is_waiting or ticket.resolved_at is None or clock.has_been(ticket.confirmation_reminded_at, now):
        return False
    ticket.confirmation_reminded_at = None
    if not clock.has_been(ticket.resolved_at, now):
        ticket.resolved_at = now
    if policies.at(session, now).time(session).add_days(ticket.resolved_at, 1) > now:
        return False
    ticket.confirmation_reminded_at = now
    ends_at = closes_at(session, ticket)
    assert ends_at is not None  # noqa: S101
    until = clock.clinic_time(ends_at)
    words = f"请在 {until} 前告诉我们问题是否解决，到时会自动关闭，账号和密码随之销毁。关闭后 7 天内仍可重新提出"
    lifecycle.apply(session, ticket, REMIND, SYSTEM, text=words)
    outbox.add(session, Event.CONFIRMATION_REMINDED, ticket.number)
    trail.record(session, Tag.TICKET_REMINDED, SYSTEM, ticket_number=ticket.number)
    return True


def _close(now: datetime, ticket_id: uuid.UUID, session: Session) -> bool:
    ticket = lookup.locked(session, ticket_id)
    ends_at = closes_at(session, ticket)
    if ends_at is None or ends_at > now or hooks.objections_to(session, ticket, LAPSE.name):
        return False
    words = f"没有收到机构的确认。还没有解决的，请在 {clock.clinic_time(now + closing.REOPEN_DAYS)} 前在这一页重新提出"
    lifecycle.apply(session, ticket, LAPSE, SYSTEM, text=words)
    for told in (ticket, *lookup.members_of(session, ticket)):
        outbox.add(session, Event.CLOSED_UNCONFIRMED, told.number)
    unconfirmed: Particulars = {"is_unconfirmed": True}
    trail.record(session, Tag.TICKET_CLOSED, SYSTEM, ticket_number=ticket.number, particulars=unconfirmed)
    return True
