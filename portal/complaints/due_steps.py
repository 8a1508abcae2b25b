"""What the clock does to cases: no handler or no verdict in time, the solution near and over its time, an alarm that
nobody acknowledged, nobody reached.

The worker calls `run` every round. Each case is one transaction on its locked row, so that any number of workers tell
once.
"""

import uuid
from datetime import datetime
from functools import partial

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.complaints import access, alarms, answering, inquiries, telling, terms
from portal.complaints.models import Complaint, ComplaintInquiry
from portal.complaints.names import ComplaintState
from portal.due_work import each
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.watch import clock_doubt

S = ComplaintState
_BATCH = 500
_AT_WORK = [state.value for state in (S.UPHELD, S.INVESTIGATING, S.PROPOSALS, S.CARRYING_OUT)]


def run(runtime: Runtime) -> int:
    """Tell of what is due; returns how many cases something was done with. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    unnamed = (Complaint.status == S.REGISTERED.value) & Complaint.told_unnamed_at.is_(None)
    unjudged = (Complaint.status == S.JUDGING.value) & Complaint.told_unjudged_at.is_(None)
    alarmed = Complaint.alarm_next_at <= now
    at_work = Complaint.status.in_(_AT_WORK) & Complaint.told_due_at.is_(None)
    unreached = (Complaint.status == S.ANSWERED.value) & Complaint.unreachable_at.is_not(None)
    due = or_(unnamed, unjudged, alarmed, at_work, unreached)
    with runtime.database.read() as session:
        ids = session.scalars(select(Complaint.id).where(due).limit(_BATCH)).all()
        late = (ComplaintInquiry.told_at.is_(None)) & (ComplaintInquiry.due_at <= now)
        asked = session.scalars(select(ComplaintInquiry.id).where(late).limit(_BATCH)).all()
    works = (*(partial(_step, one, now) for one in ids), *(partial(_tell_late, one, now) for one in asked))
    return sum(each(runtime.database, works))


def _step(complaint_id: uuid.UUID, now: datetime, session: Session) -> bool:
    complaint = session.get_one(Complaint, complaint_id)
    access.lock(session, complaint)
    is_alarmed = _alarm(session, complaint, now)
    return _tell_of_state(session, complaint, now) or is_alarmed


def _alarm(session: Session, complaint: Complaint, now: datetime) -> bool:
    if alarms.is_due(complaint, now):
        alarms.step(session, complaint, now)
        return True
    if not complaint.is_open:
        alarms.end(complaint)
    return False


def _tell_of_state(session: Session, complaint: Complaint, now: datetime) -> bool:
    if complaint.state_enum is S.REGISTERED:
        return _tell_unnamed(session, complaint, now)
    if complaint.state_enum is S.JUDGING:
        return _tell_unjudged(session, complaint, now)
    if complaint.state_enum is S.ANSWERED:
        answering.give_up(session, complaint, now)
        return complaint.is_unreached
    return complaint.status in _AT_WORK and _tell_due(session, complaint, now)


def _tell_unnamed(session: Session, complaint: Complaint, now: datetime) -> bool:
    """No manager has named who deals with it (REQUIREMENTS E8)."""
    due_at = terms.current(session).handler_due(complaint.received_at)
    if complaint.told_unnamed_at is not None or due_at is None or due_at > now:
        return False
    complaint.told_unnamed_at = now
    telling.tell_managers(session, Event.COMPLAINT_DUE, complaint)
    return True


def _tell_unjudged(session: Session, complaint: Complaint, now: datetime) -> bool:
    """Nobody has said whether it is upheld."""
    due_at = terms.current(session).judged_due(complaint.reviewed_at or complaint.received_at)
    if complaint.told_unjudged_at is not None or due_at is None or due_at > now:
        return False
    complaint.told_unjudged_at = now
    managers = access.ids_of(access.eligible_managers(session, complaint))
    telling.tell(session, Event.COMPLAINT_DUE, complaint, [complaint.handler_id, *managers])
    return True


def _tell_due(session: Session, complaint: Complaint, now: datetime) -> bool:
    """At four fifths the owner and the handler, at the end every 客服经理 (as the alerts of D1)."""
    begins_at, due_at = complaint.solution_begins_at, complaint.solution_due_at
    if begins_at is None or due_at is None:
        return False
    if due_at <= now and complaint.told_due_at is None:
        complaint.told_due_at = complaint.told_near_at = now
        managers = access.ids_of(access.eligible_managers(session, complaint))
        telling.tell(session, Event.COMPLAINT_DUE, complaint, [complaint.owner_id, complaint.handler_id, *managers])
        return True
    if terms.near(begins_at, due_at) <= now and complaint.told_near_at is None:
        complaint.told_near_at = now
        telling.tell(session, Event.COMPLAINT_DUE, complaint, [complaint.owner_id, complaint.handler_id])
        return True
    return False


def _tell_late(inquiry_id: uuid.UUID, now: datetime, session: Session) -> bool:
    row = session.get_one(ComplaintInquiry, inquiry_id)
    complaint = session.get_one(Complaint, row.complaint_id)
    access.lock(session, complaint)
    session.refresh(row, with_for_update=True)
    if row.told_at is not None or row.due_at > now:
        return False
    row.told_at = now
    if not inquiries.is_waiting(row):
        return False
    people = inquiries.people_of(session, row) + ([complaint.owner_id] if complaint.owner_id else [])
    outbox.add(session, Event.COLLABORATION_LATE, row.number, to=people)
    return True
