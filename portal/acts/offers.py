"""A hand-over is an offer: nothing changes until the receiver accepts it (DESK 2.2, REQUIREMENTS N1, J9).

Meanwhile the giver stays owner, with the clocks and the right to reveal; one without an owner stays free to claim.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts import colleagues, suggestion
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.assignment import TakenError
from portal.acts.hand import Hand
from portal.acts.inputs import Pick, RowId, Text
from portal.acts.models import AssignmentOffer
from portal.audit.tags import Tag
from portal.clocks import policies
from portal.errors import ConflictError, ForbiddenError, NotFoundError
from portal.notify import notices
from portal.notify.events import Event
from portal.progress.hooks import Moment
from portal.progress.lifecycle import OPEN, ClockEffect, Move, staying
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S
from portal.tickets.states import Turn, TurnCause, Urgency


class OfferState(StrEnum):
    """OPEN is waiting for its receiver; the others are final."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


_OVER = {
    OfferState.ACCEPTED: "这次转交已经接受",
    OfferState.DECLINED: "这次转交已经婉拒",
    OfferState.EXPIRED: "这次转交到时没有答复，已经失效",
    OfferState.WITHDRAWN: "这次转交已经撤回",
}
CRITICAL_FOR = timedelta(minutes=15)  # natural: also at night
WORKING_MINUTES = {Urgency.URGENT: 60, Urgency.NORMAL: 240}
TOO_MANY = 3  # accepted in one round: the leads are told


def ends_at(session: Session, urgency: Urgency, offered_at: datetime) -> datetime:
    """Until when an offer made now can be accepted."""
    if urgency is Urgency.CRITICAL:
        return offered_at + CRITICAL_FOR
    return policies.working_time_at(session, offered_at).add_minutes(offered_at, WORKING_MINUTES[urgency])


def open_offer(session: Session, ticket: Ticket) -> AssignmentOffer | None:
    """The offer of this ticket that waits for its receiver."""
    if ticket.offered_to_id is None:
        return None
    waiting = (AssignmentOffer.ticket_id == ticket.id, AssignmentOffer.status == OfferState.OPEN.value)
    return session.scalars(select(AssignmentOffer).where(*waiting)).first()


def end(session: Session, ticket: Ticket, offer: AssignmentOffer, outcome: OfferState, note: str = "") -> None:
    """The offer is over; nobody waits for its receiver any more."""
    offer.status, offer.answered_at, offer.note = outcome.value, clock.now(), note
    ticket.offered_to_id = None
    session.flush()
    for number in (ticket.number, *ticket.former_numbers):
        notices.settle(session, Event.OFFERED, number)


def offer(hand: Hand, assignee: str, text: str) -> Outcome:
    """Ask a colleague of the queue to take the ticket.

    Raises:
        ConflictError: somebody has been asked already.
    """
    session, ticket, now = hand.session, hand.ticket, clock.now()
    receiver = colleagues.chosen(session, ticket, assignee)
    waiting = open_offer(session, ticket)
    if waiting is not None:
        raise ConflictError(f"已经请{waiting.to_name}接手，等对方答复。要换人请先撤回")
    assert hand.actor.user_id is not None  # noqa: S101
    made = AssignmentOffer(
        ticket_id=ticket.id, round=ticket.round, from_id=hand.actor.user_id, from_name=hand.actor.label,
        to_id=receiver.id, to_name=receiver.display_name, text=text, offered_at=now,
        ends_at=ends_at(session, ticket.urgency_enum, now), status=OfferState.OPEN.value,
    )  # fmt: skip
    ticket.offered_to_id = receiver.id
    session.add(made)
    session.flush()
    words = f"请{receiver.display_name}在 {clock.staff_time(made.ends_at)} 前答复。{text}"
    return Outcome(
        words, {"to": receiver.username}, move=OFFER.move, event=Event.OFFERED, tag=Tag.OFFER_MADE,
        answer={"offer": shown(made)},
    )  # fmt: skip


def shown(made: AssignmentOffer) -> dict[str, str]:
    """An offer as the API answers it (CONTRACT 7)."""
    ends = clock.in_china(made.ends_at).isoformat(timespec="seconds")
    return {"id": str(made.id), "from": made.from_name, "to": made.to_name, "ends_at": ends}


def accept(hand: Hand, offer: UUID) -> Outcome:
    """The receiver takes the ticket over; only this counts as a hand-over.

    Raises:
        as `_mine`.
    """
    ticket, asked = hand.ticket, _mine(hand, offer)
    former, former_id = ticket.assignee_name, ticket.assignee_id
    end(hand.session, ticket, asked, OfferState.ACCEPTED)
    hand.give_to(hand.actor)
    ticket.hand_over_count += 1
    moments = (Moment.HAND_OVERS_3,) if _accepted_in_round(hand.session, ticket) == TOO_MANY else ()
    words = f"原负责人{former}" if former else "原来没有负责人"
    return Outcome(words, {"giver": asked.from_name}, tells=_givers(asked, former_id), moments=moments)


def decline(hand: Hand, offer: UUID, text: str) -> Outcome:
    """The ticket stays with whoever has it, and comes back to them."""
    asked = _mine(hand, offer)
    end(hand.session, hand.ticket, asked, OfferState.DECLINED, text)
    return Outcome(text, {"giver": asked.from_name}, tells=_givers(asked))


