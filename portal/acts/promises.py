"""承诺 and 预约: a moment at which a clinic is owed a word, and how it is kept (DESK 1.5, REQUIREMENTS F10).

It belongs to the ticket and goes along when the ticket changes hands. `promises_due` does what is due.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Moment, Option, Text, Ticks, Word
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.calendar.working_time import WorkingTime
from portal.clocks import policies, rows
from portal.db import new_id
from portal.errors import Fault
from portal.notify.events import Event
from portal.progress import lifecycle, rounds
from portal.progress.hooks import ARCHIVE, Objection
from portal.progress.lifecycle import Move, staying
from portal.tickets.models import Promise, Ticket, TimelineEntry
from portal.tickets.states import PROMISE_KIND_LABELS, PromiseKind, PromiseState
from portal.tickets.states import TicketState as S

MOST_OPEN = 3  # ours
FARTHEST = timedelta(days=90)
NOTICE_MINUTES = 60  # of working time, before a promise
CALL_NOTICE = timedelta(minutes=15)  # before an appointment
CALL_GRACE = timedelta(minutes=30)  # ours: how late a call may come
_STOPPED = ("close", ARCHIVE, *lifecycle.LAPSES)
_SPOKEN = (S.IN_PROGRESS, S.AWAITING_INFORMATION, S.AWAITING_CONFIRMATION)


def promise(hand: Hand, kind: str, text: str, due_at: datetime, replaces: str, reason: str) -> Outcome:
    """The clinic reads the text and the moment; one that replaces another names why.

    Callers that give no reason mean the text as one.
    """
    former = _named(hand.session, hand.ticket, replaces) if replaces else None
    made = make(hand, PromiseKind(kind), text, due_at)
    line, moment = words_of(made), clock.in_china(due_at).isoformat(timespec="minutes")
    if former is not None:
        former.status, former.replaced_by_id = PromiseState.REPLACED.value, made.id
    show_due(hand.session, hand.ticket)
    if former is None:
        return Outcome(line, {"promised_at": moment}, move=MOVES[made.kind_enum])
    made.reason = reason or text
    line += f"（原定 {clock.clinic_time(former.due_at)}" + (f"，改期的原因：{reason}）" if reason else "）")
    former_moment = clock.in_china(former.due_at).isoformat(timespec="minutes")
    facts = {"promised_at": moment, "formerly_promised_at": former_moment}
    return Outcome(line, facts, reason=made.reason, move=MOVES[made.kind_enum])


def make(hand: Hand, kind: PromiseKind, text: str, due_at: datetime) -> Promise:
    """A new open promise; the caller has asked `doubts_of`."""
    assert hand.actor.user_id is not None  # noqa: S101
    now, is_call = clock.now(), kind is PromiseKind.APPOINTMENT
    if is_call:
        remind_at = due_at - CALL_NOTICE if due_at - CALL_NOTICE > now else None
    else:
        time = policies.of(hand.session, hand.ticket.policy_version).time(hand.session)
        remind_at = notice_before(time, now, due_at)
    made = Promise(
        id=new_id(), ticket_id=hand.ticket.id, round=hand.ticket.round, kind=kind.value,
        made_by_id=hand.actor.user_id, made_at=now, text=text, due_at=due_at,
        ends_at=due_at + CALL_GRACE if is_call else due_at, remind_at=remind_at, status=PromiseState.OPEN.value,
    )  # fmt: skip
    hand.session.add(made)
    hand.session.flush()
    return made


def notice_before(time: WorkingTime, now: datetime, due_at: datetime) -> datetime | None:
    """The last second that leaves an hour of working time; None if less is left already."""
    if time.minutes_between(now, due_at) < NOTICE_MINUTES:
        return None
    early, late = 0, int((due_at - now).total_seconds())  # enough is left after `early` seconds
    while late - early > 1:
        middle = (early + late) // 2
        is_enough = time.minutes_between(now + timedelta(seconds=middle), due_at) >= NOTICE_MINUTES
        early, late = (middle, late) if is_enough else (early, middle)
    return now + timedelta(seconds=early)


def doubts_of(
    hand: Hand, due_at: datetime | None, replaces: str = "", *, prefix: str = "", keeps: Sequence[str] = ()
) -> list[Fault]:
    """What speaks against a promise for this moment.

    Args:
        prefix: stands before the name of its input. keeps: others that the same word keeps.
    """
    now, faults = clock.now(), []
    if due_at is not None and due_at <= now:
        faults.append(Fault(f"{prefix}due_at", "in_past", "时间要在现在以后"))
    if due_at is not None and due_at > now + FARTHEST:
        faults.append(Fault(f"{prefix}due_at", "too_far", f"时间最多在 {FARTHEST.days} 天以内"))
    former = _named(hand.session, hand.ticket, replaces) if replaces else None
    if replaces and former is None:
        faults.append(Fault("replaces", "not_found", "没有找到要改期的承诺，请刷新后再选"))
    elif former is not None and (former.state is not PromiseState.OPEN or former.due_at < now):
        faults.append(Fault("replaces", "in_past", "原来的时间已过或已有结果，不能改期，请另写一项"))
        former = None
    others = [one for one in open_ones(hand.session, hand.ticket.id) if one is not former and str(one.id) not in keeps]
    if len(others) >= MOST_OPEN:
        message = f"已有 {len(others)} 项没到时间的承诺，请先兑现或改期其中一项"
        faults.append(Fault(f"{prefix}due_at", "too_many", message))
    return faults


def keep(hand: Hand, promise_ids: Sequence[str]) -> tuple[UUID, dict[str, int]]:
    """Keep these by the word that the caller writes; returns the id of its line, and the particulars for the trail.

    What has passed already stays unkept.
    """
    entry_id, now, kept = new_id(), clock.now(), 0
    for one in open_ones(hand.session, hand.ticket.id):
        if str(one.id) in promise_ids and now <= one.ends_at:
            one.status, one.kept_at, one.kept_entry_id = PromiseState.KEPT.value, now, entry_id
            kept += 1
    show_due(hand.session, hand.ticket, is_answered=True)
    return entry_id, {"promises_kept": kept} if kept else {}


def show_due(session: Session, ticket: Ticket, *, is_answered: bool = False) -> None:
    """Repeat on the ticket when the next promise is due, or since when one is overdue, for its badge.

    Args:
        is_answered: whether somebody writes to the clinic now, who thereby answers what was missed.
    """
    session.flush()
    states = [PromiseState.OPEN.value] if is_answered else [PromiseState.OPEN.value, PromiseState.MISSED.value]
    later = select(TimelineEntry.id).where(
        TimelineEntry.ticket_id == ticket.id, TimelineEntry.at > Promise.due_at,
        TimelineEntry.is_public, TimelineEntry.actor_id.is_not(None),
    )  # fmt: skip
    owed = (Promise.status == PromiseState.OPEN.value) | ~later.exists()
    due = select(func.min(Promise.due_at)).where(Promise.ticket_id == ticket.id, Promise.status.in_(states), owed)
    ticket.promise_due_at = session.scalar(due)
    rounds.show_next_due(ticket, rows.of_round(session, ticket.id, ticket.round))


def doubts_of_keeping(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    """An id that is none of this ticket's promises."""
    known = {str(one.id) for one in of_ticket(hand.session, hand.ticket.id)}
    if known.issuperset(values.get(KEEPS.name, ())):
        return []
    return [Fault(KEEPS.name, "not_found", "没有找到勾选的承诺，请刷新后再选")]


