"""An alert of a reply that no lead has decided for a working day (DESK 2.4); it ends with the decision."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from portal.acts import reply_drafts
from portal.acts.reply_drafts import DraftState
from portal.escalation import alerts
from portal.escalation.alerts import Subject
from portal.escalation.causes import Cause
from portal.tickets.models import Ticket


def waiting(session: Session, ticket: Ticket) -> Iterable[Subject]:
    """The draft that waits for a lead."""
    draft = reply_drafts.current(session, ticket)
    return (Subject(draft.id),) if draft is not None and draft.status == DraftState.ASKED.value else ()


def settle(session: Session, ticket: Ticket) -> None:
    """A listener: the draft is decided, replaced or withdrawn."""
    alerts.end_of(session, ticket, Cause.DRAFT_WAITING)
