"""Submitting a result."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal import clock
from portal.accounts.roles import Permission
from portal.acts import citing, promises, root_causes, triage_notes
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Pick, Text
from portal.audit.tags import Tag
from portal.errors import Fault
from portal.metrics.counting import Metric
from portal.notify.events import Event
from portal.progress.lifecycle import ClockEffect, Move
from portal.tickets.states import TicketState as S


def resolve(
    hand: Hand,
    text: str,
    root_cause: str,
    steps: str,
    improvement: str,
    articles: Sequence[str],
    keeps: Sequence[str],
) -> Outcome:
    """Submit the result for the clinic's confirmation; the clinic reads the text, which may keep promises.

    Cause, steps and improvement stay with the staff.
    """
    ticket, text = hand.ticket, citing.cited(hand, text, articles)
    ticket.resolution, ticket.resolved_by_id, ticket.resolved_at = text, hand.actor.user_id, clock.now()
    ticket.confirmation_reminded_at = ticket.leftover = None
    ticket.root_cause = root_cause or ticket.root_cause
    triage_notes.write(hand, {name: said for name, said in (("steps", steps), ("improvement", improvement)) if said})
    entry_id, kept = promises.keep(hand, keeps)
    caused = {"root_cause": root_cause} if root_cause else {}
    return Outcome(text, {**caused, **kept}, entry_id=entry_id)


def _doubts(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    faults = [*promises.doubts_of_keeping(hand, values), *citing.doubts(hand, values)]
    if "root_cause" in values:  # it is well formed
        is_needed = root_causes.needs_cause(hand.ticket)
        faults += root_causes.doubts(hand.session, hand.ticket, values["root_cause"], is_needed=is_needed)
    return faults


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
        Pick(name="root_cause", label="定性，机构看不到", options=root_causes.options, chosen=root_causes.of),
        Text(
            name="steps",
            label="处理步骤，机构看不到",
            word="处理步骤",
            sealed_as="note",
            rows=2,
            most=1000,
            is_more=True,
        ),
        Text(
            name="improvement",
            label="改进建议，机构看不到",
            word="改进建议",
            sealed_as="note",
            rows=2,
            most=500,
            is_more=True,
        ),
        promises.KEEPS,
    ),
    doubt=_doubts,
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
