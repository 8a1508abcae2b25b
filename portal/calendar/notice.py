"""What the State Council's notice of a year says: its holidays with their days off and the days worked instead."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from portal.calendar import festivals
from portal.errors import Fault, InvalidError

_DAY = timedelta(days=1)
WEEKDAY_NAMES = "一二三四五六日"
_SATURDAY = 5
_FARTHEST_WORKED = timedelta(days=15)  # ours: a day worked for a holiday is never further from it
_BY_HAND = "请核对原文；写法特殊的，可以逐天修改，或粘贴表格（日期,是否上班,名称），例如 2027-01-01,0,元旦"


class NoticeError(InvalidError):
    """A sentence that cannot be read or cannot be true; nothing of the notice is kept."""

    def __init__(self, sentence: str, reason: str) -> None:
        self.sentence, self.reason = sentence[:120], reason
        where = f"「{self.sentence}」" if sentence else ""
        super().__init__([Fault("text", "invalid", f"{where}{reason}。{_BY_HAND}")])


@dataclass
class Holiday:
    """One holiday of a notice, or two in one.

    Attributes:
        span: the first and last day of its days off. off: every day off that is named or joins the span.
        rests: weekend days named as off as ever. by_law: the day that is off in the whole country, named by itself.
        until: of a holiday that is only made longer, its last day.
        sentence: the one that named the span, for refusals.
    """

    name: str
    span: tuple[date, date] | None = None
    off: set[date] = field(default_factory=set)
    worked: set[date] = field(default_factory=set)
    rests: set[date] = field(default_factory=set)
    by_law: date | None = None
    until: date | None = None
    has_no_worked_days: bool = False
    sentence: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.name.split("、"))

    def add_span(self, begin: date, end: date, sentence: str) -> None:
        """Raises NoticeError: there is one already, other than the day by law."""
        is_wider = self.by_law is not None and begin <= self.by_law <= end
        if self.span and not is_wider:
            raise NoticeError(sentence, f"{self.name}的放假日期写了两次")
        self.span, self.sentence = (begin, end), sentence
        self.off |= set(days_between(begin, end))


def days_between(begin: date, end: date) -> list[date]:
    return [begin + n * _DAY for n in range((end - begin).days + 1)]


def is_weekend(day: date) -> bool:
    return day.weekday() >= _SATURDAY


def weekend_joined(begin: date, end: date) -> set[date]:
    """The weekend days that join a span without a gap."""
    found: set[date] = set()
    for start, step in ((begin, -_DAY), (end, _DAY)):
        day = start + step
        while is_weekend(day):
            found.add(day)
            day += step
    return found


def said(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日（周{WEEKDAY_NAMES[day.weekday()]}）"


def check(year: int, holidays: list[Holiday]) -> None:
    """What must be true of all sentences together.

    Raises:
        NoticeError: names the first that cannot be true.
    """
    every_off = {day: holiday for holiday in holidays for day in holiday.off | holiday.rests}
    for holiday in holidays:
        _check_days(year, holiday)
        for day in sorted(holiday.worked):
            if day in every_off:
                raise NoticeError(holiday.sentence, f"{said(day)}既放假又上班")
        if holiday.has_no_worked_days and holiday.worked:
            raise NoticeError(holiday.sentence, f"写了“不调休”，{said(min(holiday.worked))}却要上班")
    for earlier, later in pairwise(sorted((day, holiday.name) for holiday in holidays for day in holiday.worked)):
        if earlier[0] == later[0]:
            raise NoticeError("", f"{said(later[0])}上班写了两次")


def _check_days(year: int, holiday: Holiday) -> None:
    if holiday.span is None:
        if holiday.until is None:
            raise NoticeError(holiday.name, f"{holiday.name}没有写放假日期")
        return
    begin, end = holiday.span
    for part in holiday.parts:
        day = festivals.day_of(part, year)
        if day and not begin <= day <= end:
            raise NoticeError(holiday.sentence, f"{part}是 {said(day)}，不在放假的日子里")
    for day in sorted(holiday.worked):
        if not begin - _FARTHEST_WORKED <= day <= end + _FARTHEST_WORKED:
            raise NoticeError(holiday.sentence, f"{said(day)}上班，离{holiday.name}太远")
