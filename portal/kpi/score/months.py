"""Months of China: `2026-11` (CONTRACT 7)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from portal import clock

_NAME = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """One month, by its first day."""

    first: date

    @classmethod
    def read(cls, name: str) -> "Month | None":
        """None for anything but four digits, a dash and a month."""
        found = _NAME.fullmatch(name)
        return cls(date(int(found[1]), int(found[2]), 1)) if found and name.isascii() else None

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        return cls(clock.in_china(moment).date().replace(day=1))

    @property
    def name(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def label(self) -> str:
        return f"{self.first.year} 年 {self.first.month} 月"

    @property
    def next(self) -> "Month":
        return Month((self.first + timedelta(days=32)).replace(day=1))

    @property
    def before(self) -> "Month":
        return Month((self.first - timedelta(days=1)).replace(day=1))

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=place) for place in range((self.next.first - self.first).days)]

    @property
    def begins_at(self) -> datetime:
        return datetime.combine(self.first, time(), clock.CHINA)

    @property
    def ends_at(self) -> datetime:
        return self.next.begins_at
