"""What was pasted or handed in about a year: a notice of the State Council, or a table of days."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from typing import Any

from portal.calendar import notice, notice_reader
from portal.calendar.models import NAME_LENGTH, DayOrigin
from portal.calendar.notice import Holiday
from portal.calendar.working_days import WorkingDays
from portal.errors import Fault, InvalidError

MOST_CHARACTERS = 20_000
YEARS = range(2004, 2100)
_WORKING = {"1": True, "true": True, "0": False, "false": False}
_HEAD = "day,is_working,name"
PLAIN = WorkingDays(frozenset(range(MINYEAR, MAXYEAR + 1)))  # Monday to Friday


@dataclass(frozen=True)
class Day:
    """One exception to Monday to Friday."""

    day: date
    is_working: bool
    name: str


@dataclass(frozen=True)
class Content:
    """What is said of a year.

    Attributes:
        days: the exceptions that it names. named: every day that it names, weekends too.
        holidays: those of which a notice replaces the days, two in one apart; a table has none and replaces the year.
        longer: holidays that are only made longer, each with its last day.
    """

    year: int
    source: DayOrigin
    days: tuple[Day, ...]
    named: frozenset[date] = frozenset()
    holidays: frozenset[str] = frozenset()
    longer: tuple[tuple[str, date], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source.value,
            "days": [[day.day.isoformat(), day.is_working, day.name] for day in self.days],
            "named": sorted(day.isoformat() for day in self.named),
            "holidays": sorted(self.holidays),
            "longer": [[name, until.isoformat()] for name, until in self.longer],
        }


def from_json(year: int, kept: dict[str, Any]) -> Content:
    """What `as_json` gave."""
    return Content(
        year,
        DayOrigin(kept["source"]),
        tuple(Day(date.fromisoformat(day), is_working, name) for day, is_working, name in kept["days"]),
        frozenset(map(date.fromisoformat, kept["named"])),
        frozenset(kept["holidays"]),
        tuple((name, date.fromisoformat(until)) for name, until in kept["longer"]),
    )


def read(text: str, year: int | None) -> Content:
    """A table or a notice, whichever it is.

    Raises:
        NoticeError: a sentence of the notice does not fit.
        InvalidError: a line of the table does not fit, or the year or the length is beyond the limits.
    """
    if len(text) > MOST_CHARACTERS:
        raise _fault("text", "too_long", f"最多 {MOST_CHARACTERS} 个字，请只粘贴放假安排")
    if not text.strip():
        raise _fault("text", "required", "请粘贴放假安排的全文")
    if year is not None and year not in YEARS:
        raise _fault("year", "invalid", f"年份应在 {YEARS[0]} 到 {YEARS[-1]} 之间")
    lines = text.lstrip("\ufeff").strip().splitlines()
    return _from_table(lines, year) if _is_table(lines[0]) else _from_notice(text, year)


def _is_table(line: str) -> bool:
    return line.strip() == _HEAD or (line.count(",") == _HEAD.count(",") and line.strip()[:4].isascii())


def _from_table(lines: Iterable[str], year: int | None) -> Content:
    found: dict[date, Day] = {}
    for number, cells in enumerate(csv.reader(lines), 1):
        if not cells or ",".join(cells) == _HEAD:
            continue
        try:
            text, is_working, name = (cell.strip() for cell in cells)
            day = Day(date.fromisoformat(text), _WORKING[is_working.lower()], name[:NAME_LENGTH])
        except (ValueError, KeyError):
            raise _fault("text", "invalid", f"第 {number} 行应是 {_HEAD}，例如 2027-01-01,0,元旦") from None
        if day.day in found:
            raise _fault("text", "invalid", f"第 {number} 行重复了 {text}")
        found[day.day] = day
    of_year = year or min(found, default=date(1, 1, 1)).year
    if not found or any(day.year != of_year for day in found):
        raise _fault("year", "invalid", f"表格里应有 {of_year} 年的日子，并且没有别的年份")
    kept = tuple(day for day in found.values() if day.is_working is not PLAIN.is_working(day.day))
    return Content(of_year, DayOrigin.MANUAL, kept, frozenset(found))


def _from_notice(text: str, year: int | None) -> Content:
    of_year, holidays = notice_reader.read(text, year)
    if of_year not in YEARS:
        raise _fault("year", "invalid", f"年份应在 {YEARS[0]} 到 {YEARS[-1]} 之间")
    return Content(
        of_year,
        DayOrigin.NOTICE,
        tuple(day for holiday in holidays for day in _exceptions(holiday)),
        frozenset(day for holiday in holidays for day in holiday.off | holiday.worked),
        frozenset(part for holiday in holidays if holiday.span for part in holiday.parts),
        tuple((holiday.name, holiday.until) for holiday in holidays if holiday.until),
    )


def _exceptions(holiday: Holiday) -> list[Day]:
    name = holiday.name[:NAME_LENGTH]
    off = [Day(day, False, name) for day in sorted(holiday.off) if not notice.is_weekend(day)]
    return [*off, *(Day(day, True, name) for day in sorted(holiday.worked))]


def _fault(field: str, code: str, message: str) -> InvalidError:
    return InvalidError([Fault(field, code, message)])
