"""Samples of replies whose wording a lead marks (REQUIREMENTS H10)."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class QualitySample(Base):
    """So many public replies of one person in a month; seed and queues reproduce which."""

    __tablename__ = "quality_samples"
    __table_args__ = (Index("ix_quality_samples_user_id", "user_id", "month"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    month: Mapped[str] = mapped_column(String(7))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    drawn_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    drawn_by_name: Mapped[str] = mapped_column(String(60))
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seed: Mapped[str] = mapped_column(String(32))
    size: Mapped[int]
    population: Mapped[int]


class QualityMark(Base):
    """One reply of a sample. Its text stays in the timeline; the marks are None until a lead gives them.

    Attributes:
        entry_id: the line of the timeline. address, clear, steps, tone: 称呼、清楚、步骤、语气, 1-5.
    """

    __tablename__ = "quality_marks"

    sample_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("quality_samples.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[uuid.UUID]
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    number: Mapped[str] = mapped_column(String(24))
    address: Mapped[int | None]
    clear: Mapped[int | None]
    steps: Mapped[int | None]
    tone: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="")
    marked_by_id: Mapped[uuid.UUID | None]
    marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
