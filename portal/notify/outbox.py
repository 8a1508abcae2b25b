"""Writes outbox rows in the change's own transaction and hands them to a channel afterwards."""

from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database, insert_rows
from portal.notify.models import OutboxMessage

Channel = Callable[[str, str], None]
_BATCH = 100


def add(session: Session, event: str, ticket_number: str) -> None:
    """Note that somebody is to be told; delivered only if the caller's transaction commits."""
    insert_rows(session, OutboxMessage(event=event, ticket_number=ticket_number, created_at=clock.now()))


def deliver_pending(database: Database, channel: Channel) -> int:
    """Hand waiting messages to `channel(event, ticket_number)` and return how many were delivered.

    A row is claimed by a conditional UPDATE first, so that two workers never deliver it twice.
    """
    with database.read() as session:
        waiting = session.execute(
            select(OutboxMessage.id, OutboxMessage.event, OutboxMessage.ticket_number)
            .where(OutboxMessage.delivered_at.is_(None))
            .order_by(OutboxMessage.created_at)
            .limit(_BATCH)
        ).all()
    delivered = 0
    for message in waiting:
        with database.transaction() as session:
            claimed = session.execute(
                update(OutboxMessage)
                .where(OutboxMessage.id == message.id, OutboxMessage.delivered_at.is_(None))
                .values(delivered_at=clock.now())
            )
            if claimed.rowcount:  # type: ignore[attr-defined]
                channel(message.event, message.ticket_number)
                delivered += 1
    return delivered
