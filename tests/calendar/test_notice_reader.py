"""Notices of the State Council: those of 2014 to 2026 are read right, and a wrong figure or unknown form is refused."""

from collections.abc import Callable
from datetime import date, timedelta

import chinese_calendar
import pytest

from portal.calendar import content, notice_reader
from portal.calendar.notice import NoticeError
from portal.errors import InvalidError
from tests.calendar.notices import NOTICES, SECOND, WRONG, WRONG_SECOND, whole


def exceptions(text: str, year: int | None = None) -> dict[date, bool]:
    return {day.day: day.is_working for day in content.read(text, year).days}


def refusal(text: str, year: int | None = None) -> str:
    with pytest.raises(InvalidError) as refused:
        content.read(text, year)
    return refused.value.faults[0].message


def of_package(year: int) -> dict[date, bool]:
    """Its exceptions; New Year's days in December are those of the next year's notice."""
    first, found = date(year - 1, 12, 1), {}
    for n in range(31 + 366):
        day = first + timedelta(days=n)
        of_year = day.year + (day.month == 12 and day.day > 25)
        if of_year == year and chinese_calendar.is_workday(day) is not (day.weekday() < 5):
            found[day] = chinese_calendar.is_workday(day)
    return found


@pytest.mark.parametrize("year", NOTICES)
def test_the_notice_of_a_year_is_read(year: int) -> None:
    read = exceptions(NOTICES[year])
    if year in SECOND:
        later = exceptions(SECOND[year], year)
        read = later if year == 2015 else read
    if year == 2015:
        read = {**exceptions(NOTICES[2015]), **read}
    if year == 2019:
        read = {day: state for day, state in read.items() if day != date(2019, 5, 1)} | later
    if year == 2020:  # made longer: the calendar knows from when
        read = {**read, date(2020, 1, 31): False}
        del read[date(2020, 2, 1)]

    assert read == of_package(year)


@pytest.mark.parametrize("year", WRONG)
def test_one_wrong_figure_is_refused(year: int) -> None:
    right, wrong = WRONG[year]
    assert right in NOTICES[year]
    refusal(NOTICES[year].replace(right, wrong, 1))


@pytest.mark.parametrize("year", WRONG_SECOND)
def test_one_wrong_figure_of_a_second_notice_is_refused(year: int) -> None:
    right, wrong = WRONG_SECOND[year]
    assert right in SECOND[year]
    refusal(SECOND[year].replace(right, wrong, 1), year)


def test_a_wrong_digit_is_refused_unless_it_is_another_weekend_day_worked_nearby() -> None:
    text = NOTICES[2026]
    begin, end = text.index("一、元旦"), text.index("\n节假日期间")
    read = []
    for at in range(begin, end):
        for digit in set("0123456789") - {text[at]} if text[at].isdigit() else ():
            try:
                content.read(text[:at] + digit + text[at + 1 :], 2026)
                read.append(text[at - 3 : at] + digit)
            except InvalidError:
                pass

    assert read == ["0月17"]


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("五、端午节：6月9日（周四）放假1天，不调休。", "通知写的是周四"),
        ("五、端午节：6月9日（周三）放假2天。", "写的是共 2 天，这些日子一共 1 天"),
        ("五、端午节：6月9日放假，与周末连休。", "不和周末相连"),
        ("五、端午节：6月9日放假，6月10日补休。", "端午节不在周末，没有补休"),
        ("四、劳动节：5月1日放假，5月4日补休。", "不和劳动节相连"),
        ("五、端午节：6月9日放假，6月11日上班。", "不是周末，也不是放假后的第一个工作日"),
        ("五、端午节：6月9日至8日放假。", "结束的日子早于开始的日子"),
        ("五、端午节：6月31日放假。", "没有“6月31日”这一天"),
        ("五、端午节：6月10日放假。", "端午节是 2027 年 6 月 9 日"),
        ("五、端午节：6月9日至13日放假调休，共5天。6月12日上班。", "既放假又上班"),
        ("五、端午节：6月9日放假1天，不调休。6月12日上班。", "写了“不调休”"),
        ("五、端午节：6月9日放假。7月3日上班。", "太远"),
        ("五、端午节：6月9日放假。6月12日上班、6月13日休息。", "看不懂"),
        ("五、端午节：6月9日放假。10日也可以休息。", "看不懂"),
        ("五、端午节：6月9日（农历五月初六）放假。", "看不懂括号里的“农历五月初六”"),
        ("五、端午节：6月9日放假。五、端午节：6月9日放假。", "写了两次"),
        ("五、端午节：", "没有看到放假安排"),
        ("四、劳动节：5月1日放假。五、端午节：", "端午节没有写放假日期"),
        ("五、端午节：9日放假。", "没有“9日”这一天"),
        ("五、端午节：2028年5月28日放假。", "不在 2027 年里"),
        ("五、端午节：6月9日放半天假。", "看不懂"),
        ("五、端午节：6月9日放假，6月12日、6月12日上班。", "写了两次"),
    ],
)
def test_what_cannot_be_true_or_understood_is_named(sentence: str, reason: str) -> None:
    message = refusal(sentence, 2027)

    assert reason in message
    assert "逐天修改" in message


