"""What acts keep beside the ticket: unsent texts, who is there, offers, replies for a lead, links, order breaks."""

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


class OrderBreak(Base):
    """A claim past tickets that came first in the queue; who it was stands in the trail alone (REQUIREMENTS I4)."""

    __tablename__ = "order_breaks"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    reason: Mapped[str] = mapped_column(String(20))  # of `order.REASON_LABELS`
    passed: Mapped[int]  # how many came first


_UNSENT = "status IN ('asked', 'approved', 'returned')"


class ReplyDraft(Base):
    """请主管审核: a reply shown to a lead before it is sent; `text` and `note` have their secrets masked."""

    __tablename__ = "reply_drafts"
    __table_args__ = (
        Index("ix_reply_drafts_ticket_id", "ticket_id"),
        Index(
            "uq_reply_drafts_unsent",
            "ticket_id",
            unique=True,
            sqlite_where=sql(_UNSENT),
            postgresql_where=sql(_UNSENT),
        ),
        Index("ix_reply_drafts_status_waits_until", "status", "waits_until"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    author_name: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))  # a `DraftState`
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    waits_until: Mapped[datetime] = mapped_column(UtcDateTime)  # undecided then, it is announced
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_by_name: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TicketLink(Base):
    """关联: two tickets that have to do with each other. `a_id` follows `b_id` if the kind says so."""

    __tablename__ = "ticket_links"

    a_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    b_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(20))  # a `LinkKind`
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
