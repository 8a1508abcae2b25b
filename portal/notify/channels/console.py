"""The default channel: a log line, so that nothing leaves the machine."""

import logging

_logger = logging.getLogger("portal.notify")


def tell(event: str, ticket_number: str) -> None:
    """Note the event; number and event name hold no personal data."""
    _logger.info("%s %s", event, ticket_number)
