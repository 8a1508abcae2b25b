"""Messages and their deliveries: event names, numbers and ids, never a value that was typed."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class DeliveryState(StrEnum):
    """WAITING until an attempt succeeds or the last one fails; the others are final."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class DeliveryError(StrEnum):
    """Why an attempt failed. A closed list: a channel's error text may hold its address or its secret."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
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
    """One message: an event name and a ticket number, nothing else."""

    __tablename__ = "outbox_messages"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    event: Mapped[str] = mapped_column(String(40))
    ticket_number: Mapped[str] = mapped_column(String(24))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When it was turned into deliveries, whose states matter from then on.
    expanded_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class Delivery(Base):
    """One message on its way to one recipient through one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint(
            "message_id", "channel", "recipient_kind", "recipient_id", name="uq_deliveries_message_id_recipient"
        ),
        Index("ix_deliveries_status_channel_next_attempt_at", "status", "channel", "next_attempt_at"),
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
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it was sent or given up
