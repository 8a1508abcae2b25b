"""The dates of a notice: a year or month that is left out is the one before it, and what stands in brackets is true."""

import re
from datetime import date, timedelta

from portal.calendar import festivals
from portal.calendar.notice import WEEKDAY_NAMES, NoticeError, said

DATE = r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日(?:\([^()]{0,40}\))?"
_PARTS = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:\(([^()]{0,40})\))?")
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_LUNAR = re.compile(r"(?:农历)?(除夕|正月初[一二三四五六七八九十]|腊月二十[一二三四五六七八九])")
_FIGURES = "一二三四五六七八九十"


class Dates:
    """Reads dates in the order in which they stand."""

    def __init__(self, year: int) -> None:
        self._of_notice = year
        self.restart()

    def restart(self) -> None:
        """A new holiday begins in the year of the notice."""
        self._year, self._month = self._of_notice, 0

    def read_all(self, text: str, sentence: str) -> list[date]:
        return [self.read(found[0], sentence) for found in _PARTS.finditer(text)]

    def read(self, text: str, sentence: str) -> date:
        """Raises NoticeError: there is no such day, or its weekday or lunar day is another."""
        found = _PARTS.fullmatch(text)
        if found is None:
            raise NoticeError(sentence, f"看不懂“{text}”")
        self._year, self._month = int(found[1] or self._year), int(found[2] or self._month)
        try:
            day = date(self._year, self._month, int(found[3]))
        except ValueError:
            raise NoticeError(sentence, f"没有“{text}”这一天") from None
        if day.year != self._of_notice and (day.year, day.month) != (self._of_notice - 1, 12):
            raise NoticeError(sentence, f"{said(day)}不在 {self._of_notice} 年里")
        for note in re.split(r"[、,]", found[4]) if found[4] is not None else ():
            _check(note, day, sentence)
        return day


def _check(note: str, day: date, sentence: str) -> None:
    weekday, lunar = _WEEKDAY.fullmatch(note), _LUNAR.fullmatch(note)
    if weekday:
        name = weekday[1].replace("天", "日")
        if WEEKDAY_NAMES[day.weekday()] != name:
            raise NoticeError(sentence, f"{said(day)}，通知写的是周{name}")
    elif lunar:
        if day not in _lunar_days(lunar[1], day):
            raise NoticeError(sentence, f"{said(day)}不是农历{lunar[1]}")
    else:
        raise NoticeError(sentence, f"看不懂括号里的“{note}”")


def _lunar_days(name: str, day: date) -> set[date]:
    """The days that a lunar name may be; a last month has 29 or 30 days. Beyond the table any day may be."""
    new_year = festivals.day_of("春节", day.year)
    if new_year is None:
        return {day}
    if name == "除夕":
        return {new_year - timedelta(days=1)}
    number = _FIGURES.index(name[-1]) + 1
    if name.startswith("正月"):
        return {new_year + timedelta(days=number - 1)}
    return {new_year - timedelta(days=length + 1 - 20 - number) for length in (29, 30)}
