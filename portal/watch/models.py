"""What the portal notes about itself. Nothing of a ticket or a person."""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class ClockMark(Base):
    """The single row of the last trusted moment.

    `steady_from` is when a doubted clock began to run without a jump, `seen_at` where it was seen last.
    """

    __tablename__ = "clock_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    trusted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    steady_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoreMark(Base):
    """The single row that names the store of pictures; the same name stands in the store's own mark."""

    __tablename__ = "store_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    store_id: Mapped[str] = mapped_column(String(32))
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Alarm(Base):
    """A condition that does not hold, and since when."""

    __tablename__ = "alarms"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class ForwardMark(Base):
    """The single row of the last row of the trail that was forwarded."""

    __tablename__ = "forward_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)


class StartedSetting(Base):
    """A setting that loosens a rule, with the value of the last start."""

    __tablename__ = "started_settings"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
