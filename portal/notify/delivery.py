"""Sends the outbox (ARCHITECTURE 5): claim, commit, send outside every transaction, mark.

Every delivery is sent at least once. If a worker is killed between sending and marking, the delivery is sent again
after the lease; its id lets a receiver recognise that. Committed messages are never lost.
"""

import logging
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Thread

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database
from portal.notify import channel_health, claiming, expansion
from portal.notify.channel import Channel, Outcome, Outgoing, Result, retry
from portal.notify.claiming import LEASE, MOST_ATTEMPTS, PAUSES, Claim
from portal.notify.models import Delivery, DeliveryError, DeliveryState

__all__ = ["LEASE", "MOST_ATTEMPTS", "PAUSES", "Dispatcher", "Lane"]
_logger = logging.getLogger("portal.notify")


class Dispatcher:
    """Sends through these channels, round after round. Several can run at once and share the work."""

    def __init__(self, database: Database, channels: Sequence[Channel], base_url: str = "") -> None:
        self._database, self._channels, self._base_url = database, tuple(channels), base_url
        self._lanes = [Lane(channel) for channel in channels]

    def run(self) -> int:
        """Send what is due and return how many messages were sent.

        A channel that times out, or exceeds its timeout for all its messages together, gets the rest in the next round.
        """
        expansion.expand(self._database, self._channels)
        return sum(self._send_due(lane) for lane in self._lanes)

    def _send_due(self, lane: "Lane") -> int:
        if lane.is_hanging:
            return 0
        with self._database.transaction() as session:
            claims = claiming.claim(session, lane.channel, self._base_url)
        sent, started = 0, time.monotonic()
        for done, claimed in enumerate(claims, 1):
            result = lane.send(claimed.outgoing)
            self._database.run(partial(_mark, claimed, lane.channel, result))
            sent += result.is_ok
            if result.after is not None or time.monotonic() - started >= lane.channel.timeout_seconds:
                self._give_back(claims[done:])
                break
        return sent

    def _give_back(self, claims: Sequence[Claim]) -> None:
        if claims:
            with self._database.transaction() as session:
                claiming.unclaimed(session, claims)


class Lane:
    """One channel and the thread of its last attempt, which is abandoned if it does not return in time."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._thread: Thread | None = None

    @property
    def is_hanging(self) -> bool:
        """Whether the last attempt is still running: a channel blocks one thread at most, not one per round."""
        return self._thread is not None and self._thread.is_alive()

    def send(self, outgoing: Outgoing) -> Result:
        """What came of one attempt; it raises nothing."""
        results: list[Result] = []
        name = f"channel {self.channel.name}"
        self._thread = Thread(target=lambda: results.append(self._try(outgoing)), name=name, daemon=True)
        self._thread.start()
        self._thread.join(self.channel.timeout_seconds)
        return results[0] if results else retry(DeliveryError.TIMEOUT)

    def _try(self, outgoing: Outgoing) -> Result:
        try:
            return self.channel.send(outgoing)
        except OSError:
            return retry(DeliveryError.UNREACHABLE)
        except Exception as error:
            _logger.error("channel %s failed: %s", self.channel.name, type(error).__name__)
            return retry(DeliveryError.FAULT)


def _mark(claimed: Claim, channel: Channel, result: Result, session: Session) -> None:
    """Write the outcome. What another worker has taken over after the lease is only ever marked as delivered."""
    state = channel_health.locked(session, channel.name)
    query = select(Delivery).where(Delivery.id.in_(claimed.attempts)).order_by(Delivery.id).with_for_update()
    for row in session.scalars(query).all():
        is_ours = row.attempts == claimed.attempts[row.id] and row.status == DeliveryState.SENDING.value
        if is_ours or result.is_ok:
            _write(row, result, is_probe=claimed.is_probe)
    channel_health.note(session, state, channel.reaches, result)


def _write(row: Delivery, result: Result, *, is_probe: bool) -> None:
    row.status_code = result.status_code
    if result.is_ok:
        row.status, row.ended_at, row.last_error = DeliveryState.DELIVERED.value, clock.now(), None
    elif result.outcome is Outcome.DROPPED:
        row.status, row.ended_at = DeliveryState.DROPPED.value, clock.now()
    elif result.outcome is Outcome.PERMANENT and not is_probe:
        claiming.give_up(row, DeliveryState.FAILED, result.error or DeliveryError.REFUSED)
    elif is_probe:  # it waits with all others until the channel works, and its attempts do not count
        row.status, row.attempts, row.next_attempt_at = DeliveryState.WAITING.value, row.attempts - 1, clock.now()
        row.last_error = result.error.value if result.error else None
    elif row.attempts >= MOST_ATTEMPTS:
        claiming.give_up(row, DeliveryState.GIVEN_UP, result.error or DeliveryError.FAULT)
    else:
        row.status = DeliveryState.WAITING.value
        row.last_error = result.error.value if result.error else None
        row.next_attempt_at = _next_attempt(row.attempts, result.after)


def _next_attempt(attempts: int, after: timedelta | None) -> datetime:
    """A tenth earlier or later, so that failed deliveries are not all retried at the same moment; never before the
    time that the other side asked for.
    """
    pause = PAUSES[attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311  (hides nothing)
    return clock.now() + max(pause, min(after or pause, channel_health.LONGEST_REST))
