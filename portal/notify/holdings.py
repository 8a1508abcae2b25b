"""What waits to be told: event and number, nothing that was typed."""

from portal.holdings import Held, Keep
from portal.notify.models import OutboxMessage

HOLDINGS = (
    Held(
        OutboxMessage,
        what="待发的通知，只有事件和编号",
        about="—",
        keep=Keep.LASTING,
        codes=("event", "ticket_number"),
    ),
)
