"""机构又来电: a later contact with the clinic, written down with time and text (DESK 3.2, REQUIREMENTS E22).

Internal unless the writer shows it to the clinic; then it is a public word, for those who may speak to it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.accounts.roles import GRANTS, Permission, Role
from portal.acts import promises
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Flag, Moment, Text
from portal.acts.replies import REPLY
from portal.audit.tags import Tag
from portal.errors import Fault, ForbiddenError
from portal.kinds.names import CHANNEL_LABELS, Channel
from portal.notify.events import Event
from portal.progress import hooks, lifecycle, ownership
from portal.progress.lifecycle import ANY_STATE, ClockEffect, Move
from portal.reports import call_records

_OLDEST = timedelta(days=366)
_SLACK = timedelta(minutes=5)  # clocks of two computers differ
CHANNELS = tuple((channel.value, CHANNEL_LABELS[channel]) for channel in Channel if channel is not Channel.YXT)


def record_call(
    hand: Hand, channel: str, began_at: datetime | None, text: str, is_public: bool, keeps: Sequence[str]
) -> Outcome:
    """The record with its number. A public one is a word to the clinic, which may keep promises.

    Raises:
        ForbiddenError: whoever may not speak to the clinic wants to. ConflictError: nothing is said in this state.
    """
    session, ticket = hand.session, hand.ticket
    if is_public:
        _check_speaking(hand)
    began_at = min(began_at, clock.now()) if began_at else None
    record = call_records.insert_later(session, ticket, hand.actor, channel, began_at, text, is_public=is_public)
    line = f"{record.channel_label}联系，{clock.clinic_time(record.began_at or record.created_at)}。{text}"
    facts: dict[str, str | int] = {"call_record": record.number or "", "channel": channel}
    if not is_public:
        return Outcome(f"{record.number}：{line}", facts, moments=(hooks.Moment.CALLED,))
    entry_id, kept = promises.keep(hand, keeps)
    return Outcome(line, {**facts, **kept}, move=SHOWN, event=Event.REPLIED, entry_id=entry_id)


def _check_speaking(hand: Hand) -> None:
    ticket, actor = hand.ticket, hand.actor
    holding = ownership.Holding(ticket.assignee_id, ticket.state_enum)
    is_theirs = REPLY.whose.includes(holding, actor.user_id, actor.role)
    if Permission.SPEAK not in GRANTS[Role(actor.role)] or not is_theirs:
        raise ForbiddenError("只有负责人或主管可以写给机构看。请去掉“机构可见”，只作内部记录")
    lifecycle.check(ticket, SHOWN)


def _doubts(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    began_at, now = values.get("began_at"), clock.now()
    faults = promises.doubts_of_keeping(hand, values)
    if began_at is not None and began_at > now + _SLACK:
        faults.append(Fault("began_at", "invalid", "这个时间还没有到，请核对"))
    elif began_at is not None and began_at < now - _OLDEST:
        faults.append(Fault("began_at", "invalid", "这个时间是一年以前，请核对年份"))
    return faults


SHOWN = Move("call_shown", "与机构联系", REPLY.move.leads, clock=ClockEffect.REPLIES)
CALL = Act(
    move=Move("call", "机构又来电", ANY_STATE, is_public=False),
    do=record_call,
    path="calls",
    permission=Permission.WRITE_NOTE,
    whose=Whose.ANYBODYS,
    tag=Tag.CALL_RECORDED,
    event=Event.CLINIC_CALLED,
    status=201,
    doubt=_doubts,
    inputs=(
        Choice(
            name="channel", label="怎样联系的", missing="请选择怎样联系的", values=CHANNELS,
            chosen=lambda ticket: "phone",
        ),
        Moment(name="began_at", label="什么时候", help="不填就是现在"),
        Text(name="text", label="说了什么", word="来电内容", missing="请写明说了什么", rows=3),
        Flag(name="is_public", label="机构可见：作为给机构的答复显示"),
        promises.KEEPS,
    ),
    form=Form(Place.WORK, "记下", "正在保存…", help="会有自己的来电编号。不勾选“机构可见”时只有支持人员能看到"),
    done="来电已记录",
)  # fmt: skip
