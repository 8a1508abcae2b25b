"""Working time, counted so slowly that it is obviously right: minute after minute, each open or closed as a whole."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from portal.clock import CHINA

FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
Minutes = frozenset[int]
_START = datetime(2025, 1, 1, tzinfo=CHINA)
_MINUTE = 60_000_000  # microseconds
_DAY = 1440  # minutes


@dataclass(frozen=True)
class SlowTime:
    """Counts in microseconds since a midnight in China.

    `opened` are the open minutes of Monday to Friday; `odd` the days that are not as their weekday.
    """

    opened: tuple[Minutes, ...]
    odd: dict[date, bool]
    known_years: frozenset[int]
    _seen: dict[int, Minutes] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        if day in self.odd:
            return self.odd[day]
        if day.year not in self.known_years and (day.month, day.day) in FIXED:
            return False
        return day.isoweekday() not in (6, 7)

    def is_open(self, moment: int) -> bool:
        number, minute = divmod(moment // _MINUTE, _DAY)
        if number not in self._seen:
            day = _START.date() + timedelta(days=number)
            hours = self.opened[day.weekday() if day.weekday() < 5 else 0]
            self._seen[number] = hours if self.is_working(day) else frozenset()
        return minute in self._seen[number]

    def next_open(self, moment: int) -> int:
        while not self.is_open(moment):
            moment = next_minute(moment)
        return moment

    def add(self, moment: int, left: int) -> int:
        while left > 0:
            step = next_minute(moment) - moment
            if self.is_open(moment):
                step = min(step, left)
                left -= step
            moment += step
        return moment

    def add_days(self, moment: int, days: int) -> int:
        moment = self.next_open(moment)
        while days:
            moment += _DAY * _MINUTE
            days -= self.is_working(as_datetime(moment).date())
        return self.next_open(moment)

    def between(self, begin: int, end: int) -> int:
        passed = 0
        while begin < end:
            step = min(next_minute(begin), end) - begin
            if self.is_open(begin):
                passed += step
            begin += step
        return passed


def next_minute(moment: int) -> int:
    return (moment // _MINUTE + 1) * _MINUTE


def as_datetime(moment: int) -> datetime:
    return _START + timedelta(microseconds=moment)


def as_count(moment: datetime) -> int:
    return (moment - _START) // timedelta(microseconds=1)


def minutes_of(spans: str) -> Minutes:
    """Every minute of spans such as `08:30-12:00 14:00-17:30`."""
    found: set[int] = set()
    for span in spans.split():
        begin, end = ([int(part) for part in side.split(":")] for side in span.split("-"))
        found.update(range(begin[0] * 60 + begin[1], end[0] * 60 + end[1]))
    return frozenset(found)


def random_spans(dice: random.Random) -> str:
    """One to three spans that may touch each other, midnight and the end of the day."""
    borders = dice.sample(range(0, 1441, dice.choice((7, 30, 60, 120))), dice.choice((2, 2, 4, 4, 6)))
    borders.sort()
    clock = [f"{border // 60:02}:{border % 60:02}" for border in borders]
    return " ".join(f"{begin}-{end}" for begin, end in zip(clock[::2], clock[1::2], strict=True))


def random_moment(dice: random.Random, first: date, days: int) -> datetime:
    """Often at a whole or half hour, where borders are."""
    midnight = datetime(first.year, first.month, first.day, tzinfo=CHINA)
    if dice.random() < 0.4:
        return midnight + timedelta(minutes=30 * dice.randrange(48 * days))
    return midnight + timedelta(seconds=dice.randrange(86400 * days), microseconds=dice.choice((0, 0, 1, 999_999)))


def random_days(dice: random.Random, first: date, days: int) -> dict[date, bool]:
    """Days off that come in rows, and worked weekends."""
    odd: dict[date, bool] = {}
    for _ in range(dice.randrange(4)):
        begin = first + timedelta(days=dice.randrange(days))
        is_working = dice.random() < 0.5
        for n in range(dice.choice((1, 1, 2, 3, 7))):
            odd[begin + timedelta(days=n)] = is_working
    return odd
