"""Finds the start and end of a pasted value on its line. Takes folded (half-width) text and returns positions."""

import re

from portal.sensitive_text.id_numbers import X_SIGNS
from portal.sensitive_text.labels import HAN

_OPEN = " \t\r\n,，;；、:=“”‘’\"'「『【[(<《`"
_END = " \t\r\n,，。.;；、“”‘’\"'」』】`~!！"
_VALUE_OPEN = " \t\r\n“‘「『:="
_VALUE_END = " \t\r\n，。；、”’」』】"
# Chinese words after a blank or punctuation are a sentence and not part of the value. A run of blanks or punctuation is
# tried once, from its first sign: the time would otherwise grow with the square of its length.
_SENTENCE = re.compile(
    rf"(?<![ \t])[ \t]++(?=[^ \t]{{0,40}}[{HAN}])|(?<![,;，。；、!])[,;，。；、!]++(?=[ \t]{{0,40}}[{HAN}])"
    rf"|[。，；]|[(](?=[^)]{{0,20}}[{HAN}])"
)
_PAIR_GAP = re.compile(r"[ \t]*[/|,;、，；和][ \t]*|[ \t]+")
_PHONE = re.compile(
    r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9*](?:[- ]?[0-9*]{4}){2}(?![0-9])|0[0-9]{2,3}[- )]{1,2}[0-9]{7,8}"
)
_NAME = re.compile(rf"[{HAN}·]{{2,8}}|[A-Za-z][A-Za-z .]{{1,30}}")
_ID = re.compile(
    r"(?<![0-9A-Za-z*])"
    rf"(?:(?:[0-9][ -]?){{17}}[0-9{X_SIGNS}]|[0-9]{{14,20}}[{X_SIGNS}]?|[0-9*]{{6,40}})(?![0-9A-Za-z*])"
)
_TOKEN = re.compile(r"[0-9A-Za-z*][0-9A-Za-z*\-]{0,31}")
_NO_NUMBER = re.compile(rf"(?![和及与])[{HAN}]")


def tidy(text: str, start: int, end: int) -> range | None:
    """The span without blanks, quotes and punctuation around it; None if nothing is left."""
    while start < end and text[start] in _OPEN:
        start += 1
    while end > start and text[end - 1] in _END:
        end -= 1
    return range(start, end) if end > start else None


def run_of(text: str, start: int, end: int) -> range | None:
    """A number, account name or password: ends where a sentence follows."""
    while start < end and text[start] in _VALUE_OPEN:
        start += 1
    cut = _SENTENCE.search(text, start + 1, end)
    end = cut.start() if cut else end
    while end > start and text[end - 1] in _VALUE_END:
        end -= 1
    return range(start, end) if end > start else None


def numbers_of(text: str, start: int, end: int) -> range | None:
    """One or more ID numbers, up to the first word."""
    word = _NO_NUMBER.search(text, start, end)
    end = word.start() if word else end
    while end > start and text[end - 1] in "( ":
        end -= 1
    return tidy(text, start, end)


def pair_of(text: str, start: int, end: int) -> list[range]:
    """账号、密码：sfdg、123456: both values, or the only one."""
    while start < end and text[start] in _VALUE_OPEN:
        start += 1
    gap = _PAIR_GAP.search(text, start, end)
    if gap and gap.end() < end:
        first, second = run_of(text, start, gap.start()), run_of(text, gap.end(), end)
        if first and second:
            return [first, second]
    only = run_of(text, start, end)
    return [only] if only else []


def id_and_other(text: str, start: int, end: int) -> tuple[range, range | None] | None:
    """An ID number and the one other number of the span, whichever comes first; None unless the span is just that."""
    number = _ID.search(text, start, end)
    if number is None:
        return None
    before, after = _in_brackets(text, start, number.start()), _in_brackets(text, number.end(), end)
    others = [part for part in (before, after) if part]
    if len(others) > 1 or any(_TOKEN.fullmatch(text, part.start, part.stop) is None for part in others):
        return None
    return range(*number.span()), (others[0] if others else None)


def _in_brackets(text: str, start: int, end: int) -> range | None:
    while start < end and text[start] in _OPEN + "和及与()[]/|":
        start += 1
    while end > start and text[end - 1] in _END + "和及与()[]/|":
        end -= 1
    return range(start, end) if end > start else None


def phone_of(text: str, start: int, end: int) -> range | None:
    """The first telephone number in the span."""
    found = _PHONE.search(text, start, end)
    return range(found.start(), found.end()) if found else None


def name_of(text: str, start: int, end: int) -> range | None:
    """A person's name, if the span contains nothing else."""
    while start < end and text[start] in "( ":
        start += 1
    while end > start and text[end - 1] in ") \n":
        end -= 1
    value = tidy(text, start, end)
    return value if value and _NAME.fullmatch(text, value.start, value.stop) else None
