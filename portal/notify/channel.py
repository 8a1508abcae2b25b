"""The interface of a channel, which reaches one kind of recipient."""

import uuid
from dataclasses import dataclass
from typing import Protocol

from portal.notify.events import Event
from portal.notify.recipients import RecipientKind


@dataclass(frozen=True)
class Outgoing:
    """One attempt to send. `id` is the same for every attempt, so that a receiver can recognise a repetition."""

    id: uuid.UUID
    attempt: int
    event: Event
    ticket_number: str
    recipient_id: str


class RefusedError(Exception):
    """The other side will never accept this delivery; retrying is pointless."""


class Channel(Protocol):
    """Called outside every transaction and may raise; see `delivery` for the consequences."""

    @property
    def name(self) -> str:
        """As stored with deliveries; up to 20 characters, never changed."""

    @property
    def reaches(self) -> RecipientKind:
        """The kind of recipient that it reaches."""

    @property
    def timeout_seconds(self) -> float:
        """How long one attempt may take before it counts as failed; far below `delivery.LEASE`."""

    def send(self, outgoing: Outgoing) -> None:
        """Send, or raise.

        Raises:
            RefusedError: permanently. Any other error: temporarily.
        """
