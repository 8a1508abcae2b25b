"""Samples of the trail and their findings."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base, UtcDateTime, new_id


class SampleMark(StrEnum):
    """A reviewer's finding on a sampled row; OPEN until it is reviewed."""

    OPEN = "open"
    FINE = "fine"
    EXPLAIN = "explain"


class Sample(Base):
    """A random sample (抽查): seed, period, queues and the newest row at the time reproduce its rows at any time.

    `queues`: whose accesses it was drawn from; None for all.
    """

    __tablename__ = "samples"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    drawn_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    drawer_name: Mapped[str] = mapped_column(String(60))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    size: Mapped[int]
    seed: Mapped[str] = mapped_column(String(32))
    newest_seq: Mapped[int] = mapped_column(BigInteger)
    population: Mapped[int]
    queues: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class SampledRow(Base):
    """One row of a sample, its mark, and the answer of the person who had access. Texts hold no secret."""

    __tablename__ = "sampled_rows"
    __table_args__ = (UniqueConstraint("sample_id", "place"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    sample_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("samples.id"))
    place: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)
    ticket_number: Mapped[str | None] = mapped_column(String(24))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    mark: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text)
    marked_by: Mapped[str] = mapped_column(String(60))
    marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def unanswered(session: Session, user_id: uuid.UUID) -> int:
    """How many accesses of this person need an explanation; only their own pages show it."""
    return session.scalar(_WAITING, {"person": user_id}) or 0


# Made once: every queue page runs it.
_WAITING = select(func.count()).where(
    SampledRow.person_id == bindparam("person"),
    SampledRow.mark == SampleMark.EXPLAIN,
    SampledRow.answered_at.is_(None),
)
