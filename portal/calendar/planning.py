"""What a notice or table would change, compared with what the calendar says now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portal.calendar import festivals
from portal.calendar.content import PLAIN, Content, Day
from portal.calendar.models import DayOrigin
from portal.calendar.notice import NoticeError, days_between, said
from portal.calendar.working_days import WorkingDays

_DECEMBER = 12
_NEW_YEAR = "元旦"


@dataclass(frozen=True)
class DayChange:
    """One day of which the row changes; `is_seen` if it is worked now and was not, or the other way round.

    Attributes:
        was, now: the exception; None where the day is as its weekday. is_by_hand: a person had edited it.
        was_working: whether the day was worked, by an exception, its weekday or the law.
    """

    day: date
    was: Day | None
    now: Day | None
    is_seen: bool
    is_by_hand: bool = False
    was_working: bool = False

    @property
    def name(self) -> str:
        """Of the holiday that the day belongs to now, or did."""
        return (self.now or self.was or Day(self.day, False, "")).name

    @property
    def words(self) -> str:
        before = _state(self.day, self.was) if self.was else _bare(self.day, is_working=self.was_working)
        return f"{said(self.day)}：{before} → {_state(self.day, self.now)}"


@dataclass(frozen=True)
class YearPlan:
    """The changes of one notice or table, in the order of the days; those edited by hand first."""

    year: int
    changes: tuple[DayChange, ...]
    after: Mapping[date, Day]

    @property
    def seen(self) -> list[DayChange]:
        return [change for change in self.changes if change.is_seen]

    @property
    def by_hand(self) -> list[DayChange]:
        return [change for change in self.changes if change.is_by_hand]

    @property
    def years(self) -> list[int]:
        """Every year that changes; the neighbour's days too."""
        return sorted({self.year} | {change.day.year for change in self.changes})


def made(content: Content, before: Mapping[date, Day], by_hand: Iterable[date], known: Iterable[int]) -> YearPlan:
    """Compare with the exceptions of the year and its neighbours.

    Args:
        by_hand: the days among them that a person edited. known: the years that are confirmed.

    Raises:
        NoticeError: a year that is not known yet needs its whole notice; a holiday to be made longer is not there.
    """
    known, touched_by_hand = frozenset(known), frozenset(by_hand)
    if content.source is DayOrigin.NOTICE and content.year not in known:
        missing = [name for name in festivals.HOLIDAYS if name not in content.holidays]
        if missing:
            raise NoticeError("", f"{content.year} 年还没有录入，这段通知里没有{'、'.join(missing)}。请粘贴完整的通知")
    after = _after(content, before)
    earlier = WorkingDays(known, {day: row.is_working for day, row in before.items()})
    later = WorkingDays(known | {content.year}, {day: row.is_working for day, row in after.items()})
    # A day of the law that the notice does not name is no longer off once the year is known.
    days = sorted(
        before.keys() | after.keys() | set(days_between(date(content.year, 1, 1), date(content.year, 12, 31)))
    )
    changes = []
    for day in days:
        was, now = before.get(day), after.get(day)
        is_seen = earlier.is_working(day) is not later.is_working(day)
        if was != now or is_seen:
            changes.append(DayChange(day, was, now, is_seen, day in touched_by_hand, earlier.is_working(day)))
    return YearPlan(content.year, tuple(sorted(changes, key=lambda change: not change.is_by_hand)), after)


def _after(content: Content, before: Mapping[date, Day]) -> dict[date, Day]:
    if not content.holidays and not content.longer:
        kept = {day: row for day, row in before.items() if day.year != content.year}
    else:
        kept = {day: row for day, row in before.items() if not _is_replaced(row, content)}
    for name, until in content.longer:
        _make_longer(kept, content.year, name, until)
    return kept | {day.day: day for day in content.days}


def _is_replaced(row: Day, content: Content) -> bool:
    """Whether it is of a holiday that the notice names, or a day that it names."""
    is_of_it = not content.holidays.isdisjoint(row.name.split("、"))
    return row.day in content.named or (is_of_it and _year_of(row) == content.year)


def _year_of(row: Day) -> int:
    """The year of a holiday: New Year's days in December are the next one's."""
    return row.day.year + (row.day.month == _DECEMBER and _NEW_YEAR in row.name)


def _make_longer(kept: dict[date, Day], year: int, name: str, until: date) -> None:
    own = [
        row.day
        for row in kept.values()
        if name in row.name.split("、") and _year_of(row) == year and not row.is_working
    ]
    if not own:
        raise NoticeError("", f"日历里还没有 {year} 年的{name}，不能延长")
    if until < max(own):
        raise NoticeError("", f"{name}现在放到 {said(max(own))}，比通知写的还晚")
    for day in days_between(max(own) + timedelta(days=1), until):
        kept.pop(day, None)
        if PLAIN.is_working(day):
            kept[day] = Day(day, False, name)


def _state(day: date, row: Day | None) -> str:
    if row is None:
        return _bare(day, is_working=PLAIN.is_working(day))
    word = _bare(day, is_working=True) if row.is_working else "放假"
    return f"{word}（{row.name}）" if row.name else word


def _bare(day: date, *, is_working: bool) -> str:
    if is_working:
        return "上班"
    return "放假" if PLAIN.is_working(day) else "周末"
