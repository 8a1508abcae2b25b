"""Weeks, months and spans of days, in China: names, bounds, neighbours and words. Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from portal import clock

DAY = timedelta(days=1)
_WEEK, _MONTH = re.compile(r"(\d{4})-W(\d{2})"), re.compile(r"(\d{4})-(\d{2})")
_YEARS = range(2000, 9000)


class Grain(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"
    DAYS = "days"


@dataclass(frozen=True)
class Period:
    """Days in China, both ends inside. A week begins on Monday and is named as ISO 8601 does."""

    grain: Grain
    first: date
    last: date

    @property
    def name(self) -> str:
        """`2026-W48`, `2026-11`, or both days of a span."""
        if self.grain is Grain.WEEK:
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02d}"
        return f"{self.first:%Y-%m}" if self.grain is Grain.MONTH else f"{self.first}..{self.last}"

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), clock.CHINA)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + DAY, time(), clock.CHINA)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """2026 年第 48 周（11 月 23 日至 11 月 29 日）."""
        span = f"{self.first.month} 月 {self.first.day} 日至 {self.last.month} 月 {self.last.day} 日"
        if self.grain is Grain.WEEK:
            year, week, _ = self.first.isocalendar()
            return f"{year} 年第 {week} 周（{span}）"
        if self.grain is Grain.MONTH:
            return f"{self.first.year} 年 {self.first.month} 月"
        return f"{self.first} 至 {self.last}"

    @property
    def before(self) -> "Period":
        """The one before it, as long as it."""
        if self.grain is Grain.MONTH:
            return month_of(self.first - DAY)
        return Period(self.grain, self.first - self.days * DAY, self.first - DAY)

    @property
    def after(self) -> "Period":
        if self.grain is Grain.MONTH:
            return month_of(self.last + DAY)
        return Period(self.grain, self.last + DAY, self.last + self.days * DAY)


def week_of(day: date) -> Period:
    monday = day - day.weekday() * DAY
    return Period(Grain.WEEK, monday, monday + 6 * DAY)


def month_of(day: date) -> Period:
    first = day.replace(day=1)
    return Period(Grain.MONTH, first, (first + 31 * DAY).replace(day=1) - DAY)


def days(first: date, last: date) -> Period:
    """A span of days, in either order."""
    return Period(Grain.DAYS, min(first, last), max(first, last))


def read(text: str) -> Period | None:
    """A week or month by its name; None for any other text."""
    if found := _WEEK.fullmatch(text):
        return _read_week(int(found[1]), int(found[2]))
    if (found := _MONTH.fullmatch(text)) and int(found[1]) in _YEARS and 1 <= int(found[2]) <= 12:
        return month_of(date(int(found[1]), int(found[2]), 1))
    return None


def _read_week(year: int, week: int) -> Period | None:
    if year not in _YEARS:
        return None
    try:
        return week_of(date.fromisocalendar(year, week, 1))
    except ValueError:
        return None


def months_of(text: str) -> list[Period]:
    """The months of `2026-11`, `2026-Q4` or `2026`; empty for any other text."""
    if (month := read(text)) is not None and month.grain is Grain.MONTH:
        return [month]
    found = re.fullmatch(r"(\d{4})(?:-Q([1-4]))?", text)
    if not found or int(found[1]) not in _YEARS:
        return []
    numbers = range(1, 13) if not found[2] else range(int(found[2]) * 3 - 2, int(found[2]) * 3 + 1)
    return [month_of(date(int(found[1]), number, 1)) for number in numbers]
