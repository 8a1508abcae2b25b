"""A year as twelve months to look at: every day with its mark, and the days off and worked weekends by name."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from portal.calendar.content import Day
from portal.calendar.notice import WEEKDAY_NAMES
from portal.calendar.working_days import WorkingDays

_WEEKS = calendar.Calendar(firstweekday=calendar.MONDAY)
_SATURDAY = 5


@dataclass(frozen=True)
class DayCell:
    """One day. `mark` is off, worked, law (off by law, as long as the year is not known), weekend, or none.

    Attributes:
        words: mark and holiday, for those who do not see colours. is_new: it changes with what is to be confirmed.
    """

    day: int
    mark: str = ""
    words: str = ""
    is_new: bool = False


@dataclass(frozen=True)
class Month:
    """Its weeks from Monday, None for days of other months; and in `named` its days off and worked weekends."""

    number: int
    weeks: tuple[tuple[DayCell | None, ...], ...]
    named: tuple[str, ...]


def months(
    year: int, days: Mapping[date, Day], *, is_known: bool, changed: frozenset[date] = frozenset()
) -> list[Month]:
    """The twelve months of a year with these exceptions."""
    working = WorkingDays(frozenset({year} if is_known else ()), {day: row.is_working for day, row in days.items()})
    made = []
    for number in range(1, 13):
        weeks = _WEEKS.monthdatescalendar(year, number)
        cells = [
            [_cell(day, days, working, changed) if day.month == number else None for day in week] for week in weeks
        ]
        named = _named([day for week in weeks for day in week if day.month == number], days, working)
        made.append(Month(number, tuple(tuple(week) for week in cells), tuple(named)))
    return made


def _cell(day: date, days: Mapping[date, Day], working: WorkingDays, changed: frozenset[date]) -> DayCell:
    row = days.get(day)
    is_weekend = day.weekday() >= _SATURDAY
    if row is not None:
        mark = "worked" if row.is_working else "off"
        words = ("上班" if row.is_working else "放假") + (f"，{row.name}" if row.name else "")
    elif is_weekend:
        mark, words = "weekend", ""
    elif not working.is_working(day):
        mark, words = "law", "放假，法定节日"
    else:
        mark, words = "", ""
    return DayCell(day.day, mark, words, day in changed)


def _named(month: list[date], days: Mapping[date, Day], working: WorkingDays) -> list[str]:
    """Such as 1 日至 3 日放假（元旦）: neighbours of one name together, weekends between them too."""
    runs: list[tuple[str, list[date]]] = []
    for day in month:
        words = _words(day, days, working)
        is_next = bool(runs) and _joins(runs[-1][1][-1], day) and runs[-1][0] == words
        if words and is_next:
            runs[-1][1].append(day)
        elif words:
            runs.append((words, [day]))
    return [f"{_span(run)}{words}" for words, run in runs]


def _words(day: date, days: Mapping[date, Day], working: WorkingDays) -> str:
    row = days.get(day)
    if row is not None:
        return ("上班" if row.is_working else "放假") + (f"（{row.name}）" if row.name else "")
    is_law = day.weekday() < _SATURDAY and not working.is_working(day)
    return "放假（法定）" if is_law else ""


def _joins(earlier: date, later: date) -> bool:
    """Whether only weekend days lie between."""
    between = range(earlier.toordinal() + 1, later.toordinal())
    return all(date.fromordinal(number).weekday() >= _SATURDAY for number in between)


def _span(run: list[date]) -> str:
    begin, end = run[0], run[-1]
    first = f"{begin.day} 日（周{WEEKDAY_NAMES[begin.weekday()]}）"
    return first if begin == end else f"{first}至 {end.day} 日（周{WEEKDAY_NAMES[end.weekday()]}）"
