"""Phone numbers as people write them: kept as typed, refused only when they can be none."""

import re

FEWEST_DIGITS, MOST_DIGITS = 7, 15  # E.164
MOBILE_DIGITS = 11
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|#)\s{0,4}[0-9]{1,6}", re.IGNORECASE)
_BETWEEN = re.compile(r"[/、，,;；|\n]|或者?|和")
_NUMBER = re.compile(r"\+?[(（]?[0-9](?:[-. ()（）·_]*[0-9])*")
_COUNTRY = re.compile(r"(?:\+?86|0086)(?=1[3-9])")
_MOBILE_START = re.compile(r"1[3-9]")
_ID_DIGITS = (17, 18)


def fault(text: str) -> str:
    """The sentence for a folded text that holds no phone number; "" if it does."""
    lengths = [len(number) for number in _numbers(text)]
    if any(length in _ID_DIGITS for length in lengths):
        return "这像是身份证号，请填写手机号或座机号"
    if lengths and max(lengths) > MOST_DIGITS:
        return f"电话号码最多 {MOST_DIGITS} 位，现在是 {max(lengths)} 位。有两个号码的，请用顿号隔开"
    if not any(length >= FEWEST_DIGITS for length in lengths):
        return f"电话号码至少 {FEWEST_DIGITS} 位，例如：13800001234 或 0635-2123456"
    return ""


def odd_mobile_length(text: str) -> int:
    """How many digits a mobile number has that has too few or too many; 0 if there is none."""
    for number in _numbers(text):
        mobile = _COUNTRY.sub("", number)
        if _MOBILE_START.match(mobile) and len(mobile) >= MOBILE_DIGITS - 1 and len(mobile) != MOBILE_DIGITS:
            return len(mobile)
    return 0


def _numbers(text: str) -> list[str]:
    """The digits of each number, without extensions; a run of two numbers with a blank between counts as two."""
    found = []
    for part in _BETWEEN.split(text):
        for match in _NUMBER.findall(_EXTENSION.sub("", part)):
            digits = _digits(match)
            words = [_digits(word) for word in match.split()]
            are_several = len(digits) > MOST_DIGITS and min(map(len, words)) >= FEWEST_DIGITS
            found += words if are_several else [digits]
    return found


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
