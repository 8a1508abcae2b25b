"""Pages of the analysis of dissatisfactions, newest first, for the queues of a lead: two queries a page."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.errors import Fault, InvalidError
from portal.follow_up.dissatisfactions import AnalysisState
from portal.follow_up.models import Dissatisfaction, ImprovementStage, Rating
from portal.tickets.models import Ticket

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
OVERDUE = "overdue"
FILTERS = (*AnalysisState, OVERDUE)


@dataclass(frozen=True)
class Shown:
    """One row with what it refers to; `rating` is None for a word said in a call-back."""

    row: Dissatisfaction
    ticket: Ticket
    rating: Rating | None
    stage: str
    person: User | None


@dataclass(frozen=True)
class Page:
    found: Sequence[Shown]
    next_cursor: str | None


def page_of(
    session: Session, queues: Sequence[str], state: str = "", cursor: str = "", limit: int = PAGE_SIZE
) -> Page:  # fmt: skip
    """Raises InvalidError: a state or cursor that does not exist."""
    if state and state not in FILTERS:
        raise InvalidError([Fault("state", "invalid", "没有这个状态")])
    query = _joined().where(Ticket.queue.in_(queues), *_of_state(state))
    if cursor:
        query = query.where(tuple_(Dissatisfaction.on_day, Dissatisfaction.id) < tuple_(*_place(cursor)))
    query = query.order_by(Dissatisfaction.on_day.desc(), Dissatisfaction.id.desc()).limit(limit + 1)
    found = [_shown(*values) for values in session.execute(query)]
    last = found[limit - 1].row if len(found) > limit else None
    return Page(found[:limit], f"{last.on_day.isoformat()}~{last.id}" if last else None)


def one(session: Session, row: Dissatisfaction) -> Shown:
    """A row as the list shows it."""
    return _shown(*session.execute(_joined().where(Dissatisfaction.id == row.id)).one())


def counts(session: Session, queues: Sequence[str]) -> dict[str, int]:
    """How many each filter finds."""
    found = {}
    for state in FILTERS:
        query = select(func.count()).select_from(Dissatisfaction).join(Ticket, Ticket.id == Dissatisfaction.ticket_id)
        found[str(state)] = session.scalar(query.where(Ticket.queue.in_(queues), *_of_state(state))) or 0
    return found


def oldest(session: Session, queues: Sequence[str], state: str, limit: int) -> list[Shown]:
    """For 今日: those that wait longest."""
    query = _joined().where(Ticket.queue.in_(queues), *_of_state(state))
    return [_shown(*values) for values in session.execute(query.order_by(Dissatisfaction.on_day).limit(limit))]


def _joined() -> Any:
    return (
        select(Dissatisfaction, Ticket, Rating, ImprovementStage.name, User)
        .join(Ticket, Ticket.id == Dissatisfaction.ticket_id)
        .outerjoin(Rating, Rating.id == Dissatisfaction.rating_id)
        .outerjoin(ImprovementStage, ImprovementStage.id == Dissatisfaction.stage_id)
        .outerjoin(User, User.id == Dissatisfaction.person_id)
    )


def _shown(
    row: Dissatisfaction, ticket: Ticket, rating: Rating | None, stage: str | None, person: User | None
) -> Shown:  # fmt: skip
    return Shown(row, ticket, rating, stage or "", person)


def _of_state(state: str) -> list[ColumnElement[bool]]:
    if state == OVERDUE:
        today = clock.in_china(clock.now()).date()
        return [Dissatisfaction.done_on < today, Dissatisfaction.carried_out_at.is_(None)]
    return [Dissatisfaction.status == state] if state else []


def _place(cursor: str) -> tuple[date, uuid.UUID]:
    day, _, row_id = cursor.partition("~")
    try:
        return date.fromisoformat(day), uuid.UUID(row_id)
    except ValueError as error:
        raise InvalidError([Fault("cursor", "invalid", "翻页的位置不对，请从第一页开始")]) from error
