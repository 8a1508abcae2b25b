"""已解决 or 没有解决: the clinic's word on a result (CONTRACT)."""

import uuid
from datetime import datetime

from sqlalchemy import select

from portal import clock
from portal.acts import work
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.metrics.counting import Metric, count
from portal.notify import outbox
from portal.notify.events import Event
from portal.reports.sealing import seal_later_text
from portal.runtime import Runtime
from portal.sensitive_text.free_text import checked_text
from portal.tickets import lifecycle
from portal.tickets.lifecycle import Action
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState


def reopening_ends(ticket: Ticket) -> datetime | None:
    """Until when a clinic may say that a closed ticket is not solved; None when it may not (any more)."""
    if ticket.state_enum is not TicketState.CLOSED or ticket.closed_at is None:
        return None
    ends = ticket.closed_at + work.REOPEN_DAYS
    return ends if ends > clock.now() else None


def confirm(runtime: Runtime, actor: Actor, ticket_id: uuid.UUID, *, is_solved: bool, comment: str) -> Ticket:
    """已解决 closes the ticket; 没有解决 needs a sentence and puts it back to work (CONTRACT)."""
    missing = "" if is_solved else "请写明还有什么问题，方便工程师继续处理"
    comment = checked_text(comment, field="comment", missing=missing)
    with runtime.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id).with_for_update()).one()
        text = seal_later_text(session, runtime.vault, ticket.report_id, "comment", "机构说明", comment)
        if is_solved:
            lifecycle.move(session, ticket, Action.CONFIRM, actor, text=text)
            count(session, [(Metric.CONFIRMED, "yes")])
            trail.record(session, Tag.TICKET_CLOSED, actor, ticket_number=ticket.number)
        else:
            work.check_reopening(ticket)
            lifecycle.move(session, ticket, Action.REOPEN, actor, text=text)
            ticket.reopened_count += 1
            count(session, [(Metric.CONFIRMED, "no")])
            outbox.add(session, Event.REOPENED, ticket.number)
            trail.record(session, Tag.TICKET_REOPENED, actor, ticket_number=ticket.number)
    return ticket
