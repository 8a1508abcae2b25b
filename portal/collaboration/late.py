"""Departments that have not answered in time, and clinics that have not heard from us since one was asked.

The worker calls `run` every round. Each collaboration is one transaction on its locked row, so that any number of
workers tell once.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments
from portal.collaboration import rows
from portal.collaboration.models import Collaboration
from portal.collaboration.states import OVER, WAITING, CollaborationKind
from portal.due_work import each
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks
from portal.progress.hooks import Moment
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.watch import clock_doubt

_BATCH = 500


def run(runtime: Runtime) -> int:
    """Tell of what is due; returns how many were told of. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    is_late = (
        Collaboration.late_at.is_(None)
        & (Collaboration.due_at <= now)
        & Collaboration.status.in_([state.value for state in WAITING])
    )
    is_silent = (
        Collaboration.contacted_at.is_(None)
        & Collaboration.contact_told_at.is_(None)
        & (Collaboration.contact_due_at <= now)
    )
    late = (partial(_tell_late, row_id, now) for row_id in _due(runtime, is_late))
    silent = (partial(_tell_silent, row_id, now) for row_id in _due(runtime, is_silent))
    return sum(each(runtime.database, chain(late, silent)))


@dataclass(frozen=True)
class Lateness:
    """One time that a department was late: its own id, and when leads are told if that lasts."""

    id: uuid.UUID
    leads_at: datetime


def ongoing(session: Session, ticket: Ticket) -> list[Lateness]:
    """Of each department that is late with this ticket now; leads are told when half its time has passed once more."""
    now = clock.now()
    late = [row for row in rows.of_ticket(session, ticket) if row.is_late(now) and row.late_at is not None]
    found = []
    for row in late:
        if row.due_at is not None:
            again = rows.due_of(session, ticket, row.kind_enum, row.is_urgent, row.due_at) or row.due_at
            found.append(Lateness(_id_of(row), row.due_at + (again - row.due_at) / 2))
    return found


def over(session: Session, ticket: Ticket) -> list[uuid.UUID]:
    """The ids of what was late with this ticket and is so no more."""
    settled = [row for row in rows.of_ticket(session, ticket) if row.state_enum not in WAITING]
    return [_id_of(row) for row in settled]


def _id_of(row: Collaboration) -> uuid.UUID:
    """Each return has a due time of its own, with which the department can be late again."""
    return uuid.uuid5(row.id, str(row.returned_count))


def concerned(row: Collaboration, ticket: Ticket) -> list[uuid.UUID]:
    """Who answers for it on the side of support: the ticket's owner, or whoever asked."""
    return [ticket.assignee_id or row.dispatched_by_id]


def _due(runtime: Runtime, condition: ColumnElement[bool]) -> list[uuid.UUID]:
    with runtime.database.read() as session:
        return list(session.scalars(select(Collaboration.id).where(condition).limit(_BATCH)))


def _locked(session: Session, row_id: uuid.UUID) -> tuple[Collaboration, Ticket] | None:
    """None if it moved meanwhile: the next round finds it."""
    row = session.get_one(Collaboration, row_id)
    tickets = lookup.lock(session, {row.ticket_id})
    session.refresh(row, with_for_update=True)
    return (row, tickets[row.ticket_id]) if row.ticket_id in tickets else None


def _tell_late(row_id: uuid.UUID, now: datetime, session: Session) -> bool:
    found = _locked(session, row_id)
    if found is None:
        return False
    row, ticket = found
    if row.state_enum not in WAITING or row.late_at is not None or row.due_at is None or row.due_at > now:
        return False
    row.late_at = now
    is_help = row.kind_enum is CollaborationKind.HELP  # the ticket's owner and leads are alerted of it
    people = departments.people_of(session, row.department_id)
    people += [] if is_help else concerned(row, ticket)
    outbox.add(session, Event.COLLABORATION_LATE, row.number, to=people, department=row.department_id)
    if is_help:
        rows.renew_summary(session, ticket)
        hooks.announce(session, ticket, Moment.COLLABORATION_LATE)
    return True


def _tell_silent(row_id: uuid.UUID, now: datetime, session: Session) -> bool:
    found = _locked(session, row_id)
    if found is None:
        return False
    row, ticket = found
    if row.contacted_at is not None or row.contact_told_at is not None:
        return False
    row.contact_told_at = now
    if row.state_enum in OVER or not ticket.is_open:
        return False
    outbox.add(session, Event.COLLABORATION_UNCONTACTED, row.number, to=concerned(row, ticket))
    return True
