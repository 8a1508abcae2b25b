"""Closing a ticket for a clinic, and reopening it."""

from datetime import timedelta

from portal import clock
from portal.accounts.roles import Permission, Role
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Text
from portal.audit.tags import Tag
from portal.errors import ConflictError
from portal.notify.events import Event
from portal.progress import ownership
from portal.progress.lifecycle import ClockEffect, Move
from portal.tickets.models import Ticket
from portal.tickets.states import CLOSED_HOW_LABELS, ClosedHow, TurnCause
from portal.tickets.states import TicketState as S

REOPEN_DAYS = timedelta(days=7)
WAYS = (
    ("phone", "电话"), ("visit", "来访"), ("qq", "QQ"), ("email", "邮件"), ("wechat", "微信"), ("other", "其他"),
)  # fmt: skip


def close(hand: Hand, way: str, text: str) -> Outcome:
    """Close for a clinic that confirmed by other means; the state requires a result first (SECURITY G-2).

    It never counts as the clinic's own word.
    """
    label = CLOSED_HOW_LABELS[ClosedHow.STAFF]
    return Outcome(f"{label}（{dict(WAYS)[way]}）：{text}", {"way": way})


def reopen(hand: Hand, text: str) -> Outcome:
    """Reopen a resolved, or recently closed or void, ticket."""
    check_reopening(hand.ticket)
    if hand.ticket.assignee_id != hand.actor.user_id:
        ownership.take_back(hand.session, hand.ticket, also_away=True)
    if hand.ticket.assignee_id is None and hand.actor.role == Role.ENGINEER.value:
        hand.give_to(hand.actor)
    return Outcome(text)


def check_reopening(ticket: Ticket) -> None:
    """A closed or void ticket can be reopened for a week (REQUIREMENTS P)."""
    if ticket.closed_at is not None and clock.now() - ticket.closed_at > REOPEN_DAYS:
        raise ConflictError("这条问题结束已超过 7 天，请重新提交")


CLOSE = Act(
    move=Move("close", "关闭", {S.AWAITING_CONFIRMATION: S.CLOSED}, how=ClosedHow.STAFF),
    do=close,
    path="closure",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    too_early="请先提交处理结果，再关闭",
    tag=Tag.TICKET_CLOSED,
    event=Event.CLOSED,
    inputs=(
        Choice(name="way", label="怎样确认的", missing="请选择机构是怎样确认的", values=WAYS, chosen=lambda ticket: ""),
        Text(
            name="text", label="谁确认的，怎么说的，机构会看到", word="说明", missing="请写明机构是怎样确认的", rows=2
        ),
    ),
    form=Form(Place.WORK, "关闭", "正在关闭…"),
    done="已关闭",
)
REOPEN = Act(
    move=Move(
        "reopen",
        "重新处理",
        {S.AWAITING_CONFIRMATION: S.IN_PROGRESS, S.CLOSED: S.IN_PROGRESS, S.VOID: S.IN_PROGRESS},
        unowned=S.SUBMITTED,
        cause=TurnCause.REOPENED,
        clock=ClockEffect.BEGINS_ROUND,
    ),
    do=reopen,
    path="reopening",
    permission=Permission.TRANSFER_TICKET,
    tag=Tag.TICKET_REOPENED,
    inputs=(
        Text(name="text", label="重新处理的原因，机构会看到", word="原因", missing="请写明重新处理的原因", rows=2),
    ),
    form=Form(Place.WORK, "重新处理"),
    done="已重新处理",
)
