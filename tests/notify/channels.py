"""Channels that record, fail and hang as a test wants."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from portal.notify.channel import Outgoing, Result, ok
from portal.notify.recipients import RecipientKind


@dataclass
class Recorder:
    """Keeps what it was given. `before` is called first, may raise, and may say what came of it."""

    before: Callable[[Outgoing], Result | None] = lambda outgoing: None
    name: str = "recorder"
    reaches: RecipientKind = RecipientKind.CONSOLE
    timeout_seconds: float = 30
    told: list[Outgoing] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> Result:
        result = self.before(outgoing)
        if result is None:
            self.told.append(outgoing)
        return result or ok()

    @property
    def numbers(self) -> list[str]:
        return [outgoing.message.number for outgoing in self.told]


@dataclass
class Hanging:
    """Tells when it has been called, and comes back when it is let go."""

    timeout_seconds: float = 30
    name: str = "hanging"
    reaches: RecipientKind = RecipientKind.CONSOLE
    called: Event = field(default_factory=Event)
    may_end: Event = field(default_factory=Event)
    calls: int = 0

    def send(self, outgoing: Outgoing) -> Result:
        self.calls += 1
        self.called.set()
        self.may_end.wait(10)
        return ok()


def raising(error: Exception) -> Callable[[Outgoing], Result | None]:
    """A `before` that always fails."""

    def fail(outgoing: Outgoing) -> Result | None:
        raise error

    return fail