def test_other_spellings_mean_the_same() -> None:
    plain = exceptions(NOTICES[2026])
    assert (
        exceptions(NOTICES[2026].replace("（", "(").replace("）", ")").replace("，", ",").replace("：", ":")) == plain
    )
    assert exceptions(NOTICES[2026].replace("周", "星期").replace("日）", "天）")) == plain
    assert exceptions(NOTICES[2026].replace("放假调休", "放假 公休").replace("1月", "１月")) == plain


@pytest.mark.parametrize(
    "copied",
    [
        lambda text: text.replace("\n", ""),
        lambda text: "\r\n".join(text[at : at + 13] for at in range(0, len(text), 13)),
        lambda text: "\ufeff" + text.replace("月", "\u200b月\u00a0").replace("放假", "放\u2060假"),
        lambda text: text.replace("月", "\u2f49").replace("日（", "\u2f47（"),
        lambda text: text.replace("至", " — ").replace("）、10月", "）和 10月"),
        lambda text: text.replace("11月25日\n", "11月25日\n（此件公开发布）").replace("\n", ""),
    ],
    ids=["one line", "narrow window", "invisible signs", "signs of a PDF", "dashes", "published"],
)
def test_a_notice_copied_in_another_way_says_the_same(copied: Callable[[str], str]) -> None:
    for year in (2025, 2026):
        assert exceptions(copied(NOTICES[year])) == exceptions(NOTICES[year])
    with pytest.raises(InvalidError):
        content.read(copied(NOTICES[2026].replace(*WRONG[2026])), 2026)


def test_two_years_in_one_text_are_refused() -> None:
    for year in (None, 2025, 2026):
        assert "2025、2026 年" in refusal(NOTICES[2025] + NOTICES[2026], year)


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("一、元旦：1月1日（周五）放假，与周末连休，共3天。", {"2027-01-01": False}),
        (
            "一、元旦：1月1日至3日放假公休，共3天。其中，1月2日（星期六）、1月3日（星期日）照常公休。",
            {"2027-01-01": False},
        ),
        ("五、端午节：6月9日放假。6月10日（周四）起正常上班。", {"2027-06-09": False}),
        ("五、端午节：6月9日放假1天，不调休。鼓励各单位安排职工在6月10日休息。", {"2027-06-09": False}),
        ("四、劳动节：5月1日放假，5月3日（星期一）补休。", {"2027-05-03": False}),
    ],
)
def test_each_form_is_understood(sentence: str, days: dict[str, bool]) -> None:
    assert {day.isoformat(): state for day, state in exceptions(sentence, 2027).items()} == days


def test_the_year_is_the_notices_own() -> None:
    assert content.read(NOTICES[2026], None).year == 2026
    assert "您选的是 2027 年，通知写的是 2026 年" in refusal(NOTICES[2026], 2027)
    assert "没有写明是哪一年" in refusal("一、元旦：1月1日放假。")
    assert "没有看到放假安排" in refusal("你好", 2027)


def test_a_notice_of_no_days_changes_nothing() -> None:
    with pytest.raises(NoticeError):
        notice_reader.read(whole(2027, "请各单位自行安排"), 2027)
