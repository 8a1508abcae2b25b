"""上报主管: the owner puts a ticket before a lead, who decides and says why (REQUIREMENTS N8, G11).

恶意投诉 changes nothing by itself. Only leads read that word; everybody else reads 维持原方案.
"""

from enum import StrEnum

from portal import clock
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Text
from portal.audit.tags import Tag
from portal.errors import ConflictError
from portal.escalation import alerts, undecided
from portal.escalation.undecided import EscalatedBy
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress.lifecycle import OPEN, ClockEffect, Move


class Decision(StrEnum):
    """What a lead decided."""

    ALTERNATIVE = "alternative"
    UPHOLD = "uphold"
    MALICIOUS = "malicious"
    TAKEN_OVER = "taken_over"


DECISIONS = (
    (Decision.ALTERNATIVE.value, "替代方案"), (Decision.UPHOLD.value, "维持原方案"),
    (Decision.TAKEN_OVER.value, "由我处理"), (Decision.MALICIOUS.value, "恶意投诉"),
)  # fmt: skip
DECISION_LABELS = dict(DECISIONS)


def open_word(decision: str) -> str:
    """A decision as people read it who are no leads."""
    return Decision.UPHOLD.value if decision == Decision.MALICIOUS.value else decision


def escalate(hand: Hand, reason: str) -> Outcome:
    """One at a time; the ticket is worked on as ever, and its clinic sees nothing."""
    ticket, actor = hand.ticket, hand.actor
    if any(asked.by == EscalatedBy.STAFF.value for asked in undecided.waiting(hand.session, ticket)):
        raise ConflictError("这条问题已经上报，等主管决定")
    asked = undecided.put_before_leads(hand.session, ticket, EscalatedBy.STAFF, actor.user_id, actor.label, reason)
    shown = {"by": asked.by, "reason": reason, "at": clock.in_china(asked.at).isoformat()}
    return Outcome(reason, answer={"escalation": shown})


def decide(hand: Hand, decision: str, text: str) -> Outcome:
    """Decides all that waits. What the clinic asked for is answered publicly, by the text alone.

    Raises:
        ConflictError: nothing waits for a decision.
    """
    session, actor = hand.session, hand.actor
    waiting = undecided.waiting(session, hand.ticket)
    if not waiting:
        raise ConflictError("没有等待决定的上报，可能已经决定或撤回")
    now = clock.now()
    for escalation in waiting:
        escalation.decision, escalation.decision_text, escalation.decided_at = decision, text, now
        escalation.decided_by_id, escalation.decided_by_name = actor.user_id, actor.label
        alerts.end_about(session, escalation.id)
    shown = {"decision": decision, "text": text, "decided_at": clock.in_china(now).isoformat()}
    word = open_word(decision)
    facts = {"decision": word}
    if any(escalation.by == EscalatedBy.CLINIC.value for escalation in waiting):
        outbox.add(session, Event.REPLIED, hand.ticket.number, by=actor.user_id)
        return Outcome(text, facts, aside=DECISION_LABELS[word], move=ANSWERED, answer={"escalation": shown})
    said = DECISION_LABELS[word] if decision == Decision.MALICIOUS else f"{DECISION_LABELS[word]}：{text}"
    return Outcome(said, facts, answer={"escalation": shown})


ANSWERED = Move("answer_escalation", "主管答复", OPEN, clock=ClockEffect.REPLIES)
ESCALATE = Act(
    move=Move("escalate", "上报主管", OPEN, is_public=False, is_remark=True),
    do=escalate,
    path="escalation",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.ESCALATED,
    inputs=(Text(name="reason", label="上报的原因", word="原因", missing="请写明上报主管的原因", rows=2),),
    form=Form(Place.FACTS, "上报主管", help="由主管决定，决定前照常处理，机构看不到"),
    done="已上报主管，等决定",
    is_wanted=lambda session, ticket: (
        not any(asked.by == EscalatedBy.STAFF.value for asked in undecided.waiting(session, ticket))
    ),
)
DECIDE_ESCALATION = Act(
    move=Move("decide_escalation", "主管决定", OPEN, is_public=False),
    do=decide,
    path="escalation/decision",
    permission=Permission.DECIDE,
    refusal="只有主管可以决定上报",
    tag=Tag.ESCALATION_DECIDED,
    event=Event.ESCALATION_DECIDED,
    inputs=(
        Choice(name="decision", label="决定", missing="请选择怎样处理", values=DECISIONS, chosen=lambda ticket: ""),
        Text(
            name="text", label="说明", word="说明", missing="请写明怎样处理和理由", rows=3, sealed_as="reply",
            help="机构要求的，这段说明就是给机构的答复，机构会看到；同事上报的，只有工作人员看到。"
            "“恶意投诉”只有主管看得到，其他人看到的是“维持原方案”",
        ),
    ),
    form=Form(Place.WORK, "决定", title="决定上报"),
    done="已决定",
    is_wanted=lambda session, ticket: bool(undecided.waiting(session, ticket)),
)  # fmt: skip
