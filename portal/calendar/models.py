"""The days on which the service works, as data: exceptions to Monday to Friday, and the years that are known."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class Origin(StrEnum):
    """Where a day or year is from."""

    PACKAGE = "package"  # the package `chinesecalendar`
    MANUAL = "manual"


class CalendarYear(Base):
    """A year whose public holidays are known. A year without a row is an estimate."""

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(10))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CalendarDay(Base):
    """A weekday off, or a weekend day that is worked. Other days need no row."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(40))
    origin: Mapped[str] = mapped_column(String(10))
