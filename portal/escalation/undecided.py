"""What was put before a lead, by staff or by the clinic, and was not decided yet."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.clocks import policies
from portal.escalation import alerts
from portal.escalation.alerts import Subject
from portal.escalation.causes import Cause
from portal.escalation.models import Escalation
from portal.progress import hooks, lifecycle
from portal.progress.hooks import Objection
from portal.tickets.models import Ticket

DUTY_AFTER = timedelta(hours=1)  # of working time without a decision


class EscalatedBy(StrEnum):
    STAFF = "staff"
    CLINIC = "clinic"


_CAUSES = {EscalatedBy.STAFF.value: Cause.ESCALATED, EscalatedBy.CLINIC.value: Cause.CLINIC_ESCALATED}


def put_before_leads(
    session: Session, ticket: Ticket, by: EscalatedBy, by_id: uuid.UUID | None, by_name: str, reason: str
) -> Escalation:
    """Store it and alert the leads of the queue; the ticket is locked."""
    now = clock.now()
    escalation = Escalation(
        id=uuid.uuid4(), ticket_id=ticket.id, round=ticket.round, by=by.value, by_id=by_id, by_name=by_name,
        reason=reason, at=now,
    )  # fmt: skip
    session.add(escalation)
    session.flush()
    duty_at = policies.working_time_at(session, now).add_minutes(now, DUTY_AFTER / timedelta(minutes=1))
    alerts.raise_alert(session, ticket, _CAUSES[by.value], Subject(escalation.id, next_at=duty_at))
    return escalation


def of(session: Session, ticket: Ticket) -> Sequence[Escalation]:
    """All of a ticket, the oldest first."""
    rows = select(Escalation).where(Escalation.ticket_id == ticket.id)
    return session.scalars(rows.order_by(Escalation.at, Escalation.id)).all()


def waiting(session: Session, ticket: Ticket) -> list[Escalation]:
    """What a lead has to decide."""
    return [escalation for escalation in of(session, ticket) if escalation.decided_at is None]


def settle(session: Session, ticket: Ticket) -> None:
    """A listener: an ended ticket leaves nothing to decide; in another queue its leads are alerted."""
    for escalation in waiting(session, ticket):
        if ticket.is_open:
            alerts.tell_new_leads(session, ticket, _CAUSES[escalation.by], escalation.id)
        else:
            escalation.decided_at = clock.now()


def objections(session: Session, ticket: Ticket, act: str) -> Sequence[Objection]:
    """An objector: nothing lapses while a lead has still to decide, but not for ever."""
    undecided = waiting(session, ticket) if act in lifecycle.LAPSES else []
    return (lifecycle.ON_HOLD,) if any(hooks.still_waits(escalation.at) for escalation in undecided) else ()
