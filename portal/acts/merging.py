"""Merging a duplicate into the ticket that is worked on."""

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Word
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.tickets.lifecycle import Move
from portal.tickets.states import TicketState as S


def merge(hand: Hand, into: str) -> Outcome:
    """Both tickets are locked: of two opposite merges the later one finds its target closed."""
    ticket, target = hand.ticket, hand.other
    if target is None:
        raise InvalidError([Fault("into", "not_found", "没有找到这个编号，请核对后重新填写")])
    if target.id == ticket.id or not target.is_worked:
        raise InvalidError([Fault("into", "invalid", "请填写另一条还在处理的工单编号")])
    ticket.merged_into = target.number
    hand.mark_replied()
    return Outcome(f"与 {target.number} 是同一问题，一并处理", {"into": target.number})


MERGE = Act(
    move=Move("merge", "合并到另一工单", dict.fromkeys((S.SUBMITTED, S.IN_PROGRESS, S.AWAITING_INFORMATION), S.MERGED)),
    do=merge,
    path="merge",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.TICKET_MERGED,
    other="into",
    inputs=(Word(name="into", label="还在处理的工单编号", missing="请填写另一条还在处理的工单编号"),),
    form=Form(Place.FACTS, "合并"),
    done="已合并",
)
