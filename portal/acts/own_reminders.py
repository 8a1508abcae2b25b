"""提醒我: returns the ticket to its owner at a time they chose (DESK 1.4). Ends no clock; the clinic sees nothing.

The worker calls `run` every round. Each reminder is one transaction on its locked ticket, so that any number of workers
return a ticket only once.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, select, true, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Moment, Text
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.due_work import each
from portal.errors import Fault, InvalidError
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import lifecycle
from portal.progress.lifecycle import OPEN, Move
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Reminder, Ticket
from portal.tickets.states import Turn, TurnCause
from portal.watch import clock_doubt

FARTHEST = timedelta(days=90)
_BATCH = 500


def remind_me(hand: Hand, at: datetime, text: str) -> Outcome:
    """One reminder per person and ticket: a new one replaces the old."""
    now = clock.now()
    if at <= now:
        raise InvalidError([Fault("at", "in_past", "提醒时间要在现在以后")])
    if at > now + FARTHEST:
        raise InvalidError([Fault("at", "too_far", f"提醒时间最多在 {FARTHEST.days} 天以内")])
    mine = (Reminder.ticket_id == hand.ticket.id, Reminder.user_id == hand.actor.user_id, Reminder.done_at.is_(None))
    hand.session.execute(update(Reminder).where(*mine).values(done_at=now))
    reminder = Reminder(ticket_id=hand.ticket.id, user_id=hand.actor.user_id, at=at, text=text)
    hand.session.add(reminder)
    hand.session.flush()
    local = clock.in_china(at)
    return Outcome(
        f"{clock.clinic_time(at)}：{text}",
        {"remind_at": local.isoformat(timespec="minutes")},
        answer={"reminder": {"id": str(reminder.id), "at": local.isoformat(), "text": text}},
    )


def withdraw(session: Session, ticket: Ticket) -> None:
    """A listener: nobody is reminded of a ticket that has ended or left its queue."""
    _withdraw(session, Reminder.ticket_id == ticket.id)


def withdraw_from_others(session: Session, ticket: Ticket) -> None:
    """A listener: a reminder ends when its ticket has another owner."""
    is_others = Reminder.user_id != ticket.assignee_id if ticket.assignee_id else true()
    _withdraw(session, Reminder.ticket_id == ticket.id, is_others)


def _withdraw(session: Session, *which: ColumnElement[bool]) -> None:
    session.execute(update(Reminder).where(*which, Reminder.done_at.is_(None)).values(done_at=clock.now()))


def run(runtime: Runtime) -> int:
    """Process due reminders; returns how many tickets came back to their owner. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    due = select(Reminder.id).where(Reminder.done_at.is_(None), Reminder.at <= now).order_by(Reminder.at).limit(_BATCH)
    with runtime.database.read() as session:
        reminder_ids = session.scalars(due).all()
    return sum(each(runtime.database, (partial(_bring_back, reminder_id, now) for reminder_id in reminder_ids)))


def _bring_back(reminder_id: UUID, now: datetime, session: Session) -> bool:
    ticket_id = session.get_one(Reminder, reminder_id).ticket_id
    ticket = lookup.locked(session, ticket_id)
    reminder = session.get_one(Reminder, reminder_id, populate_existing=True)
    if reminder.done_at is not None:
        return False  # another worker was faster, or it was postponed
    reminder.done_at = now
    if ticket.assignee_id != reminder.user_id or not ticket.is_worked:
        return False
    lifecycle.apply(session, ticket, DUE, SYSTEM, text=reminder.text)
    outbox.add(session, Event.REMINDER_DUE, ticket.number)
    return True


DUE = Move("reminder_due", "提醒时间到", OPEN, is_public=False, is_remark=True, cause=TurnCause.REMINDED, turn=Turn.US)
REMIND_ME = Act(
    move=Move("remind_me", "提醒我", OPEN, is_public=False, is_remark=True),
    do=remind_me,
    path="reminders",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.REMINDER_SET,
    is_never_stale=True,
    status=201,
    inputs=(
        Moment(name="at", label="时间", missing="请填写提醒时间"),
        Text(name="text", label="提醒的内容", word="提醒的内容", missing="请填写提醒的内容", most=500, rows=1),
    ),
    form=Form(Place.FACTS, "提醒我", help="到时间这条问题会回到“轮到我”。不影响计时，机构看不到"),
    done="提醒已记下，到时间这条问题会回到“轮到我”",
)
