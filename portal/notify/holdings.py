"""Pending notifications: event and number, nothing that was typed; and what people chose about them."""

from datetime import timedelta

from sqlalchemy import and_, exists

from portal.holdings import Expiry, Held, Keep
from portal.notify.models import (
    UNFINISHED,
    ChannelState,
    Delivery,
    NotificationChoice,
    NotificationRule,
    OutboxMessage,
    QuietHours,
    StaffNotice,
)

_STAY = timedelta(days=90)

# Deliveries before their messages: each names one.
HOLDINGS = (
    Held(
        Delivery,
        what="每条通知发给谁、发到第几次、结果怎样，只有编号",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("channel", "recipient_kind", "recipient_id", "status", "last_error"),
        expiry=Expiry(lambda now: and_(Delivery.created_at < now - _STAY, Delivery.status.not_in(UNFINISHED))),
    ),
    Held(
        OutboxMessage,
        what="待发的通知，只有事件和编号",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("event", "ticket_number", "named"),
        expiry=Expiry(
            lambda now: and_(
                OutboxMessage.expanded_at < now - _STAY, ~exists().where(Delivery.message_id == OutboxMessage.id)
            )
        ),
    ),
    Held(
        StaffNotice,
        what="给工作人员的站内通知，只有事件和编号",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("event", "number"),
        expiry=Expiry(lambda now: StaffNotice.created_at < now - _STAY),
    ),
    Held(ChannelState, what="每个通知渠道的状况", about="—", keep=Keep.LASTING, codes=("channel",)),
    Held(NotificationRule, what="哪些事件走哪些渠道", about="—", keep=Keep.LASTING, codes=("event", "channel")),
    Held(
        NotificationChoice,
        what="本人选择的通知",
        about="工作人员的编号",
        keep=Keep.PARENT,
        codes=("event", "channel"),
    ),
    Held(QuietHours, what="免打扰的时段", about="工作人员的编号", keep=Keep.LASTING, codes=("whose", "begins", "ends")),
)