def of_ticket(session: Session, ticket_id: UUID) -> Sequence[Promise]:
    """All of a ticket's, in the order in which they were made."""
    mine = select(Promise).where(Promise.ticket_id == ticket_id)
    return session.scalars(mine.order_by(Promise.made_at, Promise.due_at, Promise.id)).all()


def open_ones(session: Session, ticket_id: UUID) -> list[Promise]:
    """The open ones, the next due first."""
    open_here = (Promise.ticket_id == ticket_id, Promise.status == PromiseState.OPEN.value)
    return list(session.scalars(select(Promise).where(*open_here).order_by(Promise.due_at, Promise.id)))


def words_of(one: Promise) -> str:
    when = clock.clinic_time(one.due_at)
    return f"{when} 联系您：{one.text}" if one.kind_enum is PromiseKind.APPOINTMENT else f"{when} 前答复：{one.text}"


def objections(session: Session, ticket: Ticket, act: str) -> Sequence[Objection]:
    """An objector: nothing is closed for a clinic that is still owed a word."""
    waiting = open_ones(session, ticket.id) if act in _STOPPED else []
    return [Objection("promise", f"{PROMISE_KIND_LABELS[one.kind_enum]}还没有兑现：{words_of(one)}") for one in waiting]


def settle(session: Session, ticket: Ticket) -> None:
    """A listener: what is open when the ticket ends counts neither as kept nor as missed."""
    now = clock.now()
    for one in open_ones(session, ticket.id):
        one.status, one.settled_at = PromiseState.SETTLED.value, now
        lifecycle.apply(session, ticket, SETTLED, SYSTEM, text=f"{words_of(one)}。问题已结束，不再另行答复")
    ticket.promise_due_at = None


