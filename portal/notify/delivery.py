"""Sends the outbox (ARCHITECTURE 5): claim, commit, send outside every transaction, mark.

Every delivery is sent at least once. If a worker is killed between sending and marking, the delivery is sent again
after the lease; its id lets a receiver recognise that. Committed messages are never lost.
"""

import logging
import random
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Thread

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database, insert_rows
from portal.notify.channel import Channel, Outgoing, RefusedError
from portal.notify.events import Event
from portal.notify.models import Delivery, DeliveryError, DeliveryState, OutboxMessage
from portal.notify.recipients import recipients_of

LEASE = timedelta(minutes=5)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440))
MOST_ATTEMPTS = len(PAUSES) + 1
_BATCH = 100
_logger = logging.getLogger("portal.notify")


class Dispatcher:
    """Sends through these channels, round after round. Several can run at once and share the work."""

    def __init__(self, database: Database, channels: Sequence[Channel]) -> None:
        self._database = database
        self._lanes = [_Lane(channel) for channel in channels]

    def run(self) -> int:
        """Send what is due and return how much was sent.

        A channel that times out, or exceeds its timeout for all its messages together, gets the rest in the next round.
        """
        self._expand()
        return sum(self._send_due(lane) for lane in self._lanes)

    def _expand(self) -> None:
        with self._database.transaction() as session:
            fresh = select(OutboxMessage).where(OutboxMessage.expanded_at.is_(None))
            fresh = fresh.order_by(OutboxMessage.created_at).limit(_BATCH).with_for_update(skip_locked=True)
            for message in session.scalars(fresh).all():
                insert_rows(session, *self._deliveries(session, message))
                message.expanded_at = clock.now()

    def _deliveries(self, session: Session, message: OutboxMessage) -> list[Delivery]:
        if message.event not in list(Event):  # written by another version
            _logger.error("message %s has an unknown event", message.id)
            return []
        return [
            Delivery(
                id=uuid.uuid4(), message_id=message.id, channel=channel.name, recipient_kind=channel.reaches.value,
                recipient_id=recipient_id, status=DeliveryState.WAITING.value, attempts=0,
                next_attempt_at=message.created_at,
            )
            for channel in (lane.channel for lane in self._lanes)
            for recipient_id in recipients_of(session, Event(message.event), message.ticket_number, channel.reaches)
        ]  # fmt: skip

    def _send_due(self, lane: "_Lane") -> int:
        if lane.is_hanging:
            return 0
        claimed, sent = self._claim(lane.channel.name), 0
        started = time.monotonic()
        for done, outgoing in enumerate(claimed, 1):
            error = lane.send(outgoing)
            self._mark(outgoing, error)
            sent += error is None
            if time.monotonic() - started >= lane.channel.timeout_seconds:
                self._give_back(claimed[done:])
                break
        return sent

    def _claim(self, channel: str) -> list[Outgoing]:
        """Claim what is due, for the time of the lease. A claim counts as an attempt, so that no delivery kills workers
        for ever.
        """
        now = clock.now()
        due = (
            select(Delivery, OutboxMessage)
            .join(OutboxMessage, OutboxMessage.id == Delivery.message_id)
            .where(
                Delivery.status == DeliveryState.WAITING.value, Delivery.channel == channel,
                Delivery.next_attempt_at <= now,
            )
            .order_by(Delivery.next_attempt_at, Delivery.id)
            .limit(_BATCH)
            .with_for_update(of=Delivery, skip_locked=True)
        )  # fmt: skip
        claimed = []
        with self._database.transaction() as session:
            for row, message in session.execute(due).all():
                if row.attempts >= MOST_ATTEMPTS:
                    _give_up(row, DeliveryError.INTERRUPTED)
                    continue
                row.attempts, row.next_attempt_at = row.attempts + 1, now + LEASE
                claimed.append(
                    Outgoing(row.id, row.attempts, Event(message.event), message.ticket_number, row.recipient_id)
                )
        return claimed

    def _give_back(self, claimed: Sequence[Outgoing]) -> None:
        """Return rows that were not attempted."""
        with self._database.transaction() as session:
            for outgoing in claimed:
                session.execute(
                    update(Delivery)
                    .where(Delivery.id == outgoing.id, Delivery.attempts == outgoing.attempt)
                    .values(attempts=outgoing.attempt - 1, next_attempt_at=clock.now())
                )

    def _mark(self, outgoing: Outgoing, error: DeliveryError | None) -> None:
        with self._database.transaction() as session:
            row = session.get_one(Delivery, outgoing.id, with_for_update=True)
            if error is None:
                row.status, row.ended_at, row.last_error = DeliveryState.SENT.value, clock.now(), None
            elif row.attempts != outgoing.attempt:
                return  # the lease has expired, and the row belongs to another worker
            elif error is DeliveryError.REFUSED or row.attempts >= MOST_ATTEMPTS:
                _give_up(row, error)
            else:
                row.last_error, row.next_attempt_at = error.value, _next_attempt(row.attempts)


class _Lane:
    """One channel and the thread of its last attempt, which is abandoned if it does not return in time."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._thread: Thread | None = None

    @property
    def is_hanging(self) -> bool:
        """Whether the last attempt is still running: a channel blocks one thread at most, not one per round."""
        return self._thread is not None and self._thread.is_alive()

    def send(self, outgoing: Outgoing) -> DeliveryError | None:
        """The error, or None."""
        outcome: list[DeliveryError | None] = []
        name = f"channel {self.channel.name}"
        self._thread = Thread(target=lambda: outcome.append(self._try(outgoing)), name=name, daemon=True)
        self._thread.start()
        self._thread.join(self.channel.timeout_seconds)
        return outcome[0] if outcome else DeliveryError.TIMEOUT

    def _try(self, outgoing: Outgoing) -> DeliveryError | None:
        try:
            self.channel.send(outgoing)
        except RefusedError:
            return DeliveryError.REFUSED
        except OSError:
            return DeliveryError.UNREACHABLE
        except Exception as error:
            _logger.error("channel %s failed: %s", self.channel.name, type(error).__name__)
            return DeliveryError.FAULT
        return None


def _give_up(row: Delivery, error: DeliveryError) -> None:
    row.status, row.last_error, row.ended_at = DeliveryState.FAILED.value, error.value, clock.now()
    _logger.error("delivery %s through %s is given up: %s", row.id, row.channel, error)


def _next_attempt(attempts: int) -> datetime:
    """A tenth earlier or later, so that failed deliveries are not all retried at the same moment."""
    return clock.now() + PAUSES[attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311  (hides nothing)
