"""要求主管处理: the clinic's own way to a lead, once a round, from its tracking page (REQUIREMENTS F16)."""

import uuid

from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError
from portal.escalation import undecided
from portal.escalation.undecided import EscalatedBy
from portal.progress import lifecycle
from portal.progress.lifecycle import OPEN, Move
from portal.reports.sealing import seal_later_text
from portal.runtime import Runtime
from portal.sensitive_text.free_text import checked_text
from portal.tickets import lookup
from portal.tickets.models import Ticket

DEMAND = Move("demand_lead", "要求主管处理", OPEN, is_remark=True)
TEXT_FIELD = "comment"  # as the API and the seals call it
PAGE_FIELD = "demand"  # beside the page's other comment


class AlreadyDemandedError(ConflictError):
    def __init__(self) -> None:
        super().__init__("这一次处理已经要求过主管，主管的答复会显示在这一页")


def is_possible(session: Session, ticket: Ticket) -> bool:
    """Whether the clinic can still demand it in this round."""
    return ticket.is_worked and not _has_demanded(session, ticket)


def demand(runtime: Runtime, actor: Actor, ticket_id: uuid.UUID, comment: str, field: str = TEXT_FIELD) -> Ticket:
    """Put the ticket before the leads of its queue, with the clinic's sentence, whose secrets are sealed.

    Args:
        field: as the form that asks calls the sentence.

    Raises:
        InvalidError: no sentence. ConflictError: the ticket has ended, or it was demanded in this round.
    """
    comment = checked_text(comment, field=field, missing="请写明为什么需要主管处理")

    def demanded(session: Session) -> Ticket:
        ticket = lookup.locked(session, ticket_id)
        lifecycle.check(ticket, DEMAND)
        if _has_demanded(session, ticket):
            raise AlreadyDemandedError
        text = seal_later_text(session, runtime.vault, ticket.report_id, TEXT_FIELD, "机构说明", comment)
        undecided.put_before_leads(session, ticket, EscalatedBy.CLINIC, None, actor.label, text)
        lifecycle.apply(session, ticket, DEMAND, actor, text=text)
        trail.record(session, Tag.CLINIC_ESCALATED, actor, ticket_number=ticket.number)
        return ticket

    return runtime.database.run(demanded)


def _has_demanded(session: Session, ticket: Ticket) -> bool:
    return any(
        asked.by == EscalatedBy.CLINIC.value and asked.round == ticket.round for asked in undecided.of(session, ticket)
    )
