"""已解决 or 没有解决: the clinic's answer to a result (CONTRACT 5)."""

import uuid
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal import clock
from portal.acts import closing
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.metrics.counting import Metric, count
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import lifecycle, ownership
from portal.progress.lifecycle import Move
from portal.reports.sealing import seal_later_text
from portal.runtime import Runtime
from portal.sensitive_text.free_text import checked_text
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import ClosedHow, TicketState, TurnCause

CONFIRM = Move(
    "confirm",
    "机构确认已解决",
    {TicketState.AWAITING_CONFIRMATION: TicketState.CLOSED},
    how=ClosedHow.CONFIRMED,
)
NOT_SOLVED = replace(
    closing.REOPEN.move,
    leads=dict.fromkeys((TicketState.AWAITING_CONFIRMATION, TicketState.CLOSED), TicketState.IN_PROGRESS),
    cause=TurnCause.NOT_SOLVED,
)

TEXT_FIELD = "comment"


def reopening_ends(ticket: Ticket) -> datetime | None:
    """Until when a clinic may say that a closed ticket is not solved; None if it may not (any more)."""
    if ticket.state_enum is not TicketState.CLOSED or ticket.closed_at is None:
        return None
    ends = ticket.closed_at + closing.REOPEN_DAYS
    return ends if ends > clock.now() else None


def confirm(runtime: Runtime, actor: Actor, ticket_id: uuid.UUID, *, is_solved: bool, comment: str) -> Ticket:
    """已解决 closes the ticket; 没有解决 needs a sentence and returns it to support (CONTRACT 5)."""
    missing = "" if is_solved else "请写明还有什么问题，方便工程师继续处理"
    comment = checked_text(comment, field=TEXT_FIELD, missing=missing)

    def answered(session: Session) -> Ticket:
        ticket = lookup.locked(session, ticket_id)
        text = seal_later_text(session, runtime.vault, ticket.report_id, TEXT_FIELD, "机构说明", comment)
        (_is_solved if is_solved else _is_not_solved)(session, ticket, actor, text)
        return ticket

    return runtime.database.run(answered)


def _is_solved(session: Session, ticket: Ticket, actor: Actor, text: str) -> None:
    lifecycle.check(ticket, CONFIRM)
    count(session, [(Metric.CONFIRMED, "yes")])
    lifecycle.apply(session, ticket, CONFIRM, actor, text=text)  # closing writes the trail, whose lock is last
    trail.record(session, Tag.TICKET_CLOSED, actor, ticket_number=ticket.number)


def _is_not_solved(session: Session, ticket: Ticket, actor: Actor, text: str) -> None:
    """Back to its owner, or to the queue if the owner is gone."""
    lifecycle.check(ticket, NOT_SOLVED)
    closing.check_reopening(ticket)
    ownership.take_back(session, ticket, also_away=True)
    lifecycle.apply(session, ticket, NOT_SOLVED, actor, text=text)
    count(session, [(Metric.CONFIRMED, "no")])
    outbox.add(session, Event.REOPENED, ticket.number)
    trail.record(session, Tag.TICKET_REOPENED, actor, ticket_number=ticket.number)
