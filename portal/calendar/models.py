"""The days on which the service works, as data: exceptions to Monday to Friday, and the years that are known."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id

NAME_LENGTH = 40
NOTE_LENGTH = 200


class DayOrigin(StrEnum):
    """Where a day or year is from."""

    PACKAGE = "package"  # the package `chinesecalendar`
    NOTICE = "notice"  # the State Council's, as it was pasted
    MANUAL = "manual"


class YearState(StrEnum):
    """Whether a year's public holidays are known; a year without a row is estimated."""

    ESTIMATED = "estimated"
    CONFIRMED = "confirmed"


class CalendarYear(Base):
    """A year with its version, which grows with every change of its days; `told_at`: people know that it is missing."""

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(10))
    confirmed_by_id: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int]
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CalendarDay(Base):
    """A weekday off, or a weekend day that is worked. Other days need no row."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    origin: Mapped[str] = mapped_column(String(10))
    changed_by_id: Mapped[uuid.UUID | None]
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CalendarChange(Base):
    """What a day was and has become; insert-only. `was` and `now` are None for a day that is as its weekday."""

    __tablename__ = "calendar_changes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[uuid.UUID | None]
    day: Mapped[date] = mapped_column(Date, index=True)
    was: Mapped[bool | None]
    was_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    now: Mapped[bool | None]
    now_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    note: Mapped[str] = mapped_column(String(NOTE_LENGTH))


class CalendarImport(Base):
    """A notice or table that was read and waits to be confirmed; `content` is what it says, never its text."""

    __tablename__ = "calendar_imports"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    year: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    versions: Mapped[dict[str, int]] = mapped_column(JSON)
    made_by_id: Mapped[uuid.UUID]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
