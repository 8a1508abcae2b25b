"""Cases that were joined to another one follow it: one investigation, one answer written to each (DESK 5.3)."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.complaints import numbers, stays, texts
from portal.complaints.act import Taking
from portal.complaints.models import Complaint
from portal.complaints.names import ComplaintState, Field
from portal.runtime import Runtime
from portal.tickets.models import Ticket

_RUNTIME = "runtime of complaints"


def session_info(runtime: Runtime) -> dict[str, object]:
    """For `Database.session_info`: listeners have only the session, and a case's texts need the vault."""
    return {_RUNTIME: runtime}


def runtime_of(session: Session) -> Runtime:
    runtime: Runtime = session.info[_RUNTIME]
    return runtime


def members(session: Session, complaint: Complaint) -> Sequence[Complaint]:
    """The cases that were joined to this one, locked, in the order of their ids."""
    rows = select(Complaint).where(Complaint.joined_to_id == complaint.id).order_by(Complaint.id).with_for_update()
    return session.scalars(rows).all()


def move(session: Session, complaint: Complaint, ticket: Ticket | None, state: ComplaintState) -> None:
    """Set the next state of a case and of those that follow it."""
    now = clock.now()
    for row in (complaint, *members(session, complaint)):
        row.status, row.changed_at, row.version = state.value, now, row.version + 1
    for row in members(session, complaint):
        row.verdict, row.answered_at, row.followed_up_at = (
            complaint.verdict, complaint.answered_at, complaint.followed_up_at,
        )  # fmt: skip
        if state is ComplaintState.ARCHIVED and row.archived_at is None:
            row.archived_at, row.archived_by_id = complaint.archived_at, complaint.archived_by_id
            row.archive_number = row.archive_number or numbers.next_archive_number(session)
        elif state is not ComplaintState.ARCHIVED:
            row.archived_at = row.archived_by_id = None
        if row.ticket_id == complaint.ticket_id:
            continue
        stays.renew(session, session.get(Ticket, row.ticket_id) if row.ticket_id else None)
    stays.renew(session, ticket)


def answer(taking: Taking, words: str) -> None:
    """Each sender reads it under the own number."""
    for row in members(taking.session, taking.complaint):
        writer = texts.Writer.of(taking.session, taking.runtime, row)
        writer.text(Field.REPLY, words, taking.by_id)
        writer.entry("answer", taking.by_id, is_public=True)
