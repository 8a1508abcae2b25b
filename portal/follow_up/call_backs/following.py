"""What happens elsewhere and makes or withdraws call-backs; registered in `portal/wiring.py`."""

import secrets
import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.clocks import policies
from portal.db import insert_rows, new_id
from portal.follow_up.call_backs import ending
from portal.follow_up.call_backs.making import make_call_back
from portal.follow_up.call_backs.models import CallBack, CallBackCheck
from portal.follow_up.call_backs.names import CallBackState, Cause, EndCause
from portal.follow_up.models import Rating
from portal.occasions import (
    ComplaintAnswered,
    ComplaintArchived,
    ComplaintCalled,
    FollowerToCall,
    KeeperAssigned,
    tell,
)
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

UNHAPPY_UP_TO = 2  # of five (DESK 4.3)
_ENDED_WITHOUT = {TicketState.MERGED: EndCause.MERGED, TicketState.VOID: EndCause.VOIDED}


def on_result(session: Session, ticket: Ticket) -> None:
    """A listener: the round is looked at after one working day; in the strict mode its clinic is called at once."""
    now = clock.now()
    policy = policies.at(session, now)
    if policy.calls_every_result:
        make_call_back(session, cause=Cause.SAMPLED, ticket_id=ticket.id, round=ticket.round)
    known = select(CallBackCheck).where(CallBackCheck.ticket_id == ticket.id, CallBackCheck.round == ticket.round)
    if session.scalars(known).first() is None:
        check = CallBackCheck(
            id=new_id(), ticket_id=ticket.id, round=ticket.round, resulted_at=now,
            check_at=policy.time(session).add_days(now, 1), seed=secrets.token_hex(8), is_chosen=False,
        )  # fmt: skip
        insert_rows(session, check)


def on_rating(session: Session, ticket: Ticket) -> None:
    """A listener: the rating that has just been recorded, of whichever round."""
    newest = select(Rating).where(Rating.ticket_id == ticket.id).order_by(Rating.rated_at.desc(), Rating.round.desc())
    rating = session.scalars(newest.limit(1)).one()
    on_rated(session, ticket, round=rating.round, score=rating.score, is_by_phone=rating.call_back_id is not None)


def on_rated(session: Session, ticket: Ticket, *, round: int, score: int, is_by_phone: bool = False) -> None:
    """The clinic has rated a round; the ticket is locked. What it was to be asked, it has said.

    Args:
        is_by_phone: it said so in a call: nobody calls once more to hear it again.
    """
    check = select(CallBackCheck).where(CallBackCheck.ticket_id == ticket.id, CallBackCheck.round == round)
    row = session.scalars(check).first()
    if row is not None and row.checked_at is None:
        row.checked_at = clock.now()
    for call_back in ending.open_of_ticket(session, ticket.id, (Cause.UNANSWERED,)):
        if call_back.round == round and not is_by_phone:
            ending.withdraw(session, call_back, EndCause.RATED)
    if score <= UNHAPPY_UP_TO and not is_by_phone:
        made = make_call_back(session, cause=Cause.UNHAPPY, ticket_id=ticket.id, round=round)
        for call_back in ending.open_of_ticket(session, ticket.id, (Cause.SAMPLED,)) if made else ():
            ending.withdraw(session, call_back, EndCause.REPLACED)


def on_reopened(session: Session, ticket: Ticket) -> None:
    """A listener: the round that was to be asked about goes on."""
    for row in ending.open_of_ticket(session, ticket.id):
        ending.withdraw(session, row, EndCause.REOPENED)


def on_ended(session: Session, ticket: Ticket) -> None:
    """A listener: nobody is called about a ticket that was merged or voided."""
    cause = _ENDED_WITHOUT.get(ticket.state_enum)
    for row in ending.open_of_ticket(session, ticket.id) if cause else ():
        ending.withdraw(session, row, cause or EndCause.OVER)


def on_keeper_assigned(session: Session, occasion: KeeperAssigned) -> None:
    """A new keeper gets to know the institution within a week (REQUIREMENTS L3)."""
    of_this = (CallBack.cause == Cause.FIRST_CONTACT.value, CallBack.subject_id == occasion.institution_id)
    is_open = CallBack.status == CallBackState.OPEN.value
    for row in session.scalars(select(CallBack).where(*of_this, is_open).with_for_update()):
        if row.owner_id == occasion.keeper_id:
            return
        ending.withdraw(session, row, EndCause.OTHER_KEEPER)
    before = session.scalar(select(func.max(CallBack.round)).where(*of_this)) or 0
    make_call_back(
        session, cause=Cause.FIRST_CONTACT, institution_id=occasion.institution_id, owner_id=occasion.keeper_id,
        round=before + 1,
    )  # fmt: skip


def on_follower_to_call(session: Session, occasion: FollowerToCall) -> None:
    """It works again: whoever left a phone is called (REQUIREMENTS N14)."""
    make_call_back(
        session, cause=Cause.SETTLED, follower_id=occasion.follower_id, number=occasion.number,
        institution=occasion.institution, round=occasion.round,
        queue=occasion.queues[0] if len(occasion.queues) == 1 else None,
    )  # fmt: skip


def on_complaint_answered(session: Session, occasion: ComplaintAnswered) -> None:
    """Its follow-up, by somebody who is none of its people (DESK 5.2)."""
    made = make_call_back(
        session, cause=Cause.COMPLAINT, complaint_id=occasion.complaint_id, number=occasion.number,
        not_for=occasion.not_for, round=occasion.round,
    )  # fmt: skip
    if made is not None and made.state_enum is CallBackState.NO_CONTACT:
        tell(session, ComplaintCalled(occasion.complaint_id, made.id, None, "no_contact"))


def on_complaint_archived(session: Session, occasion: ComplaintArchived) -> None:
    for row in _open_of_complaint(session, occasion.complaint_id):
        ending.withdraw(session, row, EndCause.OVER)


def _open_of_complaint(session: Session, complaint_id: uuid.UUID) -> list[CallBack]:
    mine = (CallBack.complaint_id == complaint_id, CallBack.status == CallBackState.OPEN.value)
    return list(session.scalars(select(CallBack).where(*mine).with_for_update()))


def is_to_call(session: Session, institution_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """A caller: whether this person has an open call-back of the institution."""
    mine = (CallBack.institution_id == institution_id, CallBack.owner_id == user_id)
    is_open = CallBack.status == CallBackState.OPEN.value
    return session.scalar(select(CallBack.id).where(*mine, is_open).limit(1)) is not None
