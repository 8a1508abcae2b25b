"""Means and medians of times, natural and working: streamed, and kept as plain numbers."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal import clock
from portal.calendar.working_time import WorkingTime
from portal.kpi.figures.shapes import FEWEST

_DAY = timedelta(days=1)


class OpenSeconds:
    """The working seconds between moments of a span, found without walking over its days each time."""

    def __init__(self, time: WorkingTime, first: datetime, last: datetime) -> None:
        self._begins, self._ends, self._before = array("d"), array("d"), array("d")
        passed, day, end = 0.0, clock.in_china(first).date(), clock.in_china(last).date()
        while day <= end:
            if time.days.is_working(day):
                midnight = datetime(day.year, day.month, day.day, tzinfo=clock.CHINA).timestamp()
                for span in time.hours.on(day):
                    begin, close = midnight + span.begin * 60, midnight + span.end * 60
                    self._begins.append(begin)
                    self._ends.append(close)
                    self._before.append(passed)
                    passed += close - begin
            day += _DAY

    def between(self, begin: float, end: float) -> float:
        """Of two moments in seconds of the epoch, both within the span."""
        return max(0.0, self._until(end) - self._until(begin))

    def _until(self, moment: float) -> float:
        place = bisect_right(self._begins, moment) - 1
        if place < 0:
            return 0.0
        return self._before[place] + min(moment, self._ends[place]) - self._begins[place]


@dataclass
class Spread:
    """Times in seconds; mean and median are None with fewer than FEWEST."""

    seconds: "array[float]" = field(default_factory=lambda: array("d"))

    @property
    def n(self) -> int:
        return len(self.seconds)

    @property
    def mean(self) -> float | None:
        return None if self.n < FEWEST else sum(self.seconds) / self.n

    def at(self, part: float) -> float | None:
        """The time within which this part of them ended; 0.5 is the median, between two the middle of both."""
        if self.n < FEWEST:
            return None
        ordered = sorted(self.seconds)
        place = (self.n - 1) * part
        below = int(place)
        above = min(below + 1, self.n - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below)

    @property
    def median(self) -> float | None:
        return self.at(0.5)


@dataclass
class Handling:
    """Rounds of one channel group, from their begin to their result."""

    natural: Spread = field(default_factory=Spread)
    working: Spread = field(default_factory=Spread)


def handling(
    rounds: Iterable[tuple[str, datetime, datetime]], groups: dict[str, tuple[str, ...]], open_seconds: OpenSeconds
) -> dict[str, Handling]:
    """By channel group, from channel, begin and result of each round."""
    group_of = {channel: group for group, channels in groups.items() for channel in channels}
    found = {group: Handling() for group in groups}
    for channel, began, ended in rounds:
        begin, end = began.timestamp(), ended.timestamp()
        one = found[group_of[channel]]
        one.natural.seconds.append(max(0.0, end - begin))
        one.working.seconds.append(open_seconds.between(begin, end))
    return found
