"""What a lead sees at one glance: what is late or unanswered, what waits for a lead, who has how much (DESK 1.9).

A fixed number of queries, each with an end; no seal is opened.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, select, text
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.roles import Permission, roles_with
from portal.acts.models import AssignmentOffer
from portal.acts.offers import OfferState
from portal.escalation.causes import CAUSE_LABELS, Cause
from portal.escalation.models import AlertSeries, Escalation
from portal.tickets.models import DUE_RUNNING, UNDISPATCHED, Promise, Ticket
from portal.tickets.states import PromiseState, Turn

MOST_SHOWN = 20


@dataclass(frozen=True)
class Listed:
    """The first tickets of a list, and how many there are in all."""

    tickets: Sequence[Ticket]
    count: int


@dataclass(frozen=True)
class Load:
    """One person's open tickets: all, those that wait for them, those that are late."""

    user: User
    held: int
    ours: int
    late: int


@dataclass(frozen=True)
class Unacknowledged:
    """An alert that nobody has acknowledged; `next_at`: when the next step is due."""

    ticket: Ticket
    label: str
    raised_at: datetime
    next_at: datetime | None


def late(session: Session, queues: Sequence[str], now: datetime) -> Listed:
    """What is due first is overdue, the longest first."""
    return _listed(session, _of(queues).where(is_late(now)), Ticket.next_due_at)


def unanswered(session: Session, queues: Sequence[str]) -> Listed:
    """Open ones whose clinic has not had a word in this round, the oldest first."""
    silent = and_(Ticket.is_open, Ticket.reply_outcome.is_(None), Ticket.turn == Turn.US.value)
    return _listed(session, _of(queues).where(silent), Ticket.turn_since)


def undispatched(session: Session, queues: Sequence[str]) -> Listed:
    """A wider scope up to the result, and no department was ever asked, the newest first (DESK 1.5)."""
    query = _of(queues).where(text(UNDISPATCHED))
    return _listed(session, query, Ticket.resolved_at.desc())


def undecided(session: Session, queues: Sequence[str]) -> list[tuple[Escalation, Ticket]]:
    """What was put before the leads, the oldest first."""
    rows = (
        select(Escalation, Ticket)
        .join(Ticket, Ticket.id == Escalation.ticket_id)
        .where(Escalation.decided_at.is_(None), Ticket.queue.in_(queues))
        .order_by(Escalation.at, Escalation.id)
        .limit(MOST_SHOWN)
    )
    return [(row[0], row[1]) for row in session.execute(rows)]


def missed_promises(session: Session, queues: Sequence[str]) -> list[tuple[Promise, Ticket]]:
    """Of open tickets, in their current round: what the clinic was promised and did not get, the oldest first."""
    rows = (
        select(Promise, Ticket)
        .join(Ticket, Ticket.id == Promise.ticket_id)
        .where(
            Promise.status == PromiseState.MISSED.value,
            Promise.round == Ticket.round,
            Ticket.is_open,
            Ticket.queue.in_(queues),
        )
        .order_by(Promise.due_at, Promise.id)
        .limit(MOST_SHOWN)
    )
    return [(row[0], row[1]) for row in session.execute(rows)]


def unaccepted(session: Session, queues: Sequence[str]) -> list[tuple[AssignmentOffer, Ticket]]:
    """Offers that nobody has answered, the one that ends first in front."""
    rows = (
        select(AssignmentOffer, Ticket)
        .join(Ticket, Ticket.id == AssignmentOffer.ticket_id)
        .where(AssignmentOffer.status == OfferState.OPEN.value, Ticket.queue.in_(queues))
        .order_by(AssignmentOffer.ends_at, AssignmentOffer.id)
        .limit(MOST_SHOWN)
    )
    return [(row[0], row[1]) for row in session.execute(rows)]


def unacknowledged(session: Session, queues: Sequence[str]) -> list[Unacknowledged]:
    """Alerts whose steps go on, the next one first."""
    rows = (
        select(AlertSeries, Ticket)
        .join(Ticket, Ticket.id == AlertSeries.ticket_id)
        .where(AlertSeries.next_at.is_not(None), Ticket.queue.in_(queues))
        .order_by(AlertSeries.next_at, AlertSeries.id)
        .limit(MOST_SHOWN)
    )
    return [
        Unacknowledged(ticket, CAUSE_LABELS[Cause(series.cause)], series.raised_at, series.next_at)
        for series, ticket in session.execute(rows)
    ]


def loads(session: Session, queues: Sequence[str], now: datetime) -> list[Load]:
    """Everybody who works on tickets of these queues, and everybody else who still holds some; the fullest first."""
    roles = [role.value for role in roles_with(Permission.WORK_TICKET)]
    people = {
        user.id: user
        for user in session.scalars(select(User).order_by(User.name_key))
        if user.is_active and user.role in roles and set(queues) & set(user.queues)
    }
    rows = (
        select(
            Ticket.assignee_id,
            func.count(),
            func.sum(case((Ticket.turn == Turn.US.value, 1), else_=0)),
            func.sum(case((is_late(now), 1), else_=0)),
        )
        .where(Ticket.queue.in_(queues), Ticket.is_open, Ticket.assignee_id.is_not(None))
        .group_by(Ticket.assignee_id)
    )
    counted: dict[uuid.UUID, tuple[int, int, int]] = {row[0]: (row[1], row[2], row[3]) for row in session.execute(rows)}
    for user_id in counted.keys() - people.keys():  # in the session already: no query
        people[user_id] = session.get_one(User, user_id)
    found = [Load(user, *counted.get(user_id, (0, 0, 0))) for user_id, user in people.items()]
    return sorted(found, key=lambda load: (-load.held, load.user.name_key))


def is_late(now: datetime) -> ColumnElement[bool]:
    return and_(text(DUE_RUNNING), Ticket.next_due_at < now)


def _of(queues: Sequence[str]) -> Select[Ticket]:
    return select(Ticket).where(Ticket.queue.in_(queues))


def _listed(session: Session, query: Select[Ticket], order: object) -> Listed:
    tickets = session.scalars(query.order_by(order, Ticket.id).limit(MOST_SHOWN)).all()  # type: ignore[arg-type]
    if len(tickets) < MOST_SHOWN:
        return Listed(tickets, len(tickets))
    return Listed(tickets, session.scalar(select(func.count()).select_from(query.subquery())) or 0)
