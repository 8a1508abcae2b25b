"""The interface of a channel, which reaches one kind of recipient."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from portal.notify.message import Message
from portal.notify.models import DeliveryError
from portal.notify.recipients import RecipientKind


@dataclass(frozen=True)
class Outgoing:
    """One attempt to send. `id` is the same for every attempt, so that a receiver can recognise a repetition.

    `address`: where to, for a trial only; otherwise the channel finds the recipient's own at the moment of sending.
    """

    id: uuid.UUID
    attempt: int
    recipient_id: str
    message: Message
    address: str = field(repr=False, default="")


class Outcome(StrEnum):
    OK = "ok"
    RETRY = "retry"
    PERMANENT = "permanent"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Result:
    """What came of an attempt.

    Attributes:
        after: how long the other side asks to be left alone. status_code: of its answer.
    """

    outcome: Outcome
    error: DeliveryError | None = None
    after: timedelta | None = None
    status_code: int | None = None

    @property
    def is_ok(self) -> bool:
        return self.outcome is Outcome.OK


def ok(status_code: int | None = None) -> Result:
    return Result(Outcome.OK, None, None, status_code)


def retry(error: DeliveryError, after: timedelta | None = None, status_code: int | None = None) -> Result:
    return Result(Outcome.RETRY, error, after, status_code)


def permanent(status_code: int | None = None) -> Result:
    """The other side will never accept this delivery."""
    return Result(Outcome.PERMANENT, DeliveryError.REFUSED, None, status_code)


DROPPED = Result(Outcome.DROPPED)  # there is nobody to send it to any more


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

    def send(self, outgoing: Outgoing) -> Result:
        """Send once, and say what came of it."""
