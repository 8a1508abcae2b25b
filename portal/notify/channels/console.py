"""The default channel: a log line, so that nothing leaves the machine."""

import logging
from dataclasses import dataclass

from portal.notify.channel import Outgoing, Result, ok
from portal.notify.recipients import RecipientKind

_logger = logging.getLogger("portal.notify")


@dataclass(frozen=True)
class Console:
    """Always active."""

    name: str = "console"
    reaches: RecipientKind = RecipientKind.CONSOLE
    timeout_seconds: float = 10

    def send(self, outgoing: Outgoing) -> Result:
        """Log the event; number and event name hold no personal data."""
        _logger.info("%s %s", outgoing.message.event, outgoing.message.number)
        return ok()
