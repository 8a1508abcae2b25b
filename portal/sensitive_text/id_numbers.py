"""Chinese identity numbers (GB 11643): one normal form, one validation, one sentence per fault.

Checks only 18 characters, province code, birth date and check character. County codes are not checked, because they
change while the numbers stay (SECURITY 7, trap 12).
"""

import re
from datetime import date

from portal.sensitive_text.folding import folded

X_SIGNS = "Xx×✕✖╳ХхΧχⅩⅹ"  # in the last place each of them means X; the check digit proves it
_BETWEEN = str.maketrans("", "", " \t\n-")
_SEPARATOR = re.compile(r"[\n\r、，,；;/|]|[和及与]")
_SHORTEST = 12  # of a part of several; two of them are longer than one number with a blank in it
_LAST_X = re.compile(f"([0-9]{{17}})[{X_SIGNS}]")

_MASK_CHARACTERS = re.compile("[*#∗⁎✱✲✳﹡×✕✖╳•●○◯◦∙·‧・･⋅⬤■□▇█▪…★☆〇]|X.*X", re.DOTALL)
_MOBILE = re.compile(r"(?:\+?86|0086)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{9,10}")
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_ALPHABET = re.compile(r"[0-9]*X?")

_MAINLAND_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65))
_MAINLAND = tuple(str(code) for first, last in _MAINLAND_RANGES for code in range(first, last + 1))
_TAIWAN = "71"
_RESIDENCE_PERMITS = ("81", "82", "83")
PROVINCES = frozenset((*_MAINLAND, _TAIWAN, *_RESIDENCE_PERMITS))

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_EARLIEST_BIRTH = date(1880, 1, 1)
_LATEST_IMAGINABLE_BIRTH = date(2099, 12, 31)
_LATEST_LIKELY_BIRTH = date(2049, 12, 31)
_END_OF_BIRTH = 14

LENGTH = 18
OLD_LENGTH = 15

_MESSAGES = {
    "required": "请填写身份证号",
    "masked_value": "请填写完整号码，不要用 * 代替，系统会自动隐藏",
    "looks_like_phone": "这像是手机号，请填写身份证号",
    "id_region": "身份证号前 2 位不是省份代码，请核对",
    "id_date": "身份证号第 7 到 14 位不是有效的出生日期，请核对",
    "id_checksum": "身份证号最后一位与前 17 位对不上，请核对",
}


def normalise_id_number(text: str) -> str:
    """The stored form: folded, no blanks, hyphens or line ends, capital X. Never raises.

    The folding leaves a superscript ² alone; NFKC would make it a digit that nobody typed (SECURITY 7, trap 11).
    """
    return compact_id_number(folded(text).text)


def compact_id_number(folded_text: str) -> str:
    """The stored form of a number in a folded text."""
    number = folded_text.translate(_BETWEEN)
    if last_x := _LAST_X.fullmatch(number):
        return last_x[1] + "X"
    return number.replace("x", "X").replace("Ⅹ", "X").replace("ⅹ", "X")


def split_id_numbers(text: str) -> list[str]:
    """The numbers of a text that may hold several: on lines, between commas, words or blanks, or one behind the other.

    Blanks within one number do not split it. Parts may be empty.
    """
    found: list[str] = []
    for part in _SEPARATOR.split(folded(text).text):
        words = part.split()
        if all(len(word) >= _SHORTEST for word in words):
            found += (number for word in words for number in _joined_numbers(word))
        else:
            found.append(part)
    return found


def _joined_numbers(word: str) -> list[str]:
    numbers = [word[at : at + LENGTH] for at in range(0, len(word), LENGTH)]
    return numbers if all(map(is_id_number, numbers)) else [word]


def id_number_fault(text: str, today: date) -> str | None:
    """The contract's code for the first fault of a typed number; None if it is valid.

    `today` is the date in China. Codes in order: `required`, `masked_value`, `looks_like_phone`, `id_length` (also for
    characters other than digits), `id_region`, `id_date`, `id_checksum` (REQUIREMENTS A7, A13).
    """
    number = normalise_id_number(text)
    if not number:
        return "required"
    if _MASK_CHARACTERS.search(number):
        return "masked_value"
    if looks_like_phone(number):
        return "looks_like_phone"
    if not _SHAPE.fullmatch(number):
        return "id_length"
    return _content_fault(number, today)


