"""Reads the State Council's notice of a year's holidays. A sentence is read right or refused, never guessed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from portal.calendar import festivals, notice
from portal.calendar.notice import Holiday, NoticeError
from portal.calendar.notice_dates import DATE, Dates
from portal.sensitive_text.folding import folded, nfkc

_ORDINAL = r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、])"
_HEADING = re.compile(rf"{_ORDINAL}?([\u4e00-\u9fff0-9、]{{2,60}}):")
_NAME = re.compile(r"[\u4e00-\u9fff0-9]{1,38}[节日旦]")
_NUMBER = re.compile(_ORDINAL)
_SUBJECT = re.compile(r"(?:关于(?:调整|延长)?|调整|延长)(?:\d{4}年)?([\u4e00-\u9fff0-9]{2,38}?)(?:假期|调休|放假)")
_REASON = re.compile(r"^为[^\d,]{0,200},(?:特作如下(?:调休|安排):)?")
_YEAR = re.compile(r"(?:关于|将|调整|延长)(\d{4})年")
_DAYS = rf"(?P<days>{DATE}(?:[、和]{DATE}){{0,12}})"
_ENDS = re.compile(r"[。;]")
# Where the heading ends when the line ends of a pasted text are lost.
_ENDS_OF_ONE_LINE = re.compile(r"[。;]|(?<=的通知)(?=[国各])|(?<=机构:)")
# Words that may change a day. A sentence with one of them is understood, or known to change nothing.
_ABOUT_DAYS = re.compile(r"放假|上班|休|假期|工作日|\d日")
_SETS_DAYS = re.compile(
    r"\d日(?:\([^()]{0,40}\))?(?:全国|[至到~和、-]|放假|调休|补休|公休|照常|正常|起?上班)|起.{0,40}上班"
)
_CHANGES_NOTHING = re.compile(
    r"鼓励.{0,200}休息|节假日期间.{0,200}|.{0,200}(?:的|特此)通知|.{0,200}(?:通知|安排|调休)如下:?"
    r"|(?:根据|据此|经|按照|自).{0,300}|因.{0,80}不能休假的职工.{0,200}|(?:国务院(?:办公厅)?)?\d{4}年\d{1,2}月\d{1,2}日(?:\(此件公开发布\))?"
)


@dataclass
class _Reading:
    """The state between two sentences; `is_within` while 其中 lists the days of the span."""

    dates: Dates
    holidays: dict[str, Holiday] = field(default_factory=dict)
    holiday: Holiday | None = None
    sentence: str = ""
    counts: list[int] = field(default_factory=list)
    is_within: bool = False

    def refuse(self, reason: str) -> NoticeError:
        return NoticeError(self.sentence, reason)

    def current(self) -> Holiday:
        if self.holiday is None:
            raise self.refuse("没有写是哪个节日")
        return self.holiday

    def with_span(self) -> tuple[Holiday, date, date]:
        holiday = self.current()
        if holiday.span is None:
            raise self.refuse(f"前面没有写{holiday.name}从哪天到哪天放假")
        return holiday, *holiday.span


def read(text: str, year: int | None) -> tuple[int, list[Holiday]]:
    """The year and its holidays as the notice names them.

    Raises:
        NoticeError: names the sentence that does not fit, and why.
    """
    lines = ["".join(line.split()) for line in nfkc(folded(text).text).splitlines()]
    whole = "".join(lines)
    found = _year_of(whole, year)
    try:
        holidays = _holidays([part for line in lines for part in _ENDS.split(line) if part], found)
    except NoticeError as refusal:
        try:  # its line ends may be those of a narrow window, or lost
            holidays = _holidays([part for part in _ENDS_OF_ONE_LINE.split(whole) if part], found)
        except NoticeError:
            raise refusal from None
    notice.check(found, holidays)
    return found, holidays


def _holidays(sentences: list[str], year: int) -> list[Holiday]:
    reading = _Reading(Dates(year))
    for sentence in sentences:
        _read_sentence(reading, sentence)
    holidays = list(reading.holidays.values())
    if not any(holiday.span or holiday.until for holiday in holidays):
        raise NoticeError("", "这段文字里没有看到放假安排")
    return holidays


def _year_of(text: str, year: int | None) -> int:
    named = {int(found) for found in _YEAR.findall(text)}
    if len(named) > 1:
        raise NoticeError("", f"这段文字里写了 {'、'.join(map(str, sorted(named)))} 年的安排，请一次只粘贴一年的")
    if year is None and not named:
        raise NoticeError("", "通知里没有写明是哪一年，请说明年份")
    if year is not None and named - {year}:
        raise NoticeError("", f"您选的是 {year} 年，通知写的是 {max(named)} 年")
    return year if year is not None else named.pop()


def _read_sentence(reading: _Reading, sentence: str) -> None:
    reading.sentence, reading.counts, reading.is_within = sentence, [], False
    heading = _HEADING.match(sentence)
    if heading and all(map(_NAME.fullmatch, heading[1].split("、"))):
        _begin(reading, heading[1])
        sentence = sentence[heading.end() :]
    else:
        sentence = _NUMBER.sub("", sentence, count=1) if _NUMBER.match(sentence) else sentence
        _note_subject(reading, sentence)
        sentence = _REASON.sub("", sentence, count=1)
    if not _ABOUT_DAYS.search(sentence):
        return
    if _CHANGES_NOTHING.fullmatch(sentence) and not _SETS_DAYS.search(sentence):
        return
    _read_clauses(reading, sentence)
    if reading.counts:
        holiday = reading.current()
        if any(count != len(holiday.off) for count in reading.counts):
            raise reading.refuse(f"写的是共 {reading.counts[0]} 天，这些日子一共 {len(holiday.off)} 天")


def _begin(reading: _Reading, name: str) -> None:
    if name in reading.holidays and reading.holidays[name].span:
        raise reading.refuse(f"{name}写了两次")
    taken = {part for holiday in reading.holidays.values() for part in holiday.parts if holiday.name != name}
    again = taken & set(name.split("、"))
    if again:
        raise reading.refuse(f"{min(again)}写了两次")
    reading.holiday = reading.holidays.setdefault(name, Holiday(name))
    reading.dates.restart()


def _note_subject(reading: _Reading, sentence: str) -> None:
    """A notice about one holiday names it in its title or first sentence."""
    found = _SUBJECT.search(sentence)
    is_name = found and (found[1] in festivals.HOLIDAYS or found[1].endswith("纪念日"))
    if found and is_name and found[1] not in reading.holidays:
        _begin(reading, found[1])


def _read_clauses(reading: _Reading, sentence: str) -> None:
    at = 0
    while at < len(sentence):
        for pattern, take in _CLAUSES:
            found = pattern.match(sentence, at)
            if found:
                take(reading, found)
                at = found.end()
                break
        else:
            raise reading.refuse(f"看不懂“{sentence[at : at + 30]}”")


def _take_span(reading: _Reading, found: re.Match[str]) -> None:
    begin = reading.dates.read(found["begin"], reading.sentence)
    end = reading.dates.read(found["end"], reading.sentence) if found["end"] else begin
    if end < begin:
        raise reading.refuse("结束的日子早于开始的日子")
    if reading.is_within:
        return _within(reading, notice.days_between(begin, end))
    holiday = reading.current()
    holiday.add_span(begin, end, reading.sentence)
    if found["whole"] and begin == end:
        holiday.by_law = begin
    if found["days"]:
        reading.counts.append(int(found["days"]))
    return None


def _within(reading: _Reading, days: list[date]) -> None:
    holiday, *_ = reading.with_span()
    for day in days:
        if day not in holiday.off:
            raise reading.refuse(f"{notice.said(day)}不在前面写的放假日子里")


def _take_days_within(reading: _Reading, found: re.Match[str]) -> None:
    days = reading.dates.read_all(found["days"], reading.sentence)
    if not reading.is_within:
        raise reading.refuse("只写了调休，没有写放假还是上班")
    _within(reading, days)


def _take_count(reading: _Reading, found: re.Match[str]) -> None:
    reading.with_span()
    reading.counts.append(int(found["count"]))


def _take_weekend(reading: _Reading, _: re.Match[str]) -> None:
    holiday, begin, end = reading.with_span()
    joined = notice.weekend_joined(begin, end)
    if not joined:
        raise reading.refuse(f"{notice.said(begin)}不和周末相连")
    holiday.off |= joined


def _take_no_exchange(reading: _Reading, _: re.Match[str]) -> None:
    reading.current().has_no_worked_days = True


def _take_worked(reading: _Reading, found: re.Match[str]) -> None:
    holiday = reading.current()
    for day in reading.dates.read_all(found["days"], reading.sentence):
        end = holiday.until or (holiday.span[1] if holiday.span else None)
        if notice.is_weekend(day) and not found["from"]:
            if day in holiday.worked:
                raise reading.refuse(f"{notice.said(day)}上班写了两次")
            holiday.worked.add(day)
        elif end is None or day <= end or not all(map(notice.is_weekend, notice.days_between(end, day)[1:-1])):
            raise reading.refuse(f"{notice.said(day)}不是周末，也不是放假后的第一个工作日")


def _take_off_instead(reading: _Reading, found: re.Match[str]) -> None:
    holiday, begin, end = reading.with_span()
    if not any(map(notice.is_weekend, notice.days_between(begin, end))):
        raise reading.refuse(f"{holiday.name}不在周末，没有补休")
    joined = holiday.off | notice.weekend_joined(begin, end)
    for day in reading.dates.read_all(found["days"], reading.sentence):
        near = {neighbour for neighbour in joined if abs((neighbour - day).days) == 1}
        if notice.is_weekend(day) or not near:
            raise reading.refuse(f"{notice.said(day)}补休，不和{holiday.name}相连")
        holiday.off |= {day} | joined


def _take_weekend_as_ever(reading: _Reading, found: re.Match[str]) -> None:
    holiday = reading.current()
    for day in reading.dates.read_all(found["days"], reading.sentence):
        if not notice.is_weekend(day):
            raise reading.refuse(f"{notice.said(day)}不是周末，不会照常公休")
        if reading.is_within:
            _within(reading, [day])
        holiday.rests.add(day)


def _take_within(reading: _Reading, _: re.Match[str]) -> None:
    reading.with_span()
    reading.is_within = True


def _take_longer(reading: _Reading, found: re.Match[str]) -> None:
    name = found["name"]
    if name not in festivals.HOLIDAYS:
        raise reading.refuse(f"不认识节日“{name}”")
    if reading.holiday is None or reading.holiday.name != name:
        _begin(reading, name)
    if reading.current().span or reading.current().until:
        raise reading.refuse(f"{name}写了两次")
    reading.current().until = reading.dates.read(found["until"], reading.sentence)
    reading.current().sentence = reading.sentence


_Taken = Callable[[_Reading, re.Match[str]], None]
_CLAUSES: tuple[tuple[re.Pattern[str], _Taken], ...] = tuple(
    (re.compile(pattern), take)
    for pattern, take in (
        (r",", lambda *_: None),
        (
            rf"(?P<begin>{DATE})(?:[至到~-](?P<end>{DATE}))?(?P<whole>全国)?(?:放假调休|调休放假|放假公休|放假)(?:(?P<days>\d+)天)?",
            _take_span,
        ),
        (r"共(?P<count>\d+)天", _take_count),
        (r"与周末连休", _take_weekend),
        (r"不调休", _take_no_exchange),
        (rf"{_DAYS}(?P<from>起)?(?:正常|照常)?上班", _take_worked),
        (rf"{_DAYS}补休", _take_off_instead),
        (rf"{_DAYS}(?:照常)?公休", _take_weekend_as_ever),
        (rf"{_DAYS}调休", _take_days_within),
        (r"其中[:,]?", _take_within),
        (rf"延长(?:\d{{4}}年)?(?P<name>[\u4e00-\u9fff]{{2,10}}?)假期至(?P<until>{DATE})", _take_longer),
    )
)
