"""关联: two tickets that have to do with each other, for whoever works on one of them (REQUIREMENTS E6).

A link changes neither ticket; who may not see the other one's queue sees no link.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Word
from portal.acts.models import TicketLink
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, InvalidError
from portal.progress import lifecycle
from portal.progress.lifecycle import ANY_STATE, Move
from portal.tickets.models import Ticket


class LinkKind(StrEnum):
    RELATED = "related"
    SAME_INSTITUTION = "same_institution"
    FOLLOWS = "follows"  # the ticket comes after the one that is named


KIND_LABELS: dict[str, str] = {
    LinkKind.RELATED: "相关",
    LinkKind.SAME_INSTITUTION: "同一机构",
    LinkKind.FOLLOWS: "接着那一条",
}
_SEEN_FROM_THERE: dict[str, str] = {**KIND_LABELS, LinkKind.FOLLOWS: "后面又有这一条"}


@dataclass(frozen=True)
class LinkedTicket:
    """A ticket at the other end of a link; `label` says how it is linked, seen from here."""

    ticket: Ticket
    kind: str
    label: str


def link(hand: Hand, number: str, kind: str) -> Outcome:
    """One link between two tickets, whichever of them it is made from.

    Raises:
        InvalidError: no such other ticket in the actor's queues. ConflictError: they are linked already.
    """
    other = _other(hand)
    if hand.session.scalars(select(TicketLink).where(_between(hand.ticket, other))).first() is not None:
        raise ConflictError(f"已经和 {other.number} 关联。要换一种关系，请先取消关联")
    assert hand.actor.user_id is not None  # noqa: S101
    hand.session.add(
        TicketLink(
            a_id=hand.ticket.id, b_id=other.id, kind=kind, by_id=hand.actor.user_id, by_name=hand.actor.label,
            at=clock.now(),
        )
    )  # fmt: skip
    hand.session.flush()
    lifecycle.remark(hand.session, other, LINK.move, hand.actor, f"{hand.ticket.number}，{_SEEN_FROM_THERE[kind]}")
    return Outcome(f"{other.number}，{KIND_LABELS[kind]}", {"other": other.number, "link": kind})


def unlink(hand: Hand, number: str) -> Outcome:
    """Raises InvalidError: no such other ticket. ConflictError: they are not linked."""
    other = _other(hand)
    row = hand.session.scalars(select(TicketLink).where(_between(hand.ticket, other))).first()
    if row is None:
        raise ConflictError(f"和 {other.number} 没有关联，可能已经取消")
    hand.session.execute(delete(TicketLink).where(_between(hand.ticket, other)))
    lifecycle.remark(hand.session, other, UNLINK.move, hand.actor, hand.ticket.number)
    return Outcome(other.number, {"other": other.number})


def linked_with(session: Session, ticket: Ticket, queues: Sequence[str]) -> list[LinkedTicket]:
    """The other ends of a ticket's links, in these queues, newest link first."""
    is_end = or_(
        and_(TicketLink.a_id == ticket.id, Ticket.id == TicketLink.b_id),
        and_(TicketLink.b_id == ticket.id, Ticket.id == TicketLink.a_id),
    )
    query = select(TicketLink, Ticket).join(Ticket, is_end).where(Ticket.queue.in_(queues))
    rows = session.execute(query.order_by(TicketLink.at.desc(), Ticket.id)).all()
    return [
        LinkedTicket(other, row.kind, (KIND_LABELS if row.a_id == ticket.id else _SEEN_FROM_THERE)[row.kind])
        for row, other in rows
    ]


def _other(hand: Hand) -> Ticket:
    if hand.other is None:
        raise InvalidError([Fault("number", "not_found", "没有找到这个编号，请核对后重新填写")])
    if hand.other.id == hand.ticket.id:
        raise InvalidError([Fault("number", "invalid", "请填写另一条工单的编号")])
    return hand.other


def _between(one: Ticket, other: Ticket) -> ColumnElement[bool]:
    return or_(
        and_(TicketLink.a_id == one.id, TicketLink.b_id == other.id),
        and_(TicketLink.a_id == other.id, TicketLink.b_id == one.id),
    )


_NUMBER = Word(name="number", label="另一条工单的编号", missing="请填写另一条工单的编号")
LINK = Act(
    move=Move("link", "关联一条工单", ANY_STATE, is_public=False, is_remark=True),
    do=link,
    path="links",
    permission=Permission.WRITE_NOTE,
    tag=Tag.TICKETS_LINKED,
    other="number",
    is_never_stale=True,
    status=201,
    inputs=(
        _NUMBER,
        Choice(
            name="kind", label="什么关系", missing="请选择是什么关系", values=tuple(KIND_LABELS.items()),
            chosen=lambda ticket: LinkKind.RELATED.value,
        ),
    ),
    form=Form(Place.FACTS, "关联", title="关联另一条工单", help="两条各自处理，互相能找到。机构看不到"),
    done="已关联",
)  # fmt: skip
UNLINK = Act(
    move=Move("unlink", "取消关联", ANY_STATE, is_public=False, is_remark=True),
    do=unlink,
    path="links/removal",
    permission=Permission.WRITE_NOTE,
    tag=Tag.TICKETS_UNLINKED,
    other="number",
    is_never_stale=True,
    inputs=(_NUMBER,),
    form=Form(Place.OWN, "取消关联", look="quiet"),
    done="已取消关联",
)
