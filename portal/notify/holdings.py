"""Pending notifications: event and number, nothing that was typed."""

from datetime import timedelta

from portal.holdings import Expiry, Held, Keep
from portal.notify.models import Delivery, OutboxMessage, StaffNotice

_NOTICES_STAY = timedelta(days=90)

HOLDINGS = (
    Held(
        OutboxMessage,
        what="待发的通知，只有事件和编号",
        about="—",
        keep=Keep.LASTING,
        codes=("event", "ticket_number"),
    ),
    Held(
        StaffNotice,
        what="给工作人员的站内通知，只有事件和编号",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("event", "number"),
        expiry=Expiry(lambda now: StaffNotice.created_at < now - _NOTICES_STAY),
    ),
    Held(
        Delivery,
        what="每条通知发给谁、发到第几次，只有编号",
        about="工作人员的编号",
        keep=Keep.LASTING,
        codes=("channel", "recipient_kind", "recipient_id", "status", "last_error"),
    ),
)
