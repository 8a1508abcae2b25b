"""Reads a rough number of people as they write it: 约 300 人, 三百余人, 300～400, 1.2 万."""

import re

from portal.sensitive_text.folding import folded

MOST = 999_999
_DIGITS = {digit: n for n, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIAD = "万"
_HANZI = "".join(_DIGITS) + "".join(_UNITS) + _MYRIAD
_NUMBER = re.compile(rf"(?:[0-9]+(?:\.[0-9]+)?[{''.join(_UNITS)}{_MYRIAD}]*|[{_HANZI}]+)")
# What may stand around the number, or between the two ends of a range.
_AROUND = re.compile(r"大约|大概|差不多|将近|接近|不到|超过|至少|约|近|左右|上下|以上|以内|之间|多|余|来|几"
                     r"|到|至|或|个|位|名|人次|人|户|居民|档案|份|条|大|[-~～—、,，。.+\s]")  # fmt: skip
_FIGURES_IN_WORDS = re.compile(r"[\u4e00-\u9fff]{0,10}[0-9]+[\u4e00-\u9fff]{0,10}")


def read(text: str) -> str:
    """The number in figures, of a range the upper end; what cannot be read stays as it was typed."""
    typed = folded(text).text.strip()
    plain = re.sub(r"(?<=[0-9])[,，](?=[0-9]{3}(?![0-9]))", "", typed).replace(" ", "")
    is_negative = plain.startswith("-")
    numbers = [_value(found) for found in _NUMBER.findall(plain)]
    around = _AROUND.sub("", _NUMBER.sub("", plain))
    is_in_words = len(numbers) == 1 and _FIGURES_IN_WORDS.fullmatch(plain)
    if is_negative or "几" in plain or None in numbers or not 1 <= len(numbers) <= 2 or (around and not is_in_words):
        return typed
    most = max(number for number in numbers if number is not None)
    return str(round(most)) if 1 <= most <= MOST and most == round(most) else typed


def _value(text: str) -> float | None:
    """300, 1.2万, 三百二十, 一千二, 两三百 (the upper end); None for words that are no number."""
    written = re.fullmatch(rf"([0-9.]+)([{''.join(_UNITS)}{_MYRIAD}]*)", text)
    if written:
        value = float(written[1])
        for unit in written[2]:
            value *= 10_000 if unit == _MYRIAD else _UNITS[unit]
        return value
    head, has_myriad, tail = text.rpartition(_MYRIAD)
    if not has_myriad:
        return _below_myriad(text)
    above, below = _below_myriad(head), _below_myriad(tail) if tail else 0
    if above is None or below is None:
        return None
    if len(tail) == 1:
        below *= 1000  # 一万二
    return above * 10_000 + below


def _below_myriad(text: str) -> float | None:
    total, digit, last_unit = 0, None, 1
    for char in text:
        if char in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[char]
            digit, last_unit = None, _UNITS[char]
        elif digit is None or digit == 0:
            digit = _DIGITS[char]
        elif _DIGITS[char] == digit + 1:
            digit = _DIGITS[char]  # 两三百: two or three hundred
        else:
            return None
    if digit is not None:
        is_short = last_unit >= 100 and not text.endswith(tuple(f"零{d}" for d in _DIGITS))
        total += digit * (last_unit // 10 if is_short else 1)  # 一千二 is 1200, 一千零二 is 1002
    return total if text else None
