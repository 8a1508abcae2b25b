"""Claiming a ticket and releasing it."""

from portal import clock
from portal.accounts.roles import Permission
from portal.acts import order
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Pick
from portal.acts.models import OrderBreak
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import ConflictError, Fault, InvalidError
from portal.progress.lifecycle import ClockEffect, Move, staying
from portal.tickets.states import TicketState as S


class TakenError(ConflictError):
    """A colleague was faster."""

    code = "taken"


def is_mine_already(hand: Hand) -> bool:
    """Claiming twice is one claim; if two people claim at once, the second is told who has it (SECURITY G-1)."""
    ticket = hand.ticket
    if ticket.assignee_id is None:
        return False
    if ticket.assignee_id == hand.actor.user_id:
        return ticket.is_worked  # a closed one is not claimed again: the rule of its state answers
    when = f"{clock.in_china(ticket.changed_at):%H:%M}"
    raise TakenError(f"这条问题已被{ticket.assignee_name}在 {when} 领取")


def claim(hand: Hand, reason: str) -> Outcome:
    """Claim a ticket that has no owner; the first claim is recorded permanently.

    Taking it out of order needs no reason to succeed, as a claim must not lose a race to a form; it is recorded
    with its reason, or as unexplained.
    """
    ticket = hand.ticket
    if reason and reason not in order.REASON_LABELS:
        raise InvalidError([Fault("reason", "invalid", "请从列表里选择原因")])
    passed = order.passed_over(hand.session, ticket)
    if passed is not None and not reason and order.is_reason_required(hand.session):
        raise InvalidError([Fault("reason", "required", f"前面还有 {passed.count} 条，请选择先领这条的原因")])
    hand.give_to(hand.actor)
    if ticket.first_claimed_at is None:
        ticket.first_claimed_at, ticket.first_claimed_by_id = clock.now(), hand.actor.user_id
    if passed is None:
        return Outcome()
    reason = reason or order.UNSAID
    broken = OrderBreak(id=new_id(), ticket_id=ticket.id, at=clock.now(), reason=reason, passed=passed.count)
    insert_rows(hand.session, broken)
    words = f"前面还有 {passed.count} 条，第一条是 {passed.first}。原因：{order.REASON_LABELS[reason]}"
    facts: Particulars = {"passed_over": passed.count, "first_passed": passed.first, "claim_reason": reason}
    return Outcome(particulars=facts, aside=words)


def release(hand: Hand) -> Outcome:
    """Return one's own ticket to the queue."""
    hand.take_away()
    return Outcome()


_WAITING = staying(S.AWAITING_INFORMATION, S.AWAITING_CONFIRMATION)
CLAIM = Act(
    move=Move("claim", "领取", {S.SUBMITTED: S.IN_PROGRESS, **_WAITING}, clock=ClockEffect.TOUCHES),
    do=claim,
    path="assignment",
    permission=Permission.WORK_TICKET,
    whose=Whose.NOBODYS,
    tag=Tag.TICKET_CLAIMED,
    is_settled=is_mine_already,
    inputs=(Pick(name="reason", label="先领这条的原因", options=order.reasons_for),),
    form=Form(Place.HEAD, "领取", "正在领取…", look="primary"),
    done="已领取，现在由您处理",
)
RELEASE = Act(
    move=Move("release", "放回队列", {S.IN_PROGRESS: S.SUBMITTED, **_WAITING}, told="等另一位工程师领取"),
    do=release,
    path="release",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.TICKET_RELEASED,
    form=Form(Place.HEAD, "放回队列", look="quiet"),
    done="已放回队列",
)
