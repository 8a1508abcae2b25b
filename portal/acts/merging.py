"""Merging a duplicate into the ticket that is worked on, and undoing it until that one has ended (DESK S.1).

A merged ticket keeps its values, pictures and credentials; they are the target's owner's to open while it is worked,
and the credentials are destroyed with its end. The merged clinic reads the target's state and result, never its number.
"""

import uuid
from collections.abc import Iterator, Sequence

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Text, Word
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, InvalidError
from portal.notify.events import Event
from portal.progress import lifecycle
from portal.progress.lifecycle import ANY_STATE, ClockEffect, Move
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S
from portal.tickets.states import TurnCause

TOOK_IN = Move("took_in", "并入一条工单", ANY_STATE, is_public=False, is_remark=True)
GAVE_BACK = Move("gave_back", "一条并入的工单已分开", ANY_STATE, is_public=False, is_remark=True)


def merge(hand: Hand, into: str) -> Outcome:
    """Both tickets are locked: of two opposite merges the later one finds its target closed."""
    ticket, target = hand.ticket, hand.other
    if target is None:
        raise InvalidError([Fault("into", "not_found", "没有找到这个编号，请核对后重新填写")])
    if target.id == ticket.id or not target.is_worked:
        raise InvalidError([Fault("into", "invalid", "请填写另一条还在处理的工单编号")])
    for member in (ticket, *lookup.members_of(hand.session, ticket)):
        member.worked_as_id = target.id
    ticket.merged_into_id, ticket.merged_into = target.id, target.number
    lifecycle.remark(hand.session, target, TOOK_IN, hand.actor, _named(ticket))
    return Outcome("与另一条提报是同一问题，一并处理", {"into": target.number}, aside=f"并入 {_named(target)}")


def unmerge(hand: Hand, text: str) -> Outcome:
    """Work the ticket by itself again, with what had been merged into it before."""
    ticket = hand.ticket
    target = lookup.worked_one(hand.session, ticket)
    if target.id == ticket.id or not target.is_worked:
        raise ConflictError("并入的工单已经结束，不能撤销合并。问题还在的，请机构重新提交")
    for member in _below(ticket.id, lookup.members_of(hand.session, target)):
        member.worked_as_id = ticket.id
    ticket.worked_as_id = ticket.merged_into_id = ticket.merged_into = None
    lifecycle.remark(hand.session, target, GAVE_BACK, hand.actor, _named(ticket))
    aside = f"从 {target.number} 分开。{text}"
    return Outcome("不再与另一条提报一并处理，单独处理", {"former_target": target.number}, aside=aside)


def _named(ticket: Ticket) -> str:
    return f"{ticket.number}，{ticket.institution or '未填写机构'}"


def _below(ticket_id: uuid.UUID, members: Sequence[Ticket]) -> Iterator[Ticket]:
    for member in members:
        if member.merged_into_id == ticket_id:
            yield member
            yield from _below(member.id, members)


MERGE = Act(
    move=Move(
        "merge",
        "合并到另一工单",
        dict.fromkeys((S.SUBMITTED, S.IN_PROGRESS, S.AWAITING_INFORMATION), S.MERGED),
        told="与另一条提报合并",
    ),
    do=merge,
    path="merge",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.TICKET_MERGED,
    event=Event.MERGED,
    other="into",
    inputs=(Word(name="into", label="还在处理的工单编号", missing="请填写另一条还在处理的工单编号"),),
    form=Form(
        Place.FACTS,
        "合并",
        help="附图和加密信息归那一条的负责人查看，机构会看到那一条的状态和处理结果。那一条结束前可以撤销",
    ),
    done="已合并",
)
UNMERGE = Act(
    move=Move(
        "unmerge",
        "撤销合并",
        {S.MERGED: S.IN_PROGRESS},
        unowned=S.SUBMITTED,
        cause=TurnCause.REOPENED,
        clock=ClockEffect.TAKES_UP,
    ),
    do=unmerge,
    path="separation",
    permission=Permission.TRANSFER_TICKET,
    tag=Tag.TICKET_UNMERGED,
    inputs=(Text(name="text", label="撤销的原因", word="原因", missing="请写明撤销合并的原因", most=500, rows=1),),
    form=Form(Place.FACTS, "撤销合并"),
    done="已撤销合并，这条问题单独处理",
)
