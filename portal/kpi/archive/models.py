"""On which days people were reminded of what is missing."""

from datetime import date, datetime

from sqlalchemy import Date
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class DayEndReminder(Base):
    """The reminder of a day in China; one, whatever the number of workers."""

    __tablename__ = "day_end_reminders"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
