"""What is asked for by one person and decided by another, once (REQUIREMENTS N12, N15)."""

from uuid import UUID

from sqlalchemy.orm import Session

from portal.acts.hand import Hand
from portal.errors import ConflictError, Fault, InvalidError
from portal.notify import notices
from portal.notify.events import Event
from portal.tickets.models import Ticket


class AlreadyDecidedError(ConflictError):
    """Somebody else was faster, or it was withdrawn."""

    code = "already_decided"


def settle(session: Session, event: Event, ticket: Ticket) -> None:
    """Nobody needs to decide any more: their notices are over, under whatever number the ticket had."""
    for number in (ticket.number, *ticket.former_numbers):
        notices.settle(session, event, number)


def check_another_person(hand: Hand, asker_id: UUID, message: str) -> None:
    """Raises InvalidError `same_person` if the decider is the one who asked."""
    if hand.actor.user_id == asker_id:
        raise InvalidError([Fault("approved", "same_person", message)])
