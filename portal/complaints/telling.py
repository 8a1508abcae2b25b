"""Who is told of a case: the people who deal with it, and nobody else (DESK N.1, 5.4)."""

import uuid
from collections.abc import Iterable

from sqlalchemy.orm import Session

from portal.complaints import access
from portal.complaints.models import Complaint
from portal.notify import outbox
from portal.notify.events import Event


def tell(
    session: Session,
    event: Event,
    complaint: Complaint,
    to: Iterable[uuid.UUID | None],
    *,
    by: uuid.UUID | None = None,
) -> None:
    """Tell these people, without subjects; a message carries the TS number only."""
    session.flush()
    out = access.subject_ids(session, complaint)
    people = dict.fromkeys(person for person in to if person is not None and person not in out)
    if people:
        outbox.add(session, event, complaint.number, by=by, to=people)


def tell_managers(session: Session, event: Event, complaint: Complaint, *, by: uuid.UUID | None = None) -> None:
    tell(session, event, complaint, access.ids_of(access.eligible_managers(session, complaint)), by=by)


def tell_if_unattended(session: Session, complaint: Complaint) -> None:
    """Nobody is left: an administrator names a person (DESK 5.4)."""
    if access.is_orphan(session, complaint):
        tell(session, Event.COMPLAINT_UNATTENDED, complaint, access.ids_of(access.administrators(session)))
