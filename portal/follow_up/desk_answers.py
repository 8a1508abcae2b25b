"""当场解答: a 咨询 or 建议 is answered while the caller is on the line (DESK 3.2, REQUIREMENTS E7, T4).

By whoever took the call or has the ticket, 坐席 too; never a 求助. With 已告知 the caller's word may be written down:
it takes the survey's place and is in no score.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts import citing, promises
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Text
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, InvalidError
from portal.follow_up import ratings
from portal.follow_up.scales import REASON_LABELS, SCALE_NAMES, WORDS, Scale
from portal.kinds.names import RequestType
from portal.metrics.counting import Metric
from portal.notify.events import Event
from portal.progress.lifecycle import ClockEffect, Move
from portal.tickets.models import Ticket
from portal.tickets.states import ClosedHow
from portal.tickets.states import TicketState as S

ANSWERABLE = (RequestType.CONSULTATION.value, RequestType.SUGGESTION.value)
TOLD, AWAIT = "told", "await"
_OPEN = (S.SUBMITTED, S.IN_PROGRESS, S.AWAITING_INFORMATION)


def answer_at_desk(
    hand: Hand, text: str, outcome: str, articles: Sequence[str], keeps: Sequence[str], rating_scale: str,
    rating_label: str, rating_reason: str,
) -> Outcome:  # fmt: skip
    """The clinic reads the answer; the ticket ends with the caller's consent, or waits for it.

    Raises:
        ConflictError: it is a 求助, which has a result.
    """
    session, ticket, actor = hand.session, hand.ticket, hand.actor
    if ticket.request_type not in ANSWERABLE:
        raise ConflictError("当场解答只用于咨询和建议；求助请按求助处理，或先改诉求类型")
    assert actor.user_id is not None  # noqa: S101
    text = citing.cited(hand, text, articles)
    ticket.resolution, ticket.resolved_by_id, ticket.resolved_at = text, actor.user_id, clock.now()
    ticket.confirmation_reminded_at = ticket.leftover = None
    entry_id, facts = promises.keep(hand, keeps)
    if outcome == AWAIT:
        return Outcome(text, facts, move=ASKING, event=Event.RESOLVED, entry_id=entry_id)
    if not rating_label:
        return Outcome(text, facts, entry_id=entry_id)
    said = ratings.read_words(rating_scale, rating_label, rating_reason, "")
    rating = ratings.at_desk(session, ticket, actor.user_id, said)
    return Outcome(
        text, facts, entry_id=entry_id, afterwards=lambda: ratings.after(session, ticket, rating)
    )  # fmt: skip


def is_own(ticket: Ticket, user_id: UUID | None) -> bool:
    """Theirs to answer: they have it, or took the call and nobody has it."""
    return user_id is not None and user_id == (ticket.assignee_id or ticket.received_by_id)


def _doubts(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    faults = [*promises.doubts_of_keeping(hand, values), *citing.doubts(hand, values)]
    scale, label, reason = (values.get(f"rating.{name}", "") for name in ("scale", "label", "reason"))
    if label and values.get("outcome") == AWAIT:
        return [*faults, Fault("rating.label", "invalid", "请机构确认时，由机构自己评价；现在请不要填写")]
    if not label:
        return faults
    try:
        ratings.read_words(scale, label, reason, "")
    except InvalidError as error:
        faults += [Fault(f"rating.{fault.field}", fault.code, fault.message) for fault in error.faults]
    return faults


def _is_wanted(session: Session, ticket: Ticket) -> bool:
    return ticket.request_type in ANSWERABLE


ASKING = Move(
    "desk_answer_asking", "当场解答，请机构确认", dict.fromkeys(_OPEN, S.AWAITING_CONFIRMATION),
    clock=ClockEffect.SOLVES,
)  # fmt: skip
DESK_ANSWER = Act(
    move=Move(
        "desk_answer", "当场解答", dict.fromkeys(_OPEN, S.CLOSED), clock=ClockEffect.SOLVES, how=ClosedHow.DESK
    ),
    do=answer_at_desk,
    path="desk-answer",
    permission=Permission.SOLVE_AT_DESK,
    may=is_own,
    refusal="当场解答由接这个电话的人，或负责人来做",
    tag=Tag.SOLVED_AT_DESK,
    event=Event.CLOSED,
    metric=Metric.SOLVED,
    inputs=(
        Text(
            name="text", label="答复，机构会看到", help="请不要写身份证号、账号和密码", word="答复",
            sealed_as="resolution", missing="请填写告诉来电人的答复",
        ),
        citing.ARTICLES,
        Choice(
            name="outcome", label="结果", missing="请选择来电人是否认可", chosen=lambda ticket: TOLD,
            values=((TOLD, "已说明，来电人认可"), (AWAIT, "请机构确认")),
        ),
        Choice(
            name="rating.label", label="来电人的评价（问了才填）", values=tuple((word, word) for word in WORDS),
            chosen=lambda ticket: "",
        ),
        Choice(
            name="rating.scale", label="用的说法", chosen=lambda ticket: Scale.S0.value,
            values=tuple((scale.value, name) for scale, name in SCALE_NAMES.items()),
        ),
        Choice(
            name="rating.reason", label="不满意的原因（不满意时要选）", chosen=lambda ticket: "",
            values=tuple((reason.value, label) for reason, label in REASON_LABELS.items()),
        ),
        promises.KEEPS,
    ),
    doubt=_doubts,
    is_wanted=_is_wanted,
    form=Form(Place.WORK, "提交答复", "正在提交…", title="当场解答", look="primary", leads_on=True),
    done="已当场解答",
)  # fmt: skip
