"""The hours of a working week, written as a person writes them: `08:30-12:00 14:00-17:30`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from portal.errors import PortalError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_FRIDAY = 4
_DAY_MINUTES = 24 * 60
_DASHES = "–—~至到-"
_SPAN = re.compile(rf"(\d{{1,2}}):(\d{{2}})[{_DASHES}](\d{{1,2}}):(\d{{2}})")
_PLAIN = str.maketrans("：，、；～－", ":   ~-")


class HoursError(PortalError):
    """Hours that cannot be read, or that leave a weekday without any."""


@dataclass(frozen=True)
class Span:
    """From one minute of a day until before another; 1440 is midnight at its end."""

    begin: int
    end: int

    def __str__(self) -> str:
        return f"{self.begin // 60:02}:{self.begin % 60:02}-{self.end // 60:02}:{self.end % 60:02}"


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Hours:
    """The open spans of Monday to Friday; a weekend day that is worked has Monday's."""

    week: tuple[Spans, Spans, Spans, Spans, Spans]

    def on(self, day: date) -> Spans:
        """The open spans of a working day."""
        weekday = day.weekday()
        return self.week[weekday if weekday <= _FRIDAY else 0]

    def without(self, quiet: Spans) -> "Hours":
        """The hours in which one may also call: those outside the quiet spans, which are the same every day.

        Raises:
            HoursError: a weekday has none left.
        """
        return _checked([_difference(spans, quiet) for spans in self.week])

    def as_json(self) -> dict[str, str]:
        return {name: written(spans) for name, spans in zip(WEEKDAYS, self.week, strict=True)}


def same_every_day(text: str) -> Hours:
    """Hours that do not differ from day to day."""
    return _checked([read_spans(text)] * len(WEEKDAYS))


def from_json(kept: Mapping[str, str]) -> Hours:
    """What `as_json` gave."""
    return _checked([read_spans(kept[name]) for name in WEEKDAYS])


def read_spans(text: str) -> Spans:
    """Reads spans apart by spaces or commas; a quiet span may pass over midnight and is then two.

    Raises:
        HoursError: one is not a span, or two overlap.
    """
    spans: list[Span] = []
    for word in _words(text):
        found = _SPAN.fullmatch(word)
        if found is None:
            raise HoursError(f"「{word[:20]}」不是一段时间，请写成 08:30-12:00")
        begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
        begin, end = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
        if max(begin_minute, end_minute) > 59 or max(begin, end) > _DAY_MINUTES or begin == end:
            raise HoursError(f"「{word[:20]}」不是一天里的一段时间，请写成 08:30-12:00")
        spans += [Span(begin, end)] if begin < end else _over_midnight(begin, end)
    spans.sort(key=lambda span: span.begin)
    for earlier, later in pairwise(spans):
        if later.begin < earlier.end:
            raise HoursError(f"{earlier} 和 {later} 重叠了，请改成不重叠的时间")
    return tuple(spans)


def written(spans: Iterable[Span]) -> str:
    return " ".join(map(str, spans))


def _words(text: str) -> list[str]:
    """Each span as one word; a dash may stand between blanks."""
    words = text.translate(_PLAIN).replace(",", " ")
    for dash in _DASHES:
        words = dash.join(part.strip(" ") for part in words.split(dash))
    return words.split()


def _over_midnight(begin: int, end: int) -> list[Span]:
    parts = (Span(0, end), Span(begin, _DAY_MINUTES))
    return [span for span in parts if span.begin < span.end]


def _difference(spans: Spans, quiet: Spans) -> Spans:
    left = list(spans)
    for silent in quiet:
        parts = [(Span(s.begin, min(s.end, silent.begin)), Span(max(s.begin, silent.end), s.end)) for s in left]
        left = [part for pair in parts for part in pair if part.begin < part.end]
    return tuple(left)


def _checked(week: list[Spans]) -> Hours:
    monday, tuesday, wednesday, thursday, friday = week
    if not all(week):
        raise HoursError("周一到周五每天至少要有一段工作时间")
    return Hours((monday, tuesday, wednesday, thursday, friday))


# A deployment changes both with its policy.
DEFAULT_HOURS = same_every_day("08:30-12:00 14:00-17:30")
DEFAULT_QUIET = read_spans("12:00-14:00 20:00-08:00")
