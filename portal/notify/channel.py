"""What a channel is: a way to tell one kind of recipient."""

import uuid
from dataclasses import dataclass
from typing import Protocol

from portal.notify.events import Event
from portal.notify.recipients import RecipientKind


@dataclass(frozen=True)
class Outgoing:
    """One try to send. `id` stays the same when it is tried again, so that a receiver can recognise a repetition."""

    id: uuid.UUID
    attempt: int
    event: Event
    ticket_number: str
    recipient_id: str


class RefusedError(Exception):
    """The other side will never take this delivery: trying again is of no use."""


class Channel(Protocol):
    """A channel is called outside every transaction and may raise; see `delivery` for what follows."""

    @property
    def name(self) -> str:
        """As deliveries keep it; up to 20 characters, never changed."""

    @property
    def reaches(self) -> RecipientKind:
        """The kind of recipient that gets a delivery through it."""

    @property
    def timeout_seconds(self) -> float:
        """How long one sending may take before it counts as failed; far below `delivery.LEASE`."""

    def send(self, outgoing: Outgoing) -> None:
        """Send, or raise.

        Raises:
            RefusedError: permanently. Anything else: for now.
        """
