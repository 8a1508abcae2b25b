"""Asking the clinic for missing information."""

from collections.abc import Sequence

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import ReportFields, Text
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.kinds.fields import FieldSpec, Need
from portal.kinds.more_fields import CHANNEL_NOTE
from portal.kinds.names import REQUEST_TYPE_LABELS
from portal.kinds.table import KINDS
from portal.notify.events import Event
from portal.progress.lifecycle import ClockEffect, Move
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S
from portal.tickets.states import Turn


def request_information(hand: Hand, fields: list[str], message: str) -> Outcome:
    """Ask for exactly these fields; the clock pauses until they are there (REQUIREMENTS C7)."""
    kind = KINDS[hand.ticket.kind_enum]
    specs = [spec for spec in kind.fields if spec.name in fields]
    if not specs or len(specs) != len(set(fields)):
        raise InvalidError([Fault("fields", "required", "请勾选需要机构补充的内容")])
    unwanted = not_taken(hand.ticket, specs)
    if unwanted:
        raise InvalidError([Fault("fields", "not_asked", unwanted)])
    names = [spec.name for spec in specs]
    text = message or "请补充：" + "、".join(spec.label for spec in specs)
    return Outcome(text, {"fields": names}, asks=(names, text))


def askable(ticket: Ticket) -> list[FieldSpec]:
    """The fields that the page offers to ask for."""
    return [spec for spec in KINDS[ticket.kind_enum].fields if spec != CHANNEL_NOTE and not not_taken(ticket, [spec])]


def not_taken(ticket: Ticket, specs: Sequence[FieldSpec]) -> str:
    """Why a clinic is not asked for some of these fields; 咨询 and 建议 take no account and no ID number (DESK 3.1)."""
    chosen = ticket.type_enum
    found = [s.label for s in specs if s.need(ticket.channel_enum, request_type=chosen) is Need.NOT_TAKEN]
    if not found:
        return ""
    return f"{REQUEST_TYPE_LABELS[chosen]}不收{'、'.join(found)}；需要排查故障的，请先把诉求类型改为求助"


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
