"""Channels that record, fail and hang as a test wants."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from portal.notify.channel import Outgoing
from portal.notify.recipients import RecipientKind


@dataclass
class Recorder:
    """Keeps what it was given. `before` is called first and may raise."""

    before: Callable[[Outgoing], None] = lambda outgoing: None
    name: str = "recorder"
    reaches: RecipientKind = RecipientKind.CONSOLE
    timeout_seconds: float = 30
    told: list[Outgoing] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> None:
        self.before(outgoing)
        self.told.append(outgoing)

    @property
    def numbers(self) -> list[str]:
        return [outgoing.ticket_number for outgoing in self.told]


@dataclass
class Hanging:
    """Tells when it has been called, and comes back when it is let go."""

    timeout_seconds: float = 30
    name: str = "hanging"
    reaches: RecipientKind = RecipientKind.CONSOLE
    called: Event = field(default_factory=Event)
    may_end: Event = field(default_factory=Event)
    calls: int = 0

    def send(self, outgoing: Outgoing) -> None:
        self.calls += 1
        self.called.set()
        self.may_end.wait(10)


def raising(error: Exception) -> Callable[[Outgoing], None]:
    """A `before` that always fails."""

    def fail(outgoing: Outgoing) -> None:
        raise error

    return fail
