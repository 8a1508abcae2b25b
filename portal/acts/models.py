"""What acts keep beside the ticket: unsent texts, sealed; who is there; offers of a ticket to a colleague."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy import text as sql
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


class AssignmentOffer(Base):
    """A ticket offered to a colleague, who accepts or declines; a ticket has at most one open offer.

    `text` and `note` are free texts with secrets masked: what the giver writes, and why it was declined.
    """

    __tablename__ = "assignment_offers"
    __table_args__ = (
        Index(
            "uq_assignment_offers_open",
            "ticket_id",
            unique=True,
            sqlite_where=sql("status = 'open'"),
            postgresql_where=sql("status = 'open'"),
        ),
        Index("ix_assignment_offers_due", "status", "ends_at"),
        Index("ix_assignment_offers_from_id", "from_id", "status"),
        Index("ix_assignment_offers_to_id", "to_id", "status"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    round: Mapped[int]
    from_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    from_name: Mapped[str] = mapped_column(String(60))
    to_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    to_name: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(10))  # an `OfferState`
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text, default="")
