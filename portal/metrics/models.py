"""Daily counts, and the filing sessions: no address, no institution, no text."""

import uuid
from datetime import date, datetime

from sqlalchemy import JSON, Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class DailyCount(Base):
    """How often something happened on one day in China. `key` divides the count, as in `field:code`."""

    __tablename__ = "daily_counts"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]


class FilingCourse(Base):
    """A filing session, under the id of its draft, which becomes the report's.

    Until the filing it has the start time and the times of refused screenshots. Afterwards only the day, the class of
    device and whether anything was refused remain, so that a later 待补充 can be counted for it.
    """

    __tablename__ = "filing_courses"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(String(10))
    is_refused: Mapped[bool]
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refusals: Mapped[list[str]] = mapped_column(JSON)
    filed_on: Mapped[date | None] = mapped_column(Date)


class FilingRefusal(Base):
    """On which day the form refused a draft for a reason; gone with a draft that is never filed."""

    __tablename__ = "filing_refusals"
    __table_args__ = (Index("ix_filing_refusals_on_day_reason", "on_day", "reason"),)

    draft_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)  # becomes the report's id
    reason: Mapped[str] = mapped_column(String(80), primary_key=True)  # `field:code`
    on_day: Mapped[date] = mapped_column(Date, primary_key=True)
