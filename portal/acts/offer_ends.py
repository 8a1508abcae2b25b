"""Ends offers that nobody answered in time, whose receiver cannot take them, or whose ticket went elsewhere.

The worker calls `run` every round. Each offer is one transaction on its locked ticket, so that any number of workers
end it once.
"""

from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.acts import offers
from portal.acts.models import AssignmentOffer
from portal.acts.offers import OfferState
from portal.audit.actor import SYSTEM
from portal.due_work import each
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks, lifecycle, ownership
from portal.progress.hooks import Moment
from portal.progress.lifecycle import OPEN, Move
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import Turn, TurnCause, Urgency
from portal.watch import clock_doubt

_BATCH = 500
_IS_OPEN = AssignmentOffer.status == OfferState.OPEN.value


def withdraw(session: Session, ticket: Ticket) -> None:
    """A listener: nobody takes a ticket over that has ended or left its queue."""
    waiting = offers.open_offer(session, ticket)
    if waiting is not None:
        offers.end(session, ticket, waiting, OfferState.WITHDRAWN)


def withdraw_if_taken(session: Session, ticket: Ticket) -> None:
    """A listener: an offer ends when somebody else has got the ticket."""
    if ticket.assignee_id is not None:
        withdraw(session, ticket)


def run(runtime: Runtime) -> int:
    """End what is due; returns how many offers ended. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    with runtime.database.read() as session:
        due = select(AssignmentOffer.id).where(_IS_OPEN, AssignmentOffer.ends_at <= clock.now())
        offer_ids = [*session.scalars(due.order_by(AssignmentOffer.ends_at).limit(_BATCH)), *_of_absent(session)]
    return sum(each(runtime.database, (partial(_end, offer_id) for offer_id in dict.fromkeys(offer_ids))))


def withdraw_from_absent(runtime: Runtime) -> int:
    """End what was offered to people who cannot take it any more; returns how many."""
    with runtime.database.read() as session:
        offer_ids = _of_absent(session)
    return sum(each(runtime.database, (partial(_end, offer_id) for offer_id in offer_ids)))


def _of_absent(session: Session) -> list[UUID]:
    query = (
        select(AssignmentOffer.id, Ticket.queue, User)
        .join(Ticket, Ticket.id == AssignmentOffer.ticket_id)
        .join(User, User.id == AssignmentOffer.to_id)
        .where(_IS_OPEN)
        .order_by(AssignmentOffer.offered_at)
    )
    return [offer_id for offer_id, queue, user in session.execute(query) if ownership.why_not_now(user, queue)]


def _end(offer_id: UUID, session: Session) -> bool:
    ticket = lookup.locked(session, session.get_one(AssignmentOffer, offer_id).ticket_id)
    offer = session.get_one(AssignmentOffer, offer_id, populate_existing=True)
    if offer.status != OfferState.OPEN.value:
        return False  # answered meanwhile, or another worker was faster
    receiver = session.get_one(User, offer.to_id)
    reason = ownership.why_not_now(receiver, ticket.queue)
    if reason:
        offers.end(session, ticket, offer, OfferState.WITHDRAWN)
        lifecycle.apply(session, ticket, RECEIVER_GONE, SYSTEM, text=f"{offer.to_name}{reason}")
        outbox.add(session, Event.OFFER_ANSWERED, ticket.number, to=[offer.from_id])
        return True
    if offer.ends_at > clock.now():
        return False
    offers.end(session, ticket, offer, OfferState.EXPIRED)
    lifecycle.apply(session, ticket, EXPIRED, SYSTEM, text=f"{offer.to_name}没有答复")
    if ticket.urgency_enum is Urgency.NORMAL:
        outbox.add(session, Event.OFFER_EXPIRED, ticket.number, to=[offer.from_id, offer.to_id])
    else:
        hooks.announce(session, ticket, Moment.OFFER_EXPIRED)  # whoever listens tells both, and the leads
    return True


def _returning(name: str, title: str) -> Move:
    cause, turn = TurnCause.OFFER_RETURNED, Turn.US
    return Move(name, title, OPEN, is_public=False, is_remark=True, cause=cause, turn=turn)


EXPIRED = _returning("offer_expired", "转交到时失效")
RECEIVER_GONE = _returning("offer_receiver_gone", "转交失效")