def is_id_number(text: str) -> bool:
    """Whether the whole text is a valid ID number with a birth date from 1880 to 2099."""
    return id_number_fault(text, _LATEST_IMAGINABLE_BIRTH) is None


def is_sound_id_number(number: str) -> bool:
    """`is_id_number` for a number in its stored form."""
    return _SHAPE.fullmatch(number) is not None and _content_fault(number, _LATEST_IMAGINABLE_BIRTH) is None


def is_nearly_id_number(number: str) -> bool:
    """Whether a normalised number of 18 signs is a sound ID number but for one digit.

    A wrong last sign is any, as long as province and birth date can be; a wrong digit elsewhere is one that the check
    character names.
    """
    if not _SHAPE.fullmatch(number):
        return False
    if _has_province_and_birth(number):
        return True
    wanted = _CHECK_CHARACTERS.index(number[17])
    off_by = (wanted - _sum_of(number)) % 11
    for place in range(_END_OF_BIRTH):
        digit = (int(number[place]) + off_by * pow(_WEIGHTS[place], -1, 11)) % 11
        if digit < 10 and _has_province_and_birth(f"{number[:place]}{digit}{number[place + 1 :]}"):
            return True
    return False


def is_old_id_number(number: str) -> bool:
    """Whether 15 digits have the shape of the numbers that were given until 1999, of people born from 1920 on."""
    return (
        len(number) == OLD_LENGTH
        and number[:2] in PROVINCES
        and number[6] >= "2"
        and _real_date(f"19{number[6:12]}") is not None
    )


def has_id_number_shape(number: str) -> bool:
    """Whether a normalised number is 17 digits and a digit or X, valid or not."""
    return _SHAPE.fullmatch(number) is not None


def looks_like_phone(text: str) -> bool:
    """Whether the whole text is a mobile number (also with 86) or a landline number with area code."""
    number = normalise_id_number(text).replace("(", "").replace(")", "")
    return bool(_MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number))


def id_number_message(code: str, text: str) -> str:
    """The sentence for a code of `id_number_fault`; never contains the typed text (UX 4).

    Raises KeyError for an unknown code.
    """
    if code == "id_length":
        return _length_message(normalise_id_number(text))
    if code == "looks_like_phone" and not _MOBILE.fullmatch(normalise_id_number(text)):
        return "这像是电话号码，请填写身份证号"
    return _MESSAGES[code]


def check_character(first_17_digits: str) -> str:
    """The 18th character for 17 ASCII digits (GB 11643, MOD 11-2)."""
    return _CHECK_CHARACTERS[_sum_of(first_17_digits) % 11]


def _sum_of(digits: str) -> int:
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits[:17], strict=True))


def _content_fault(number: str, today: date) -> str | None:
    if number[:2] not in PROVINCES:
        return "id_region"
    birth_date = _birth_date(number)
    if birth_date is None or not _EARLIEST_BIRTH <= birth_date <= today:
        return "id_date"
    if check_character(number[:17]) != number[17]:
        return "id_checksum"
    return None


def _birth_date(number: str) -> date | None:
    return _real_date(number[6:14])


def _real_date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _has_province_and_birth(number: str) -> bool:
    birth_date = _birth_date(number) if number[:2] in PROVINCES else None
    return birth_date is not None and _EARLIEST_BIRTH <= birth_date <= _LATEST_LIKELY_BIRTH


def _length_message(number: str) -> str:
    if not _ALPHABET.fullmatch(number):
        return "身份证号只能是数字，最后一位可以是 X，请核对"
    if len(number) == OLD_LENGTH:
        return "这是 15 位的旧身份证号，已经停用，请填写 18 位的身份证号"
    return f"身份证号应为 18 位，现在是 {len(number)} 位"
