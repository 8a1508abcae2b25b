"""How long a case stays: its texts so long after archiving, its contact 30 days; nothing while it is on hold.

Each is destroyed with its data key, so that no backup brings it back (DESK 0.8).
"""

import uuid
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.complaints import access
from portal.complaints.models import Complaint
from portal.complaints.texts import CONTACT_KEY, CONTENT_KEY
from portal.due_work import each
from portal.occasions import ComplaintDestroyed, tell
from portal.retention import destruction, holds
from portal.runtime import Runtime
from portal.settings import Settings
from portal.tickets.models import Ticket

KEEP_CONTACT = timedelta(days=30)
_BATCH = 500


def is_due(settings: Settings, now: datetime) -> ColumnElement[bool]:
    """Cases of which something is to be destroyed."""
    return _is_free() & or_(_contact_due(now), _content_due(settings, now))


def destroy_due(runtime: Runtime) -> int:
    """One transaction a case; returns how many lost something."""
    now = clock.now()
    with runtime.database.read() as session:
        due = select(Complaint.id).where(is_due(runtime.settings, now)).limit(_BATCH)
        ids = session.scalars(due).all()
    return sum(each(runtime.database, (partial(_destroy, runtime, one) for one in ids)))


def _destroy(runtime: Runtime, complaint_id: uuid.UUID, session: Session) -> bool:
    complaint, now = session.get_one(Complaint, complaint_id), clock.now()
    access.lock(session, complaint)
    this = select(Complaint.id).where(Complaint.id == complaint_id, _is_free())
    has_contact = session.scalar(this.where(_contact_due(now))) is not None
    has_content = session.scalar(this.where(_content_due(runtime.settings, now))) is not None
    if not has_contact and not has_content:
        return False
    values = 0
    if has_contact:
        values += destruction.destroy_purpose(session, complaint.id, CONTACT_KEY)
        complaint.contact_destroyed_at = now
    if has_content:
        values += destruction.destroy_purpose(session, complaint.id, CONTENT_KEY)
        complaint.destroyed_at = now
        tell(session, ComplaintDestroyed(complaint.id))
    trail.record(
        session, Tag.COMPLAINT_DESTROYED, SYSTEM, ticket_number=complaint.number, particulars={"values": values}
    )  # fmt: skip
    return True


def _is_free() -> ColumnElement[bool]:
    """Neither it nor its ticket is on hold."""
    held = select(Ticket.id).where(holds.is_held())
    return Complaint.held_at.is_(None) & or_(Complaint.ticket_id.is_(None), Complaint.ticket_id.not_in(held))


def _contact_due(now: datetime) -> ColumnElement[bool]:
    return Complaint.contact_destroyed_at.is_(None) & (Complaint.archived_at <= now - KEEP_CONTACT)


def _content_due(settings: Settings, now: datetime) -> ColumnElement[bool]:
    days = settings.keep_complaints_days
    if not days:
        return Complaint.id.is_(None)
    return Complaint.destroyed_at.is_(None) & (Complaint.archived_at <= now - timedelta(days=days))
