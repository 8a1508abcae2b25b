"""What is due of promises and appointments: the owner's reminder, and the moment that passed (DESK 1.5).

The worker calls `run` every round. Each step is one transaction on the locked ticket, looking again, so that any number
of workers do it once.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.acts import promises
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.due_work import all_of, each
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks, lifecycle
from portal.progress.hooks import Moment
from portal.progress.lifecycle import OPEN, Move
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Promise, Ticket
from portal.tickets.states import PromiseKind, PromiseState, Turn, TurnCause
from portal.watch import clock_doubt

_BATCH = 500
_Step = Callable[[Session, Ticket, Promise, datetime], bool]


def run(runtime: Runtime) -> tuple[int, int]:
    """Remind and miss what is due; returns how many of each. Raises ClockDoubtedError.

    What has passed is missed first: after a long stop nobody is reminded of it.
    """
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    is_near = Promise.reminded_at.is_(None) & (Promise.remind_at <= now)
    steps = (
        lambda: _each(runtime, Promise.ends_at < now, Promise.ends_at, partial(_done, now, _miss)),
        lambda: _each(runtime, is_near, Promise.remind_at, partial(_done, now, _remind)),
    )
    missed, reminded = all_of(steps)
    return reminded, missed


def _each(
    runtime: Runtime, is_due: ColumnElement[bool], order: object, step: Callable[[uuid.UUID, Session], bool]
) -> int:
    due = select(Promise.id).where(Promise.status == PromiseState.OPEN.value, is_due).order_by(order).limit(_BATCH)  # type: ignore[arg-type]
    with runtime.database.read() as session:
        promise_ids = session.scalars(due).all()
    return sum(each(runtime.database, (partial(step, promise_id) for promise_id in promise_ids)))


def _done(now: datetime, step: _Step, promise_id: uuid.UUID, session: Session) -> bool:
    ticket = lookup.locked(session, session.get_one(Promise, promise_id).ticket_id)
    one = session.get_one(Promise, promise_id, populate_existing=True)
    return one.state is PromiseState.OPEN and step(session, ticket, one, now)


def _remind(session: Session, ticket: Ticket, one: Promise, now: datetime) -> bool:
    if one.reminded_at is not None or now > one.ends_at:
        return False
    one.reminded_at = now
    lifecycle.apply(session, ticket, NEAR, SYSTEM, text=promises.words_of(one))
    if one.kind_enum is PromiseKind.APPOINTMENT:
        outbox.add(session, Event.APPOINTMENT_DUE, ticket.number)
    else:
        outbox.add(session, Event.PROMISE_NEAR, ticket.number)
    return True


def _miss(session: Session, ticket: Ticket, one: Promise, now: datetime) -> bool:
    if now <= one.ends_at:
        return False
    one.status, one.missed_at = PromiseState.MISSED.value, now
    promises.show_due(session, ticket)
    lifecycle.apply(session, ticket, PASSED, SYSTEM, text=passed_words(session, ticket, one))
    outbox.add(session, Event.PROMISE_DUE, ticket.number)
    hooks.announce(session, ticket, Moment.PROMISE_MISSED)
    moment = clock.in_china(one.due_at).isoformat(timespec="minutes")
    trail.record(session, Tag.PROMISE_MISSED, SYSTEM, ticket_number=ticket.number, particulars={"promised_at": moment})
    return True


def passed_words(session: Session, ticket: Ticket, one: Promise) -> str:
    """What the clinic reads when the moment has passed without a word."""
    owner = session.get(User, ticket.assignee_id) if ticket.assignee_id else None
    number = f"（工号 {owner.staff_number}）" if owner is not None and owner.staff_number else ""
    what = "约定的联系时间" if one.kind_enum is PromiseKind.APPOINTMENT else "答复时间"
    return f"已到{what} {clock.clinic_time(one.due_at)}，已催促负责人{number}"


NEAR = Move(
    "promise_near",
    "承诺或预约快到时间",
    OPEN,
    is_public=False,
    is_remark=True,
    cause=TurnCause.PROMISE_DUE,
    turn=Turn.US,
)
PASSED = Move("promise_missed", "承诺时间已到", OPEN, is_remark=True, cause=TurnCause.PROMISE_DUE, turn=Turn.US)