def _named(session: Session, ticket: Ticket, promise_id: str) -> Promise | None:
    return next((one for one in of_ticket(session, ticket.id) if str(one.id) == promise_id), None)


def _doubts(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    return doubts_of(hand, values.get("due_at"), values.get("replaces", ""))


def _to_keep(session: Session, ticket: Ticket) -> Sequence[Option]:
    return [
        (str(one.id), f"{PROMISE_KIND_LABELS[one.kind_enum]}：{words_of(one)}") for one in open_ones(session, ticket.id)
    ]


KEEPS = Ticks(name="keeps", label="兑现承诺", options=_to_keep)
SETTLED = Move("promise_settled", "承诺结束", staying(S.CLOSED, S.MERGED, S.VOID), is_remark=True)
MOVES = {
    PromiseKind.PROMISE: Move("promise", "承诺答复时间", staying(*_SPOKEN)),
    PromiseKind.APPOINTMENT: Move("appointment", "预约联系时间", staying(*_SPOKEN)),
}
PROMISE = Act(
    move=MOVES[PromiseKind.PROMISE],
    do=promise,
    path="promises",
    permission=Permission.SPEAK,
    whose=Whose.OWN_OR_A_LEADS,
    tag=Tag.PROMISE_MADE,
    event=Event.PROMISE_MADE,
    status=201,
    doubt=_doubts,
    inputs=(
        Choice(
            name="kind", label="种类", missing="请选择承诺或预约", chosen=lambda ticket: PromiseKind.PROMISE.value,
            values=(
                (PromiseKind.PROMISE.value, "承诺：到时间前答复"),
                (PromiseKind.APPOINTMENT.value, "预约：到时间联系机构"),
            ),
        ),
        Moment(name="due_at", label="时间", missing="请填写答应机构的时间"),
        Text(
            name="text", label="答应机构的事，机构会看到", word="承诺", missing="请写明答应机构的事", rows=2,
            most=500,
        ),
        Word(name="replaces", label="改期：代替哪一项"),
        Text(
            name="reason", label="改期的原因，机构会看到", word="原因", rows=1, most=500, needed_with="replaces",
            missing_on_page="改期请写明原因，机构会看到",
        ),
    ),
    form=Form(Place.OWN, "记下", "正在保存…", title="承诺和预约"),
    done="已记下，机构会看到这个时间",
)  # fmt: skip
