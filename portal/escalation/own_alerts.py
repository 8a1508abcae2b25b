"""The alerts of one person, newest first; a fixed number of queries."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, select, tuple_
from sqlalchemy.orm import Session

from portal.clocks.models import TicketClock
from portal.clocks.names import CLOCK_LABELS
from portal.escalation.causes import CAUSE_LABELS, Cause
from portal.escalation.models import Alert, AlertSeries
from portal.tickets.models import Ticket
from portal.tickets.states import Urgency

ABSENT = "没有找到这条提醒"
PAGE_SIZE = 50
MOST = 200


@dataclass(frozen=True)
class OwnAlert:
    """One step that reached the person, with its series and ticket; `clock` is the one that it is about, if any."""

    alert: Alert
    series: AlertSeries
    ticket: Ticket
    clock: str | None

    @cached_property
    def cause(self) -> Cause:
        return Cause(self.series.cause)

    @property
    def label(self) -> str:
        """Two clocks of a ticket may be late: 响应超过时限, 反馈超过时限."""
        return f"{CLOCK_LABELS[self.clock] if self.clock else ''}{CAUSE_LABELS[self.cause]}"

    @property
    def is_repeated(self) -> bool:
        """Whether an earlier step went by without an acknowledgement."""
        return self.alert.step > 1

    @property
    def next_at(self) -> datetime | None:
        """When others are alerted if nobody acknowledges it."""
        return self.series.next_at if self.alert.step == self.series.step else None


Place = tuple[datetime, uuid.UUID]


def raised_to(
    session: Session, user_id: uuid.UUID, queues: Sequence[str], before: Place | None, most: int
) -> list[OwnAlert]:
    """All that were ever raised to a person about tickets of their queues, the newest first."""
    query = _of(user_id, queues).order_by(Alert.raised_at.desc(), Alert.id.desc()).limit(most)
    if before is not None:
        query = query.where(tuple_(Alert.raised_at, Alert.id) < tuple_(*before))
    return [OwnAlert(*row) for row in session.execute(query)]


def place_of(session: Session, user_id: uuid.UUID, alert_id: uuid.UUID) -> Place | None:
    """Where an alert stands in the list; None if it is none of theirs."""
    alert = session.get(Alert, alert_id)
    return None if alert is None or alert.to_user_id != user_id else (alert.raised_at, alert.id)


def unacknowledged(session: Session, user_id: uuid.UUID, queues: Sequence[str], most: int = MOST) -> list[OwnAlert]:
    """What still waits for somebody's acknowledgement: the newest step of each that reached this person."""
    return _newest(session, _waiting(user_id, queues).limit(most))


def of_ticket(session: Session, user_id: uuid.UUID, ticket: Ticket) -> list[OwnAlert]:
    """As `unacknowledged`, of one ticket."""
    return _newest(session, _waiting(user_id, (ticket.queue,)).where(Ticket.id == ticket.id))


def _waiting(user_id: uuid.UUID, queues: Sequence[str]) -> Select[Any, Any, Any, Any]:
    waits = (AlertSeries.acknowledged_at.is_(None), AlertSeries.ended_at.is_(None), _still_holds())
    return _of(user_id, queues).where(*waits).order_by(Alert.raised_at.desc(), Alert.id)


def _newest(session: Session, query: Select[Any, Any, Any, Any]) -> list[OwnAlert]:
    newest: dict[uuid.UUID, OwnAlert] = {}
    for row in session.execute(query):
        newest.setdefault(row[1].id, OwnAlert(*row))
    return list(newest.values())


def _of(user_id: uuid.UUID, queues: Sequence[str]) -> Select[Any, Any, Any, Any]:
    return (
        select(Alert, AlertSeries, Ticket, TicketClock.clock)
        .join(AlertSeries, AlertSeries.id == Alert.series_id)
        .join(Ticket, Ticket.id == AlertSeries.ticket_id)
        .outerjoin(TicketClock, TicketClock.id == AlertSeries.subject_id)
        .where(Alert.to_user_id == user_id, Ticket.queue.in_(queues))
    )


def _still_holds() -> ColumnElement[bool]:
    """The ticket is still 特急, the clock still runs."""
    is_calm = and_(AlertSeries.cause == Cause.CRITICAL.value, Ticket.urgency != Urgency.CRITICAL.value)
    return and_(not_(is_calm), TicketClock.ended_at.is_(None))
