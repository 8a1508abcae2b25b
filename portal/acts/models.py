"""What a ticket page holds of people at work: unsent texts, sealed, and who is there."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class UnsentText(Base):
    """What one person typed into the forms of one ticket and has not sent."""

    __tablename__ = "unsent_texts"
    __table_args__ = (UniqueConstraint("ticket_id", "user_id", name="uq_unsent_texts_ticket_id_user_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"))  # its key seals them
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    texts_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Presence(Base):
    """Who has a ticket's page open; a row lives for seconds after the page last said so."""

    __tablename__ = "presences"

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    mode: Mapped[str] = mapped_column(String(10))
    until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
