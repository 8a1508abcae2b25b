"""Messages and their deliveries: event names, numbers and ids, never a value that was typed."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class DeliveryState(StrEnum):
    """WAITING and SENDING go on; the others are final. A claim that nobody finished is SENDING beyond its lease."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"  # refused for good by the other side
    GIVEN_UP = "given_up"  # every attempt failed
    DROPPED = "dropped"  # there is nobody to send it to any more


UNFINISHED = (DeliveryState.WAITING.value, DeliveryState.SENDING.value)
LOST = (DeliveryState.FAILED.value, DeliveryState.GIVEN_UP.value)


class DeliveryError(StrEnum):
    """Why an attempt failed. A closed list: a channel's error text may hold its address or its secret."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"  # not the server that the settings name, or not encrypted
    REDIRECTED = "redirected"  # to an address that no setting names
    BUSY = "busy"  # asked to come again later
    SERVER = "server"  # an error of the other side, or an answer that makes no sense
    REFUSED = "refused"  # permanently; retrying is pointless
    FAULT = "fault"  # of the channel itself
    INTERRUPTED = "interrupted"  # the worker was killed during the last attempt


class StaffNotice(Base):
    """What a member of staff is told in the portal; unseen until they open its subject.

    A person has one unseen notice of an event and number: a repetition renews its time.
    """

    __tablename__ = "staff_notices"
    __table_args__ = (Index("ix_staff_notices_user_id_seen_at", "user_id", "seen_at", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    event: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(24))  # of the ticket, or of the event's other subject
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutboxMessage(Base):
    """One message: an event name and a number, who caused it, and people named beside those of the event's rule."""

    __tablename__ = "outbox_messages"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    event: Mapped[str] = mapped_column(String(40))
    ticket_number: Mapped[str] = mapped_column(String(24))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When it was turned into deliveries, whose states matter from then on.
    expanded_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[uuid.UUID | None]
    named: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class Delivery(Base):
    """One message on its way to one recipient through one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint(
            "message_id", "channel", "recipient_kind", "recipient_id", name="uq_deliveries_message_id_recipient"
        ),
        Index("ix_deliveries_status_channel_next_attempt_at", "status", "channel", "next_attempt_at"),
        Index("ix_deliveries_created_at", "created_at", "id"),
        Index("ix_deliveries_message_id", "message_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("outbox_messages.id"))
    channel: Mapped[str] = mapped_column(String(20))
    recipient_kind: Mapped[str] = mapped_column(String(10))
    recipient_id: Mapped[str] = mapped_column(String(36))  # empty if the kind is enough
    status: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    # An attempt moves it past the lease: until then no other worker takes the row, whatever happens to the first.
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(20))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it was sent, dropped or given up
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, server_default="2000-01-01 00:00:00.000000")
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by the last attempt
    status_code: Mapped[int | None]  # the answer to the last attempt, if it had one
    # The delivery whose message told of this one too: a digest. A later attempt sends the same ones together again.
    carrier_id: Mapped[uuid.UUID | None]


class ChannelState(Base):
    """How a channel fares. Its row is locked by every claim, so that workers count what a bot may take together."""

    __tablename__ = "channel_states"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    probed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the last claim while it fails
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when administrators were told that it fails
    rests_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # as the other side asked


class NotificationRule(Base):
    """What administrators switched on or off for everybody; without a row the default of `matrix` holds."""

    __tablename__ = "notification_rules"

    event: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    is_on: Mapped[bool]


class NotificationChoice(Base):
    """What a member of staff switched on or off for a channel of their own."""

    __tablename__ = "notification_choices"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    event: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    is_on: Mapped[bool]


class QuietHours(Base):
    """When somebody is not to be disturbed, as `22:00` in China: a user's id, or `clinics`. Equal ends: never."""

    __tablename__ = "quiet_hours"

    whose: Mapped[str] = mapped_column(String(36), primary_key=True)
    begins: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))
