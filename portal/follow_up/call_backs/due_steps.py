"""What is due of call-backs, each step once whatever number of workers runs (DESK 0.6, 4.3).

A result without a rating is looked at after one working day; whoever has a call-back is told when it is due within a
day; what has nobody any more gets another owner. Nothing is said in quiet hours but for a time that was agreed.
"""

import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.clocks import policies
from portal.db import Database
from portal.due_work import all_of, each
from portal.follow_up import ratings
from portal.follow_up.call_backs import assignment, ending, owners, phones, rows
from portal.follow_up.call_backs.making import NEEDS_NO_PHONE, make_call_back, wanted_of
from portal.follow_up.call_backs.models import CallBack, CallBackCheck
from portal.follow_up.call_backs.names import CallBackState, Cause, EndCause
from portal.institutions.models import DirectoryEntry
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import ownership
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.watch import clock_doubt

_BATCH = 500
TOLD_BEFORE = timedelta(days=1)
TOLD_BEFORE_AGREED = timedelta(minutes=15)
AFTER_CAMPAIGN = timedelta(days=7)
_Step = Callable[[uuid.UUID, Session], bool]


def run(runtime: Runtime) -> tuple[int, int, int]:
    """Returns how many call-backs were made, given to somebody else, and told of. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    database, now = runtime.database, clock.now()
    unchecked = select(CallBackCheck.id).where(CallBackCheck.checked_at.is_(None), CallBackCheck.check_at <= now)
    with database.read() as session:
        is_open = policies.at(session, now).open_time(session).is_open(now)
        checks = session.scalars(unchecked.order_by(CallBackCheck.check_at).limit(_BATCH)).all()
    steps = (
        lambda: _each(database, _check, list(checks)),
        lambda: _each(database, _end, _after_campaigns(database)),
        lambda: _each(database, _give_away, _ownerless(database)),
        lambda: _each(database, _tell, _untold(database, is_open=is_open)),
    )
    made, _, given, told = all_of(steps)
    return made, given, told


def chance(seed: str) -> float:
    """From 0 to 1, the same for the same seed: so that a choice can be worked out again (REQUIREMENTS T5)."""
    return random.Random(seed).random()  # noqa: S311  (a sample, no secret)


def _each(database: Database, step: _Step, row_ids: list[uuid.UUID]) -> int:
    return sum(each(database, (partial(step, row_id) for row_id in row_ids)))


def _check(check_id: uuid.UUID, session: Session) -> bool:
    """Whether the clinic of this result is to be called."""
    ticket = lookup.locked(session, session.get_one(CallBackCheck, check_id).ticket_id)
    check = session.get_one(CallBackCheck, check_id, populate_existing=True)
    if check.checked_at is not None:
        return False
    now = clock.now()
    check.checked_at, check.share = now, policies.at(session, now).call_share
    if ratings.of_round(session, ticket, check.round) is not None or _is_asked(session, ticket, check.round):
        return False
    check.is_chosen = _is_key(session, ticket) or chance(check.seed) * 100 < check.share
    if not check.is_chosen:
        return False
    made = make_call_back(
        session, cause=Cause.UNANSWERED, ticket_id=ticket.id, round=check.round, resulted_at=check.resulted_at
    )
    return made is not None


def _is_asked(session: Session, ticket: Ticket, of_round: int) -> bool:
    """Whether another call-back about this round asks the same."""
    of_this = (CallBack.ticket_id == ticket.id, CallBack.round == of_round)
    asking = CallBack.cause.in_((Cause.SAMPLED.value, Cause.UNHAPPY.value))
    return session.scalar(select(CallBack.id).where(*of_this, asking).limit(1)) is not None


def _is_key(session: Session, ticket: Ticket) -> bool:
    """重点: everybody there is called (REQUIREMENTS G23)."""
    entry = session.get(DirectoryEntry, ticket.institution_id) if ticket.institution_id else None
    return entry is not None and entry.is_key


def _after_campaigns(database: Database) -> list[uuid.UUID]:
    """What nobody called in a campaign, nor in the week after it."""
    query = select(CallBack.id).where(
        _is_open(), CallBack.campaign_id.is_not(None), CallBack.due_at <= clock.now() - AFTER_CAMPAIGN
    )
    with database.read() as session:
        return list(session.scalars(query.order_by(CallBack.due_at).limit(_BATCH)))


def _end(row_id: uuid.UUID, session: Session) -> bool:
    row = _locked(session, row_id)
    if row.is_open:
        ending.withdraw(session, row, EndCause.OVER)
    return True


def _ownerless(database: Database) -> list[uuid.UUID]:
    """Open ones that nobody has, or somebody who is disabled or away."""
    gone = or_(CallBack.owner_id.is_(None), User.is_active.is_(False), User.away_from <= clock.now())
    query = select(CallBack.id).outerjoin(User, User.id == CallBack.owner_id).where(_is_open(), gone)
    with database.read() as session:
        return list(session.scalars(query.order_by(CallBack.due_at).limit(_BATCH)))


def _give_away(row_id: uuid.UUID, session: Session) -> bool:
    row = _locked(session, row_id)
    owner = session.get(User, row.owner_id) if row.owner_id else None
    if not row.is_open or (owner is not None and owner.is_active and not _is_away_until_due(owner, row)):
        return False
    new_owner = owners.choose(session, wanted_of(row))
    if new_owner in (None, row.owner_id):
        return False
    assignment.give(session, row, new_owner)
    return True


def _is_away_until_due(owner: User, row: CallBack) -> bool:
    return ownership.is_away(owner) and (owner.away_until is None or owner.away_until > row.due_at)


def _untold(database: Database, *, is_open: bool) -> list[uuid.UUID]:
    now = clock.now()
    is_agreed = or_(CallBack.appointment_at.is_not(None), CallBack.cause == Cause.APPOINTMENT.value)
    is_near: ColumnElement[bool] = and_(is_agreed, CallBack.due_at <= now + TOLD_BEFORE_AGREED)
    if is_open:
        is_near = or_(is_near, and_(~is_agreed, CallBack.due_at <= now + TOLD_BEFORE))
    query = select(CallBack.id).where(_is_open(), CallBack.told_at.is_(None), is_near)
    with database.read() as session:
        return list(session.scalars(query.order_by(CallBack.due_at).limit(_BATCH)))


def _tell(row_id: uuid.UUID, session: Session) -> bool:
    """Its owner, or the leads while nobody has it. Without a phone there is nothing to tell of any more."""
    row = _locked(session, row_id)
    if not row.is_open or row.told_at is not None or rows.is_held(session, row):
        return False
    if row.cause_enum not in NEEDS_NO_PHONE and phones.find(session, row) is None:
        ending.without_phone(session, row)
        return False
    row.told_at = clock.now()
    to = [row.owner_id] if row.owner_id else owners.leads(session, wanted_of(row))
    if row.is_agreed:
        outbox.add(session, Event.APPOINTMENT_DUE, row.number, to=to)
    elif row.cause_enum is Cause.FIRST_CONTACT:
        outbox.add(session, Event.FIRST_CONTACT_DUE, row.number, to=to)
    else:
        outbox.add(session, Event.CALL_BACK_DUE, row.number, to=to)
    return True


def _locked(session: Session, row_id: uuid.UUID) -> CallBack:
    ticket_id = session.get_one(CallBack, row_id).ticket_id
    if ticket_id is not None:
        lookup.locked(session, ticket_id)
    return session.scalars(
        select(CallBack).where(CallBack.id == row_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _is_open() -> ColumnElement[bool]:
    return CallBack.status == CallBackState.OPEN.value
