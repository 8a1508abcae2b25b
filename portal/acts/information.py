"""Asking the clinic for missing information."""

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import ReportFields, Text
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.kinds.table import KINDS
from portal.notify.events import Event
from portal.tickets.lifecycle import ClockEffect, Move
from portal.tickets.states import TicketState as S
from portal.tickets.states import Turn


def request_information(hand: Hand, fields: list[str], message: str) -> Outcome:
    """Ask for exactly these fields; the clock pauses until they are there (REQUIREMENTS C7)."""
    kind = KINDS[hand.ticket.kind_enum]
    specs = [spec for spec in kind.fields if spec.name in fields]
    if not specs or len(specs) != len(set(fields)):
        raise InvalidError([Fault("fields", "required", "请勾选需要机构补充的内容")])
    names = [spec.name for spec in specs]
    text = message or "请补充：" + "、".join(spec.label for spec in specs)
    return Outcome(text, {"fields": names}, asks=(names, text))


ASK = Act(
    move=Move(
        "ask",
        "请机构补充",
        {S.IN_PROGRESS: S.AWAITING_INFORMATION, S.AWAITING_INFORMATION: S.AWAITING_INFORMATION},
        clock=ClockEffect.REPLIES,
        turn=Turn.CLINIC,
    ),
    do=request_information,
    path="information-request",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.TICKET_INFORMATION_REQUESTED,
    event=Event.INFORMATION_REQUESTED,
    inputs=(
        ReportFields(name="fields", label="需要补充的内容，机构会逐项看到", missing="请勾选需要机构补充的内容"),
        Text(
            name="message",
            label="说明",
            word="说明",
            rows=2,
            phrase_place="question",
        ),
    ),
    form=Form(Place.WORK, "请机构补充", "正在发送…", look="primary", leads_on=True),
    done="已请机构补充，计时暂停",
)
