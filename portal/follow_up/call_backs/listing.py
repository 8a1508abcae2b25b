"""Pages of call-backs by the time at which they are due; a fixed number of queries."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from portal import keyset
from portal.accounts.models import User
from portal.audit.actor import Actor
from portal.errors import Fault, InvalidError
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CAUSE_LABELS, STATE_LABELS, CallBackState, Cause
from portal.follow_up.call_backs.rows import visible_to
from portal.progress import hooks

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MINE = "me"
_NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Wanted:
    """What a list shows. `owner`: a username, or `me`; empty: everybody whose call-backs the reader may see."""

    state: str = ""
    cause: str = ""
    owner: str = ""
    due_before: datetime | None = None


@dataclass(frozen=True)
class CallBackLine:
    """One call-back as lists show it, without any words of a call."""

    row: CallBack
    owner: str
    owner_name: str
    owner_number: str
    is_held: bool

    @property
    def cause_label(self) -> str:
        return CAUSE_LABELS[self.row.cause_enum]

    @property
    def state_label(self) -> str:
        return STATE_LABELS[self.row.state_enum]


@dataclass(frozen=True)
class Page:
    lines: Sequence[CallBackLine]
    next_cursor: str | None


def page_of(session: Session, actor: Actor, wanted: Wanted, cursor: str = "", limit: int = PAGE_SIZE) -> Page:
    """One page, the next due first. Raises InvalidError: a state, cause or cursor that does not exist."""
    query = select(CallBack).where(visible_to(actor))
    for name, known, value in (("state", CallBackState, wanted.state), ("cause", Cause, wanted.cause)):
        if value and value not in list(known):
            raise InvalidError([Fault(name, "invalid", "没有这个选项")])
    if wanted.state:
        query = query.where(CallBack.status == wanted.state)
    if wanted.cause:
        query = query.where(CallBack.cause == wanted.cause)
    if wanted.owner:
        query = query.where(CallBack.owner_id == _owner_id(session, actor, wanted.owner))
    if wanted.due_before is not None:
        query = query.where(CallBack.due_at < wanted.due_before)
    if cursor:
        query = query.where(tuple_(CallBack.due_at, CallBack.id) > tuple_(*keyset.place(cursor)))
    rows = session.scalars(query.order_by(CallBack.due_at, CallBack.id).limit(limit + 1)).all()
    shown = rows[:limit]
    more = keyset.cursor(shown[-1].due_at, shown[-1].id) if len(rows) > limit else None
    return Page(lines_of(session, shown), more)


def lines_of(session: Session, rows: Sequence[CallBack]) -> list[CallBackLine]:
    """With their owners, and whether they wait for a lead."""
    people = _people(session, {row.owner_id for row in rows if row.owner_id})
    held = hooks.held_among(session, {row.ticket_id for row in rows if row.ticket_id and row.is_open})
    lines = []
    for row in rows:
        person = people.get(row.owner_id) if row.owner_id else None
        names = (person.username, person.display_name, person.staff_number or "") if person else ("", "", "")
        lines.append(CallBackLine(row, *names, is_held=row.is_open and row.ticket_id in held))
    return lines


def of_institution(session: Session, actor: Actor, institution_id: uuid.UUID, limit: int = 5) -> list[CallBackLine]:
    """For the institution's page: the newest that the reader may see; never those of a complaint."""
    of_this = (CallBack.institution_id == institution_id, CallBack.cause != Cause.COMPLAINT.value, visible_to(actor))
    rows = session.scalars(select(CallBack).where(*of_this).order_by(CallBack.made_at.desc(), CallBack.id).limit(limit))
    return lines_of(session, rows.all())


def mine(session: Session, user_id: uuid.UUID, limit: int) -> Sequence[CallBack]:
    """For 今日: one's own open ones, the next due first."""
    of_mine = (CallBack.owner_id == user_id, CallBack.status == CallBackState.OPEN.value)
    return session.scalars(select(CallBack).where(*of_mine).order_by(CallBack.due_at, CallBack.id).limit(limit)).all()


def open_count(session: Session, user_id: uuid.UUID) -> int:
    of_mine = (CallBack.owner_id == user_id, CallBack.status == CallBackState.OPEN.value)
    return session.scalar(select(func.count()).select_from(CallBack).where(*of_mine)) or 0


def _people(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, User]:
    return {person.id: person for person in session.scalars(select(User).where(User.id.in_(ids)))} if ids else {}


def _owner_id(session: Session, actor: Actor, owner: str) -> uuid.UUID:
    """Nobody's id for a name that nobody has: the list is empty then."""
    if owner == MINE and actor.user_id is not None:
        return actor.user_id
    found = session.scalar(select(User.id).where(User.username == owner))
    return found or _NOBODY
