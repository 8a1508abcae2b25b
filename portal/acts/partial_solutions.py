"""部分解决: what is left over, and until when the clinic hears of it; the ticket stays 处理中 (REQUIREMENTS K7)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal import clock
from portal.acts import promises
from portal.acts.act import Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Moment, Text
from portal.acts.replies import REPLY
from portal.audit.trail import Particulars
from portal.errors import Fault
from portal.progress.lifecycle import ClockEffect, Move, staying
from portal.tickets.states import PromiseKind
from portal.tickets.states import TicketState as S


def solve_in_part(
    hand: Hand, text: str, leftover: str, promise_text: str, promise_due_at: datetime, keeps: Sequence[str]
) -> Outcome:
    """The clinic reads what is done, what is not, and the promise; both pages show the leftover until a result."""
    entry_id, kept = promises.keep(hand, keeps)
    made = promises.make(hand, PromiseKind.PROMISE, promise_text, promise_due_at)
    promises.show_due(hand.session, hand.ticket, is_answered=True)
    hand.ticket.leftover = leftover
    lines = (text, f"遗留事项：{leftover}", promises.words_of(made))
    facts: Particulars = {"promised_at": clock.in_china(promise_due_at).isoformat(timespec="minutes"), **kept}
    return Outcome("\n".join(filter(None, lines)), facts, entry_id=entry_id)


def _doubts(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    ticked = values.get(promises.KEEPS.name, ())
    return [
        *promises.doubts_of_keeping(hand, values),
        *promises.doubts_of(hand, values.get("promise.due_at"), prefix="promise.", keeps=ticked),
    ]


SOLVE_IN_PART = replace(
    REPLY,
    move=Move("partial", "部分解决", staying(S.IN_PROGRESS), clock=ClockEffect.REPLIES),
    do=solve_in_part,
    chosen_as="partial",
    inputs=(
        Text(
            name="text", label="已经解决的部分，机构会看到", word="回复", rows=2,
            missing_on_page="请写明已经解决了哪些",
        ),
        Text(
            name="leftover", label="遗留事项，机构会看到", word="遗留事项", rows=2,
            missing="请写明还没有解决的部分",
        ),
        Text(
            name="promise.text", label="答应机构的事", word="承诺", rows=1, most=500,
            missing="请写明答应机构的事",
        ),
        Moment(name="promise.due_at", label="什么时候前答复", missing="请填写答应机构的时间"),
        promises.KEEPS,
    ),
    doubt=_doubts,
    form=Form(
        Place.WORK, "发送给机构", "正在发送…", look="primary", leads_on=True, hidden=(("type", "partial"),),
        help="这条问题仍在处理中，遗留事项会一直显示，直到提交处理结果",
    ),
    done="已发送给机构，遗留事项会显示到提交处理结果为止",
)  # fmt: skip
