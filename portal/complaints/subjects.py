"""Subjects, entered by themselves: all who owned, answered or resolved the ticket, or took a call (DESK 5.4)."""

import uuid
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.acts.models import AssignmentOffer
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.complaints.models import Complaint, ComplaintSubject
from portal.db import insert_rows
from portal.notify.models import Delivery, DeliveryState, OutboxMessage, StaffNotice
from portal.reports.call_records import CallRecord
from portal.tickets import lookup
from portal.tickets.models import Ticket, TimelineEntry

_OWNED = ("claim",)  # a line that clinics do not read


def of_ticket(session: Session, ticket: Ticket) -> set[uuid.UUID]:
    """Also of the ticket under which it is worked, whose words its clinic reads."""
    together = {ticket.id: ticket}
    worked = lookup.worked_one(session, ticket)
    together[worked.id] = worked
    found: set[uuid.UUID | None] = set()
    for one in together.values():
        found |= {
            one.assignee_id, one.first_owner_id, one.first_claimed_by_id, one.resolved_by_id, one.received_by_id,
        }  # fmt: skip
    own = TimelineEntry.ticket_id.in_(together)
    acted = select(TimelineEntry.actor_id).where(
        own, TimelineEntry.actor_id.is_not(None), TimelineEntry.is_public | TimelineEntry.action.in_(_OWNED)
    )
    found |= set(session.scalars(acted))
    accepted = select(AssignmentOffer.to_id).where(
        AssignmentOffer.ticket_id.in_(together), AssignmentOffer.status == "accepted"
    )
    found |= set(session.scalars(accepted))
    calls = select(CallRecord.taken_by_id).where(CallRecord.ticket_id.in_(together))
    found |= set(session.scalars(calls))
    found |= _assigned(session, together.values())
    return {person for person in found if person is not None}


def _assigned(session: Session, tickets: Iterable[Ticket]) -> set[uuid.UUID]:
    """To whom a lead assigned it at once: only the trail names those who had it and did nothing."""
    numbers = [number for ticket in tickets for number in lookup.all_numbers(session, ticket.number)]
    rows = select(AuditEvent.particulars).where(
        AuditEvent.ticket_number.in_(numbers), AuditEvent.tag == Tag.TICKET_ASSIGNED.value
    )
    names = {str(row["to"]) for row in session.scalars(rows) if row and row.get("to")}
    return set(session.scalars(select(User.id).where(User.username.in_(names)))) if names else set()


def enter(session: Session, complaint: Complaint, people: Iterable[uuid.UUID], by_id: uuid.UUID | None = None) -> None:
    """From now on they find no trace of it: what they were told of it before is taken back."""
    wanted = set(people)
    rows = session.scalars(select(ComplaintSubject).where(ComplaintSubject.complaint_id == complaint.id)).all()
    known = {row.user_id: row for row in rows}
    now = clock.now()
    for person in wanted & known.keys():
        known[person].removed_at = None
    fresh = sorted(wanted - known.keys())
    insert_rows(
        session,
        *(
            ComplaintSubject(complaint_id=complaint.id, user_id=person, since=now, added_by_id=by_id, removed_at=None)
            for person in fresh
        ),
    )
    _take_back(session, complaint.number, wanted)


def _take_back(session: Session, number: str, people: set[uuid.UUID]) -> None:
    if not people:
        return
    session.execute(delete(StaffNotice).where(StaffNotice.number == number, StaffNotice.user_id.in_(people)))
    messages = select(OutboxMessage.id).where(OutboxMessage.ticket_number == number)
    waiting = select(Delivery).where(
        Delivery.message_id.in_(messages),
        Delivery.recipient_id.in_([str(person) for person in people]),
        Delivery.status == DeliveryState.WAITING.value,
    )
    for row in session.scalars(waiting):
        row.status = DeliveryState.DROPPED.value
