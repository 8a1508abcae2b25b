"""Makes call-backs, each once for its cause, subject and round (DESK 4.3).

Whoever makes one holds the lock of its subject; the unique key decides where two do not.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.db import insert_rows, new_id
from portal.follow_up.call_backs import dues, owners, phones
from portal.follow_up.call_backs.dues import Due
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CallBackState, Cause
from portal.institutions.models import DirectoryEntry
from portal.tickets import numbering
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

SERIES = "HF"
# Without a phone these wait all the same: they are how the institution's contact becomes known.
NEEDS_NO_PHONE = (Cause.FIRST_CONTACT, Cause.APPOINTMENT)
# An agreed time stays where it is, and a campaign ends when it ends.
_AS_GIVEN = (Cause.APPOINTMENT, Cause.CAMPAIGN)
_HAS_RESULT = (TicketState.AWAITING_CONFIRMATION, TicketState.CLOSED)


def make_call_back(
    session: Session,
    *,
    cause: Cause,
    due_at: datetime | None = None,
    ticket_id: uuid.UUID | None = None,
    complaint_id: uuid.UUID | None = None,
    institution_id: uuid.UUID | None = None,
    campaign_id: uuid.UUID | None = None,
    follower_id: uuid.UUID | None = None,
    round: int = 1,
    owner_id: uuid.UUID | None = None,
    not_for: Iterable[uuid.UUID] = (),
    number: str = "",
    institution: str = "",
    queue: str | None = None,
    resulted_at: datetime | None = None,
    asked: str = "",
    made_by_id: uuid.UUID | None = None,
) -> CallBack | None:
    """A task to call somebody, or the one that there is already; None if there is nothing to call about any more.

    Args:
        due_at: where the cause has no term of its own: it is moved to an open minute, but for an appointment.
        ticket_id, complaint_id, follower_id, institution_id: the subject is the first of them that is given.
        round: of the ticket, or how often this has happened to the subject. owner_id: instead of the rule's.
        number, institution, queue: of a subject that is no ticket. resulted_at: of `unanswered`.
        not_for: people who must not call, beside the round's resolver.

    Without any phone the task is born `no_contact`, except where it is how a contact becomes known.
    """
    subject_id = ticket_id or complaint_id or follower_id or institution_id
    if subject_id is None:
        raise ValueError("a call-back needs a subject")
    known = _known(session, cause, subject_id, round, campaign_id)
    ticket = session.get_one(Ticket, ticket_id) if ticket_id else None
    if known is not None or (ticket is not None and not _is_about(ticket, round)):
        return known
    now = clock.now()
    row = CallBack(
        id=new_id(), number=numbering.next_number(session, SERIES), cause=cause.value, subject_id=subject_id,
        subject_number=ticket.number if ticket else number, round=round, ticket_id=ticket_id,
        complaint_id=complaint_id, institution_id=ticket.institution_id if ticket else institution_id,
        campaign_id=campaign_id, follower_id=follower_id, queue=ticket.queue if ticket else queue,
        institution=ticket.institution if ticket else institution or _name_of(session, institution_id), made_at=now,
        made_by_id=made_by_id, resolver_id=ticket.resolved_by_id if ticket else None,
        not_for=[str(person) for person in not_for], asked=asked, status=CallBackState.OPEN.value, is_moved=False,
        tries=0, end_cause="", end_note="", version=1,
    )  # fmt: skip
    due = _due(session, cause, due_at, now, resulted_at)
    row.due_at, row.first_due_at, row.is_moved = due.at, due.first, due.is_moved
    if phones.find(session, row) is None and cause not in NEEDS_NO_PHONE:
        row.status, row.ended_at = CallBackState.NO_CONTACT.value, now
    else:
        row.owner_id = owner_id or owners.choose(session, wanted_of(row))
    insert_rows(session, row)
    return row


def wanted_of(row: CallBack) -> owners.Wanted:
    """Who may own it."""
    kept_out = {uuid.UUID(person) for person in row.not_for} | ({row.resolver_id} if row.resolver_id else set())
    return owners.Wanted(row.queue, row.institution_id, kept_out)


def _known(
    session: Session, cause: Cause, subject_id: uuid.UUID, of_round: int, campaign_id: uuid.UUID | None
) -> CallBack | None:
    same = select(CallBack).where(CallBack.subject_id == subject_id, CallBack.cause == cause.value)
    if campaign_id is not None:
        return session.scalars(same.where(CallBack.campaign_id == campaign_id)).first()
    return session.scalars(same.where(CallBack.round == of_round, CallBack.campaign_id.is_(None))).first()


def _is_about(ticket: Ticket, of_round: int) -> bool:
    """Whether the round is the current one, and its result stands: else there is nothing to call about any more."""
    return ticket.round == of_round and ticket.state_enum in _HAS_RESULT


def _name_of(session: Session, institution_id: uuid.UUID | None) -> str:
    entry = session.get(DirectoryEntry, institution_id) if institution_id else None
    return entry.name if entry else ""


def _due(session: Session, cause: Cause, given: datetime | None, now: datetime, resulted_at: datetime | None) -> Due:
    if given is None:
        return dues.of(session, cause, now, resulted_at)
    return dues.agreed(given) if cause in _AS_GIVEN else dues.moved(session, given, now)