def withdraw_offer(hand: Hand, offer: UUID) -> Outcome:
    """The owner or a lead no longer asks.

    Raises:
        NotFoundError, ConflictError: as `_waiting`.
    """
    asked = _waiting(hand, offer)
    end(hand.session, hand.ticket, asked, OfferState.WITHDRAWN)
    return Outcome(f"不再请{asked.to_name}接手", {"receiver": asked.to_name})


def _mine(hand: Hand, offer_id: UUID) -> AssignmentOffer:
    """The offer, if it waits for the actor.

    Raises:
        NotFoundError: none of this ticket. TakenError: a colleague has the ticket meanwhile.
        ConflictError: it is over. ForbiddenError: somebody else is asked.
    """
    asked = _waiting(hand, offer_id)
    if asked.to_id != hand.actor.user_id:
        raise ForbiddenError(f"这次转交请的是{asked.to_name}，只能由本人答复")
    return asked


def _waiting(hand: Hand, offer_id: UUID) -> AssignmentOffer:
    ticket = hand.ticket
    found = hand.session.get(AssignmentOffer, offer_id, populate_existing=True)
    if found is None or found.ticket_id != ticket.id:
        raise NotFoundError("没有找到这次转交")
    state = OfferState(found.status)
    if state is OfferState.OPEN and found.ends_at <= clock.now():
        state = OfferState.EXPIRED  # the worker has not come by yet
    if state is OfferState.WITHDRAWN and ticket.assignee_id not in (None, found.from_id, hand.actor.user_id):
        raise TakenError(f"这条问题已被{ticket.assignee_name}在 {clock.in_china(ticket.changed_at):%H:%M} 领取")
    if state is not OfferState.OPEN:
        raise ConflictError(_OVER[state])
    return found


def _givers(asked: AssignmentOffer, former_owner_id: UUID | None = None) -> Sequence[UUID]:
    return [person for person in (asked.from_id, former_owner_id) if person is not None]


def _accepted_in_round(session: Session, ticket: Ticket) -> int:
    accepted = (
        AssignmentOffer.ticket_id == ticket.id,
        AssignmentOffer.round == ticket.round,
        AssignmentOffer.status == OfferState.ACCEPTED.value,
    )
    return session.scalar(select(func.count()).where(*accepted)) or 0


def open_id(session: Session, ticket: Ticket) -> UUID | None:
    waiting = open_offer(session, ticket)
    return waiting.id if waiting else None


_STATES = staying(S.IN_PROGRESS, S.AWAITING_INFORMATION, S.AWAITING_CONFIRMATION)
_OFFER_ID = RowId(name="offer", current=open_id)
OFFER = Act(
    move=Move("offer", "请同事接手", OPEN, is_public=False, is_remark=True),
    do=offer,
    path="offers",
    permission=Permission.TRANSFER_TICKET,
    whose=Whose.OWN_OR_A_LEADS,
    refusal="只有负责人或主管可以转交这条问题",
    tag=Tag.OFFER_MADE,
    event=Event.OFFERED,
    inputs=(
        Pick(name="assignee", label="请谁接手", missing="请选择这个队列的工程师", options=suggestion.options_for),
        Text(
            name="text", label="交接说明", word="交接说明", help="做过什么，还差什么", rows=2,
            missing="请写明做过什么、还差什么，方便同事接手",
        ),
    ),
    form=Form(
        Place.OWN, "请对方接手", "正在发送…", title="转交给同事",
        help="对方接受以前，这条问题仍由现在的负责人处理",
    ),
    done="已请同事接手，等对方答复",
    is_wanted=lambda session, ticket: ticket.offered_to_id is None,
)  # fmt: skip
ACCEPT_OFFER = Act(
    move=Move(
        "accept_offer", "接手", {S.SUBMITTED: S.IN_PROGRESS, **_STATES}, is_public=False, clock=ClockEffect.TOUCHES
    ),
    do=accept,
    path="offers/{offer}/acceptance",
    permission=Permission.WORK_TICKET,
    refusal="只有被请的同事可以接手",
    tag=Tag.OFFER_ACCEPTED,
    event=Event.OFFER_ANSWERED,
    is_never_stale=True,
    inputs=(_OFFER_ID,),
    form=Form(Place.OWN, "接手", "正在接手…", look="primary"),
    done="已接手，现在由您处理",
)
DECLINE_OFFER = Act(
    move=Move(
        "decline_offer", "不接手", OPEN, is_public=False, is_remark=True, cause=TurnCause.OFFER_RETURNED, turn=Turn.US
    ),
    do=decline,
    path="offers/{offer}/refusal",
    permission=Permission.WORK_TICKET,
    tag=Tag.OFFER_DECLINED,
    event=Event.OFFER_ANSWERED,
    is_never_stale=True,
    inputs=(
        _OFFER_ID,
        Text(name="text", label="不接手的原因", word="原因", missing="请写明不接手的原因", most=500, rows=1),
    ),
    form=Form(Place.OWN, "不接手"),
    done="已回复不接手，这条问题仍由原负责人处理",
)
WITHDRAW_OFFER = Act(
    move=Move("withdraw_offer", "撤回转交", OPEN, is_public=False, is_remark=True),
    do=withdraw_offer,
    path="offers/{offer}/withdrawal",
    permission=Permission.TRANSFER_TICKET,
    whose=Whose.OWN_OR_A_LEADS,
    refusal="只有负责人或主管可以撤回转交",
    tag=Tag.OFFER_WITHDRAWN,
    is_never_stale=True,
    inputs=(_OFFER_ID,),
    form=Form(Place.OWN, "撤回", look="quiet"),
    done="已撤回，这条问题仍由原负责人处理",
)
