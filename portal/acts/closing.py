"""Closing a ticket for a clinic, and reopening it."""

from datetime import timedelta

from portal import clock
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Text
from portal.audit.tags import Tag
from portal.errors import ConflictError
from portal.notify.events import Event
from portal.tickets.lifecycle import Move
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S
from portal.tickets.states import TurnCause

REOPEN_DAYS = timedelta(days=7)


def close(hand: Hand, text: str) -> Outcome:
    """Close for a clinic that confirmed by other means; the state requires a result first (SECURITY G-2)."""
    return Outcome(text)


def reopen(hand: Hand, text: str) -> Outcome:
    """Reopen a resolved or recently closed ticket."""
    check_reopening(hand.ticket)
    if hand.ticket.assignee_id is None:
        hand.give_to(hand.actor)
    hand.ticket.reopened_count += 1
    return Outcome(text)


def check_reopening(ticket: Ticket) -> None:
    """A closed ticket can be reopened for a week (REQUIREMENTS P)."""
    if ticket.closed_at is not None and clock.now() - ticket.closed_at > REOPEN_DAYS:
        raise ConflictError("这条问题关闭已超过 7 天，请重新提交")


CLOSE = Act(
    move=Move("close", "关闭", {S.AWAITING_CONFIRMATION: S.CLOSED}),
    do=close,
    path="closure",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    too_early="请先提交处理结果，再关闭",
    tag=Tag.TICKET_CLOSED,
    event=Event.CLOSED,
    inputs=(Text(name="text", label="说明，例如：机构来电确认已解决", word="说明", rows=2),),
    form=Form(Place.WORK, "关闭", "正在关闭…"),
    done="已关闭",
)
REOPEN = Act(
    move=Move(
        "reopen",
        "重新处理",
        {S.AWAITING_CONFIRMATION: S.IN_PROGRESS, S.CLOSED: S.IN_PROGRESS},
        unowned=S.SUBMITTED,
        cause=TurnCause.REOPENED,
    ),
    do=reopen,
    path="reopening",
    permission=Permission.WORK_TICKET,
    tag=Tag.TICKET_REOPENED,
    inputs=(
        Text(name="text", label="重新处理的原因，机构会看到", word="原因", missing="请写明重新处理的原因", rows=2),
    ),
    form=Form(Place.WORK, "重新处理"),
    done="已重新处理",
)
