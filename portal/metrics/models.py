"""Daily figures, and how one filing went: no address, no institution, no text."""

import uuid
from datetime import date, datetime

from sqlalchemy import JSON, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class DailyCount(Base):
    """How often something happened on one day in China. `key` tells kinds of it apart, as `field:code`."""

    __tablename__ = "daily_counts"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]


class FilingCourse(Base):
    """One filing through the form, under its draft's id, which becomes the report's.

    Until it is filed it holds when it was begun and when its pictures were refused. Afterwards only the day, the
    class of device and whether anything was refused are left, so that a later 待补充 can be told of it.
    """

    __tablename__ = "filing_courses"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(String(10))
    is_refused: Mapped[bool]
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refusals: Mapped[list[str]] = mapped_column(JSON)
    filed_on: Mapped[date | None] = mapped_column(Date)
