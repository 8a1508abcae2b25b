"""What is unusual in a value and may still be right: it is asked about once, and kept with a mark (never refused)."""

import re
from dataclasses import dataclass
from datetime import timedelta

from portal import clock
from portal.kinds import moments, phones

_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_HANZI = re.compile("[\u3007\u4e00-\u9fff]")
_LONG_AGO = timedelta(days=365)
_ANSWER = "没有填错可以直接提交"


@dataclass(frozen=True)
class Doubt:
    """`mark` is for the engineer, beside the value's name; `question` for the reporter. Neither shows the value."""

    mark: str
    question: str


def password(value: str) -> Doubt | None:
    """Blanks at the ends, an input method that was still on, and words such as 忘了."""
    found = [
        words
        for words, is_so in (
            ("首尾有空格", value != value.strip()),
            ("有全角字符", _FULL_WIDTH.search(value)),
            ("有汉字", _HANZI.search(value)),
        )
        if is_so
    ]
    if not found:
        return None
    mark = "、".join(found)
    return Doubt(mark, f"密码{mark}，是密码的一部分吗？{_ANSWER}")


def phone(value: str) -> Doubt | None:
    """A mobile number with a digit too few or too many."""
    digits = phones.odd_mobile_length(value)
    if not digits:
        return None
    return Doubt(f"{digits} 位", f"手机号一般是 {phones.MOBILE_DIGITS} 位，这里是 {digits} 位，对吗？{_ANSWER}")


def occurred_at(value: str) -> Doubt | None:
    """More than a year ago: rather a slip of the year than an old problem."""
    moment = moments.of(value)
    if moment is None or clock.now() - moment <= _LONG_AGO:
        return None
    return Doubt("一年以前", f"发生时间 {value} 是一年以前，年份对吗？{_ANSWER}")
