"""Submitting a result."""

from collections.abc import Sequence

from portal import clock
from portal.accounts.roles import Permission
from portal.acts import citing, promises
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Text
from portal.audit.tags import Tag
from portal.metrics.counting import Metric
from portal.notify.events import Event
from portal.tickets.lifecycle import ClockEffect, Move
from portal.tickets.states import TicketState as S


def resolve(hand: Hand, text: str, keeps: Sequence[str], articles: Sequence[str]) -> Outcome:
    """Submit the result for the clinic's confirmation; the clinic reads the text, which may keep promises."""
    ticket, text = hand.ticket, citing.cited(hand, text, articles)
    ticket.resolution, ticket.resolved_by_id, ticket.resolved_at = text, hand.actor.user_id, clock.now()
    ticket.confirmation_reminded_at = ticket.leftover = None
    entry_id, kept = promises.keep(hand, keeps)
    return Outcome(text, kept, entry_id=entry_id)


RESOLVE = Act(
    move=Move("resolve", "提交处理结果", {S.IN_PROGRESS: S.AWAITING_CONFIRMATION}, clock=ClockEffect.SOLVES),
    do=resolve,
    path="resolution",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.TICKET_RESOLVED,
    event=Event.RESOLVED,
    metric=Metric.SOLVED,
    inputs=(
        Text(
            name="text",
            label="处理结果，机构会看到这段文字",
            help="写明原因和做了什么",
            word="处理结果",
            sealed_as="resolution",
            missing="请填写处理结果，机构会看到这段文字",
        ),
        citing.ARTICLES,
        promises.KEEPS,
    ),
    doubt=lambda hand, values: [*promises.doubts_of_keeping(hand, values), *citing.doubts(hand, values)],
    form=Form(
        Place.WORK,
        "提交处理结果",
        "正在提交…",
        look="primary",
        leads_on=True,
        opens=lambda ticket: ticket.first_replied_at is not None,
    ),
    done="处理结果已发送给机构，等待确认",
)
