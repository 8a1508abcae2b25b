"""Which offer of an urgent ticket nobody answered: each is alerted of by itself, and both its people are told too."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acts.models import AssignmentOffer
from portal.acts.offers import OfferState
from portal.escalation.alerts import Subject
from portal.tickets.models import Ticket


def latest(session: Session, ticket: Ticket) -> Iterable[Subject]:
    expired = (AssignmentOffer.ticket_id == ticket.id, AssignmentOffer.status == OfferState.EXPIRED.value)
    newest = select(AssignmentOffer).where(*expired).order_by(AssignmentOffer.offered_at.desc()).limit(1)
    return [Subject(offer.id, told=(offer.from_id, offer.to_id)) for offer in session.scalars(newest)]
