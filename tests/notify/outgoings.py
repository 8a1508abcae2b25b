"""Messages to send."""

import uuid
from datetime import UTC, datetime
from typing import Any

from portal.notify.channel import Outgoing
from portal.notify.message import Message

ID = uuid.UUID("12345678-1234-4234-8234-1234567890ab")
AT = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)


def outgoing(recipient: str = "general", address: str = "", **message: Any) -> Outgoing:
    given = {"event": "report-filed", "number": "RC2026110001", "sentence": "有新问题", "at": AT, **message}
    return Outgoing(ID, 1, recipient, Message(**given), address)
