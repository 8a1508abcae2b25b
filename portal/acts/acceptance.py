"""受理说明: the three parts that a clinic is owed when its problem is taken up (REQUIREMENTS G8)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal import clock
from portal.acts import promises
from portal.acts.act import Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Flag, Moment, Text
from portal.acts.replies import REPLY
from portal.audit.trail import Particulars
from portal.errors import Fault
from portal.progress.lifecycle import ClockEffect, Move
from portal.tickets.states import PromiseKind

_PROMISED = "告诉您处理的进展或结果"
_PARTS = ("处理步骤", "所需时间", "预期结果")


def accept(
    hand: Hand, text: str, steps: str, time_needed: str, expected_result: str, promise_due_at: datetime | None,
    as_promise: bool, keeps: Sequence[str],
) -> Outcome:  # fmt: skip
    """The clinic reads the three parts, after what else there is to say; a stated moment may become a promise."""
    entry_id, kept = promises.keep(hand, keeps)
    facts: Particulars = {**kept}
    if promise_due_at is not None:
        time_needed += f"（{clock.clinic_time(promise_due_at)} 前）"
    parts = [f"{label}：{part}" for label, part in zip(_PARTS, (steps, time_needed, expected_result), strict=True)]
    if as_promise and promise_due_at is not None:
        made = promises.make(hand, PromiseKind.PROMISE, _PROMISED, promise_due_at)
        promises.show_due(hand.session, hand.ticket, is_answered=True)
        parts.append(promises.words_of(made))
        facts = {"promised_at": clock.in_china(promise_due_at).isoformat(timespec="minutes"), **kept}
    return Outcome("\n".join(filter(None, (text, *parts))), facts, entry_id=entry_id)


def _doubts(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    faults, due_at = promises.doubts_of_keeping(hand, values), values.get("promise.due_at")
    if values.get("as_promise") and due_at is None and "promise.due_at" in values:
        return [*faults, Fault("promise.due_at", "required", "要记为承诺，请填写具体时间")]
    keeps = values.get(promises.KEEPS.name, ())
    doubts = promises.doubts_of(hand, due_at, prefix="promise.", keeps=keeps) if due_at is not None else []
    return [*faults, *(fault for fault in doubts if values.get("as_promise") or fault.code != "too_many")]


ACCEPT = replace(
    REPLY,
    move=Move("accept", "受理说明", REPLY.move.leads, clock=ClockEffect.REPLIES),
    do=accept,
    chosen_as="acceptance",
    inputs=(
        Text(
            name="steps", label=_PARTS[0], word=_PARTS[0], missing="请写明会怎样处理", rows=2,
            phrase_place="acceptance",
        ),
        Text(name="time_needed", label=_PARTS[1], word=_PARTS[1], missing="请写明需要多长时间", most=500, rows=1),
        Moment(name="promise.due_at", label="具体到什么时候（选填）"),
        Flag(name="as_promise", label="记为承诺：到这个时间前一定答复"),
        Text(name="expected_result", label=_PARTS[2], word=_PARTS[2], missing="请写明处理后会怎样", most=500, rows=1),
        Text(name="text", label="另外要说的", word="回复", rows=1),
        promises.KEEPS,
    ),
    doubt=_doubts,
    form=Form(
        Place.WORK, "发送给机构", "正在发送…", look="primary", leads_on=True, hidden=(("type", "acceptance"),),
        help="机构会看到这三项。请不要写身份证号、账号和密码",
    ),
)  # fmt: skip
