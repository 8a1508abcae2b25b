"""Tickets with a result and a phone to call, and the call-backs that come of them."""

import uuid
from typing import Any

from sqlalchemy import select

from portal.acts.table import CLAIM, RESOLVE
from portal.follow_up.call_backs.making import make_call_back
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import Cause
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from tests.factories import people
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import ticket_named
from tests.factories.reports import file_report

PHONE = people.phone(77)


def resolved_ticket(
    runtime: Runtime, *, phone: str | None = PHONE, owner: str = "alice", kind: str = "general", **changes: Any
) -> Ticket:
    """A ticket with its owner's result, of a clinic that left a phone."""
    number, alice = file_report(runtime, kind, contact_phone=phone, **changes).number, actor(runtime, owner)
    with runtime.database.transaction() as session:
        perform(session, runtime, alice, CLAIM, number, 1)
        perform(session, runtime, alice, RESOLVE, number, 2, text="已修复，请重新保存一次")
    return ticket_named(runtime, number)


def call_back(runtime: Runtime, ticket: Ticket | None = None, cause: Cause = Cause.UNHAPPY, **more: Any) -> CallBack:
    """An open call-back about a ticket with a result, or about the subject that is given."""
    if not more:
        ticket = ticket or resolved_ticket(runtime)
    with runtime.database.transaction() as session:
        about = {"ticket_id": ticket.id, "round": ticket.round} if ticket else {}
        made = make_call_back(session, cause=cause, **{**about, **more})
    assert made is not None
    return call_back_now(runtime, made.id)


def call_back_now(runtime: Runtime, call_back_id: uuid.UUID) -> CallBack:
    with runtime.database.read() as session:
        return session.get_one(CallBack, call_back_id)


def call_backs(runtime: Runtime, **where: Any) -> list[CallBack]:
    """All of them, oldest first."""
    with runtime.database.read() as session:
        return list(session.scalars(select(CallBack).filter_by(**where).order_by(CallBack.made_at, CallBack.number)))
