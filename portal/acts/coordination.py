"""协调范围: who else is needed. It decides the terms, so what it does to them is said before it is saved (DESK 1.5)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission, Role
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Moment, Text
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.clocks import policies
from portal.clocks.badges import words
from portal.clocks.names import CLOCK_LABELS, COORDINATION_LABELS, WIDER, Coordination, DueCause, OtherTerm
from portal.errors import Fault, ForbiddenError, InvalidError
from portal.progress import rounds
from portal.progress.lifecycle import OPEN, Move
from portal.tickets.models import Ticket

SPECIAL_DAYS = 90


def set_coordination(hand: Hand, coordination: str, reason: str, due_at: datetime | None) -> Outcome:
    """Count the clocks that run from the start of the round again; 特殊 has a lead's own moment for the solving."""
    ticket, chosen = hand.ticket, Coordination(coordination)
    if chosen is Coordination.SPECIAL and hand.actor.role != Role.LEAD.value:
        raise ForbiddenError("“特殊”由主管设定，请主管修改，或先选其他范围")
    if fault := _moment_fault(chosen, due_at):
        raise InvalidError([fault])
    former, ticket.coordination = ticket.coordination, chosen.value
    ticket.special_due_at = due_at if chosen is Coordination.SPECIAL else None
    clocks = rounds.of_act(hand.session, ticket, hand.actor, "coordination")
    clocks.recount(DueCause.COORDINATION, reason)
    if ticket.special_due_at is not None:
        clocks.give_moment(ticket.special_due_at, reason)
    clocks.settle()
    ticket.dispatch_due_at = _dispatch_due_at(hand.session, ticket)
    label = COORDINATION_LABELS[chosen]
    return Outcome(f"协调范围改为“{label}”。{reason}", {"former_coordination": former, "coordination": chosen.value})


def _dispatch_due_at(session: Session, ticket: Ticket) -> datetime | None:
    """A wider scope is there to ask a department: by when, unless that was reminded of in this round already."""
    if Coordination(ticket.coordination) not in WIDER or ticket.dispatch_told_round == ticket.round:
        return None
    due_at = policies.due(session, OtherTerm.DISPATCH, rounds.facts_of(ticket), clock.now())
    return min(ticket.dispatch_due_at or due_at, due_at) if due_at is not None else None


def _moment_fault(chosen: Coordination, due_at: datetime | None) -> Fault | None:
    if chosen is not Coordination.SPECIAL:
        return None
    if due_at is None:
        return Fault("due_at", "required", "“特殊”要填写完成的时间")
    if due_at <= clock.now():
        return Fault("due_at", "in_past", "完成的时间要晚于现在")
    if due_at > clock.now() + timedelta(days=SPECIAL_DAYS):
        return Fault("due_at", "too_far", f"完成的时间最多在 {SPECIAL_DAYS} 天以内")
    return None


def consequences(session: Session, ticket: Ticket) -> Sequence[str]:
    """What each other choice would do to the clocks that run, in one sentence each."""
    now = clock.now()
    clocks = rounds.of_act(session, ticket, SYSTEM, COORDINATION.name)
    lines = []
    for chosen, label in COORDINATION_LABELS.items():
        if chosen.value != ticket.coordination and chosen is not Coordination.SPECIAL:
            dues = clocks.dues_under(replace(rounds.facts_of(ticket), coordination=chosen.value))
            lines += _said(f"改为“{label}”后", dues, now)
    return lines


def _said(when: str, dues: Sequence[tuple[str, datetime]], now: datetime) -> list[str]:
    late = [due for _, due in dues if due < now]
    if late:
        return [f"{when}，这条立即超时 {words(now - min(late))}"]
    if not dues:
        return []
    return [f"{when}：" + "，".join(f"{CLOCK_LABELS[name]}期限 {clock.clinic_time(due)}" for name, due in dues)]


COORDINATION = Act(
    move=Move("coordination", "修改协调范围", OPEN, is_public=False),
    do=set_coordination,
    path="coordination",
    permission=Permission.TRANSFER_TICKET,
    whose=Whose.OWN_OR_A_LEADS,
    refusal="只有负责人或主管可以修改协调范围",
    tag=Tag.COORDINATION_CHANGED,
    inputs=(
        Choice(
            name="coordination",
            label="协调范围",
            missing="请选择协调范围",
            values=tuple((chosen.value, label) for chosen, label in COORDINATION_LABELS.items()),
            chosen=lambda ticket: ticket.coordination,
            lines=consequences,
        ),
        Moment(name="due_at", label="完成的时间，只用于“特殊”，由主管填写"),
        Text(
            name="reason",
            label="原因，会留下记录",
            word="原因",
            missing="请写明修改协调范围的原因",
            least=2,
            most=500,
            rows=1,
        ),
    ),
    form=Form(Place.FACTS, "修改", title="修改协调范围"),
    done="协调范围已修改，时限已按新的范围重算",
)
