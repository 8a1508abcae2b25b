"""Emergency requests and their outcome."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class BreakGlassState(StrEnum):
    """ASKED and APPROVED expire at `expires_at`; the others are final."""

    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"
    WITHDRAWN = "withdrawn"  # the ticket ended, left its queue, or became the asker's own
    EXPIRED = "expired"  # never stored: an open one past its time


class BreakGlassRequest(Base):
    """One person requests one field of one ticket once; another one decides. `reason` holds no secret."""

    __tablename__ = "break_glass_requests"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    field: Mapped[str] = mapped_column(String(60))
    label: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    asker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    asker_name: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    status: Mapped[str] = mapped_column(String(10))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    decider_name: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TextRedaction(Base):
    """A passage that was hidden by hand, for as long as it can be restored.

    `places` are its occurrences in the ticket's texts, as `text_restoring.Occurrence`: where, and how long it was and
    is. What stood there is sealed beside the value, under the same key: destroyed with it, it cannot be restored.
    """

    __tablename__ = "text_redactions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    value_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_values.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(120))
    places: Mapped[list[Any]] = mapped_column(JSON)
    passages_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))
    made_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class MaskingPermit(Base):
    """The report whose texts are masked in this transaction; a committed row of this table never exists.

    Reports and timelines are insert-only, and the database refuses to change them: it accepts a text with a new mask
    only while this row of the same transaction names the report (see `passages`).
    """

    __tablename__ = "masking_permits"

    report_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class TextSearch(Base):
    """One row: how far the texts of all tickets have been searched again under these rules of the finder."""

    __tablename__ = "text_searches"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[str] = mapped_column(String(16))
    after_id: Mapped[uuid.UUID | None]
    is_done: Mapped[bool]
