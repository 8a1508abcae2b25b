"""A draft: its owner's answers so far, sealed, for a day; and the link through which a phone adds screenshots."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class Draft(Base):
    """Belongs to one browser, by its token's hash, or to one member of staff. Its id becomes the report's.

    Staff choose the kind among the answers, so theirs have `kind` None.
    """

    __tablename__ = "drafts"
    __table_args__ = (CheckConstraint("(token_hash IS NULL) <> (user_id IS NULL)", name="ck_drafts_one_owner"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str | None] = mapped_column(String(20))
    answers_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tickets.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PictureRefusal(Base):
    """Why the last picture offered for a slot was not taken. Deleted with its draft."""

    __tablename__ = "picture_refusals"

    draft_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True)
    slot: Mapped[str] = mapped_column(String(40), primary_key=True)
    message: Mapped[str] = mapped_column(String(300))


class HandOver(Base):
    """换用手机传图: one link, for one phone, for a quarter of an hour. Deleted with its draft."""

    __tablename__ = "hand_overs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    picture_ids: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
