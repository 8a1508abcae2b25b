"""作废: asked for by the owner, decided by a lead, who is another person (REQUIREMENTS N15).

Until it is decided the ticket is worked on as ever, and its clinic hears nothing.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts import decisions
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.decisions import AlreadyDecidedError
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Decision, Text
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.errors import ConflictError
from portal.notify.events import Event
from portal.progress import hooks, lifecycle
from portal.progress.hooks import Objection
from portal.progress.lifecycle import OPEN, Move, staying
from portal.tickets.models import Ticket, VoidRequest
from portal.tickets.states import TicketState as S


class VoidState(StrEnum):
    """ASKED is open; the others are final."""

    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"  # the ticket ended or left its queue before a lead decided


KINDS = (("nuisance", "骚扰"), ("invalid", "无效"), ("test", "测试"), ("other", "其他"))
KIND_LABELS = dict(KINDS)
_VOIDABLE = (S.SUBMITTED, S.IN_PROGRESS, S.AWAITING_INFORMATION)


def ask_void(hand: Hand, kind: str, text: str) -> Outcome:
    """One request at a time; the clinic reads the text once it is approved."""
    ticket, actor, kind = hand.ticket, hand.actor, kind or "other"
    if open_request(hand.session, ticket) is not None:
        raise ConflictError("这条问题已经申请作废，等主管决定")
    assert actor.user_id is not None  # noqa: S101
    hand.session.add(
        VoidRequest(
            ticket_id=ticket.id, asked_by_id=actor.user_id, asked_by_name=actor.label, asked_at=clock.now(),
            reason_kind=kind, text=text, status=VoidState.ASKED.value,
        )
    )  # fmt: skip
    return Outcome(f"{KIND_LABELS[kind]}：{text}", {"reason_kind": kind})


def decide_void(hand: Hand, approved: bool, note: str) -> Outcome:
    """Void the ticket, or leave it as it is.

    Raises:
        AlreadyDecidedError: nothing is asked for. InvalidError: the decider asked for it.
    """
    request = open_request(hand.session, hand.ticket)
    if request is None:
        raise AlreadyDecidedError("没有等待决定的作废申请，可能已经决定或撤回")
    decisions.check_another_person(hand, request.asked_by_id, "不能决定自己的作废申请，请另一位主管处理")
    if approved:
        lifecycle.check(hand.ticket, VOIDED)
    request.status = (VoidState.APPROVED if approved else VoidState.DENIED).value
    request.decided_by_id, request.decided_at, request.note = hand.actor.user_id, clock.now(), note
    decisions.settle(hand.session, Event.VOID_ASKED, hand.ticket)
    facts: Particulars = {"asker": request.asked_by_name}
    if not approved:
        return Outcome(f"没有同意作废。{note}", facts)
    hand.session.flush()
    return Outcome(request.text, facts, aside=note, move=VOIDED, event=Event.VOIDED, tag=Tag.TICKET_VOIDED)


def open_request(session: Session, ticket: Ticket) -> VoidRequest | None:
    """What a lead has to decide."""
    asked = (VoidRequest.ticket_id == ticket.id, VoidRequest.status == VoidState.ASKED.value)
    return session.scalars(select(VoidRequest).where(*asked)).first()


def withdraw(session: Session, ticket: Ticket) -> None:
    """A listener: nothing is left to decide about a ticket that has ended or left its queue."""
    asked = (VoidRequest.ticket_id == ticket.id, VoidRequest.status == VoidState.ASKED.value)
    session.execute(update(VoidRequest).where(*asked).values(status=VoidState.WITHDRAWN.value, decided_at=clock.now()))
    decisions.settle(session, Event.VOID_ASKED, ticket)


def objections(session: Session, ticket: Ticket, act: str) -> Sequence[Objection]:
    """An objector: nothing lapses while a lead has still to decide, but not for ever."""
    request = open_request(session, ticket) if act in lifecycle.LAPSES else None
    return (lifecycle.ON_HOLD,) if request is not None and hooks.still_waits(request.asked_at) else ()


VOIDED = Move("void", "作废", dict.fromkeys(_VOIDABLE, S.VOID))
ASK_VOID = Act(
    move=Move("ask_void", "申请作废", staying(*_VOIDABLE), is_public=False, is_remark=True),
    do=ask_void,
    path="void",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.VOID_ASKED,
    event=Event.VOID_ASKED,
    status=202,
    inputs=(
        Choice(name="kind", label="种类", values=KINDS, chosen=lambda ticket: "invalid"),
        Text(
            name="text", label="作废的原因，主管同意后机构会看到", word="原因",
            missing="请写明作废的原因，主管同意后机构会看到", rows=2, sealed_as="reply",
        ),
    ),
    form=Form(Place.FACTS, "申请作废", look="danger", help="由主管决定，决定前照常处理，机构看不到申请"),
    done="已申请作废，等主管决定",
)  # fmt: skip
DECIDE_VOID = Act(
    move=Move("decide_void", "决定作废申请", OPEN, is_public=False),
    do=decide_void,
    path="void/decision",
    permission=Permission.DECIDE,
    refusal="只有主管可以决定作废申请",
    tag=Tag.VOID_DENIED,
    event=Event.VOID_DECIDED,
    inputs=(
        Decision(name="approved", label="决定", missing="请选择同意或不同意", yes="同意作废", no="不同意，继续处理"),
        Text(name="note", label="说明", word="说明", most=500, rows=1),
    ),
    form=Form(Place.WORK, "决定", title="决定作废申请"),
    done="作废申请已决定",
    is_wanted=lambda session, ticket: open_request(session, ticket) is not None,
)  # fmt: skip
