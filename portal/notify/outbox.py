"""The outbox: messages are written in the transaction of the change that they report, and sent later by `delivery`.

Staff are told in the portal at once, in the same transaction (`notices`).
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.db import insert_rows
from portal.notify import notices
from portal.notify.events import Event
from portal.notify.models import LOST, UNFINISHED, Delivery, OutboxMessage
from portal.notify.recipients import DEPARTMENT_MARK


@dataclass(frozen=True)
class Backlog:
    """Unsent deliveries: how many wait, since when at most, and how many were given up."""

    waiting: int
    oldest: datetime | None
    failed: int


def add(
    session: Session,
    event: Event,
    ticket_number: str,
    *,
    by: uuid.UUID | None = None,
    to: Iterable[uuid.UUID] = (),
    department: uuid.UUID | None = None,
) -> int:
    """Add a message; it is sent, and staff are told, only if the caller's transaction commits.

    Args:
        by: who caused it, and is not told of it. to: people whom it concerns besides those of the event's rule.
        department: whose common mailbox is told too.

    Returns:
        How many members of staff are told in the portal.
    """
    people = list(to)
    message = OutboxMessage(
        event=Event(event).value, ticket_number=ticket_number, created_at=clock.now(), actor_id=by,
        named=[*map(str, people), *([f"{DEPARTMENT_MARK}{department}"] if department else [])] or None,
    )  # fmt: skip
    insert_rows(session, message)
    return notices.tell(session, event, ticket_number, by=by, to=people)


def backlog(session: Session) -> Backlog:
    fresh = select(func.count(), func.min(OutboxMessage.created_at)).where(OutboxMessage.expanded_at.is_(None))
    tried = (
        select(func.count(), func.min(OutboxMessage.created_at))
        .select_from(Delivery)
        .join(OutboxMessage, OutboxMessage.id == Delivery.message_id)
        .where(Delivery.status.in_(UNFINISHED))
    )
    found = [session.execute(query).one() for query in (fresh, tried)]
    failed = session.scalar(select(func.count()).where(Delivery.status.in_(LOST))) or 0
    return Backlog(sum(count for count, _ in found), min((since for _, since in found if since), default=None), failed)
