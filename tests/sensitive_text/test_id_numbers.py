"""Identity numbers: the same verdict for every way of writing them (REQUIREMENTS A7, A13; SECURITY A-5)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.sensitive_text.id_numbers import (
    id_number_fault,
    id_number_message,
    is_id_number,
    is_nearly_id_number,
    is_old_id_number,
    normalise_id_number,
    split_id_numbers,
)
from tests.factories.people import id_number, landline, phone, with_check_character, wrong_check_character

TODAY = date(2026, 7, 22)
PLAIN = id_number(1)
ENDS_IN_X = id_number(1, ending="X")
FULL_WIDTH = PLAIN.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
ARABIC_INDIC = PLAIN.translate({ord("0") + n: 0x660 + n for n in range(10)})

VALID = {
    "plain": PLAIN,
    "capital X": ENDS_IN_X,
    "small x": ENDS_IN_X.lower(),
    "full-width x": ENDS_IN_X[:-1] + "ｘ",
    "full-width X": ENDS_IN_X[:-1] + "Ｘ",
    "roman ten": ENDS_IN_X[:-1] + "Ⅹ",
    "blanks between groups": f"{PLAIN[:6]} {PLAIN[6:14]} {PLAIN[14:]}",
    "hyphens": f"{PLAIN[:6]}-{PLAIN[6:14]}-{PLAIN[14:]}",
    "long dashes": f"{PLAIN[:6]}—{PLAIN[6:14]}－{PLAIN[14:]}",
    "blanks around": f"  {PLAIN}\t\r\n",
    "ideographic blanks": f"\u3000{PLAIN[:6]}\u3000{PLAIN[6:]}",
    "no-break and thin blanks": f"{PLAIN[:6]}\u00a0{PLAIN[6:14]}\u2009{PLAIN[14:]}",
    "zero-width characters": f"\ufeff{PLAIN[:6]}\u200b{PLAIN[6:14]}\u200d{PLAIN[14:]}\u202c",
    "full-width digits": FULL_WIDTH,
    "born 1925, county code of 1997": id_number(2, "371526", date(1925, 11, 3)),
    "born 1925, old county code": id_number(2, "372527", date(1925, 11, 3)),
    "county code that never was": id_number(2, "379999", date(1980, 1, 1)),
    "earliest date": id_number(3, born=date(1880, 1, 1)),
    "born today": id_number(3, born=TODAY),
    "29 February 2000": id_number(4, born=date(2000, 2, 29)),
    "29 February 1964": id_number(4, born=date(1964, 2, 29)),
    "31 December": id_number(5, born=date(1999, 12, 31)),
    "Hong Kong permit": id_number(6, "810000", date(1990, 5, 6)),
    "Hong Kong permit, born before 1997": id_number(6, "810000", date(1931, 5, 6)),
    "Macao permit, born before 1999": id_number(6, "820000", date(1945, 5, 6)),
    "Taiwan permit, born before 2018": id_number(6, "830000", date(1950, 5, 6)),
    "Taiwan province": id_number(6, "710000", date(1950, 5, 6)),
    "Beijing": id_number(7, "110101", date(1978, 8, 8)),
    "Chongqing": id_number(7, "500101", date(1978, 8, 8)),
    "Tibet": id_number(7, "542123", date(1978, 8, 8)),
    "Xinjiang": id_number(7, "659001", date(1978, 8, 8)),
}

INVALID = {
    "empty": ("", "required"),
    "blanks": (" \t\n", "required"),
    "ideographic blanks": ("\u3000\u3000", "required"),
    "zero-width": ("\u200b\u200d\ufeff", "required"),
    "hyphens only": ("---", "required"),
    "sample of the source": ("*" * 13, "masked_value"),
    "our own mask": (PLAIN[:3] + "*" * 11 + PLAIN[-4:], "masked_value"),
    "one star": (PLAIN[:10] + "*" + PLAIN[11:], "masked_value"),
    "full-width stars": (PLAIN[:6] + "＊" * 8 + PLAIN[14:], "masked_value"),
    "bullets": (PLAIN[:6] + "•" * 8 + PLAIN[14:], "masked_value"),
    "dots": (PLAIN[:6] + "●" * 8 + PLAIN[14:], "masked_value"),
    "crosses": (PLAIN[:6] + "×" * 8 + PLAIN[14:], "masked_value"),
    "letters x for digits": (PLAIN[:6] + "x" * 8 + PLAIN[14:], "masked_value"),
    "number signs": (PLAIN[:6] + "########" + PLAIN[14:], "masked_value"),
    "ellipsis": (PLAIN[:6] + "……" + PLAIN[14:], "masked_value"),
    "starred phone": ("138****8000", "masked_value"),
    "mobile": (phone(1), "looks_like_phone"),
    "mobile in groups": ("138 0013 8000", "looks_like_phone"),
    "mobile with +86": ("+86 " + phone(2), "looks_like_phone"),
    "mobile with 86": ("86" + phone(2), "looks_like_phone"),
    "mobile with 0086": ("0086-" + phone(2), "looks_like_phone"),
    "mobile in full width": ("１３８００１３８０００", "looks_like_phone"),
    "landline": (landline(1), "looks_like_phone"),
    "landline in brackets": ("（0635）2123456", "looks_like_phone"),
    "landline of 12 digits": ("0635-21234567", "looks_like_phone"),
    "11 digits that are no phone": ("12345678901", "id_length"),
    "one short": (PLAIN[:-1], "id_length"),
    "one long": (PLAIN + "1", "id_length"),
    "old number of 15 digits": (PLAIN[:6] + PLAIN[8:17], "id_length"),
    "one digit": ("3", "id_length"),
    "inpatient number": ("ZY20260001", "id_length"),
    "Arabic-Indic digits": (ARABIC_INDIC, "id_length"),
    "one Arabic-Indic digit": (PLAIN[:-1] + "٣", "id_length"),
    "superscript two": (PLAIN[:5] + "²" + PLAIN[6:], "id_length"),
    "superscript two at the end": (PLAIN[:-1] + "²", "id_length"),
    "circled digit": (PLAIN[:-1] + "②", "id_length"),
    "letter O for zero": (PLAIN[:5] + "O" + PLAIN[6:], "id_length"),
    "x in the middle": (PLAIN[:9] + "X" + PLAIN[10:], "id_length"),
    "another letter at the end": (PLAIN[:-1] + "A", "id_length"),
    "words": ("不知道", "id_length"),
    "two numbers": (PLAIN + "、" + PLAIN, "id_length"),
    "province 00": (id_number(8, "000000"), "id_region"),
    "province 10": (id_number(8, "100101"), "id_region"),
    "province 16": (id_number(8, "160101"), "id_region"),
    "province 24": (id_number(8, "240101"), "id_region"),
    "province 38": (id_number(8, "380101"), "id_region"),
    "province 47": (id_number(8, "470101"), "id_region"),
    "province 55": (id_number(8, "550101"), "id_region"),
    "province 84": (id_number(8, "840000"), "id_region"),
    "province 91": (id_number(8, "910000"), "id_region"),
    "eighteen equal digits": ("9" * 18, "id_region"),
    "29 February 1999": (with_check_character("37252619990229003"), "id_date"),
    "29 February 1900": (with_check_character("37252619000229003"), "id_date"),
    "31 April": (with_check_character("37252619800431003"), "id_date"),
    "month 13": (with_check_character("37252619801301003"), "id_date"),
    "month 00": (with_check_character("37252619800001003"), "id_date"),
    "day 00": (with_check_character("37252619800100003"), "id_date"),
    "year 0000": (with_check_character("37252600000101003"), "id_date"),
    "before 1880": (id_number(9, born=date(1879, 12, 31)), "id_date"),
    "born tomorrow": (id_number(9, born=date(2026, 7, 23)), "id_date"),
    "born far ahead": (id_number(9, born=date(2999, 1, 1)), "id_date"),
    "eighteen ones": ("1" * 18, "id_date"),
    "wrong check digit": (wrong_check_character(PLAIN), "id_checksum"),
    "X where a digit belongs": (PLAIN[:-1] + "X", "id_checksum"),
    "digit where X belongs": (ENDS_IN_X[:-1] + "1", "id_checksum"),
    "two digits swapped": (PLAIN[:15] + PLAIN[16] + PLAIN[15] + PLAIN[17], "id_checksum"),
}


@pytest.mark.parametrize("typed", VALID.values(), ids=VALID.keys())
def test_it_accepts_every_way_of_writing_a_sound_number(typed):
    assert id_number_fault(typed, TODAY) is None
    assert is_id_number(typed)
    normal = normalise_id_number(typed)
    assert len(normal) == 18 and normal.isascii() and normal == normal.upper()


@pytest.mark.parametrize(("typed", "code"), INVALID.values(), ids=INVALID.keys())
def test_it_names_the_first_fault(typed, code):
    assert id_number_fault(typed, TODAY) == code


@pytest.mark.parametrize(("typed", "code"), INVALID.values(), ids=INVALID.keys())
def test_no_message_repeats_what_was_typed(typed, code):
    message = id_number_message(code, typed)
    assert message.endswith(("核对", "身份证号", "位", "隐藏"))
    assert len(normalise_id_number(typed)) < 3 or normalise_id_number(typed) not in message
    assert "  " not in message


@pytest.mark.parametrize(
    ("code", "typed", "message"),
    [
        ("required", "", "请填写身份证号"),
        ("id_length", PLAIN[:-1], "身份证号应为 18 位，现在是 17 位"),
        ("id_length", f"{PLAIN[:6]} {PLAIN[6:]}1", "身份证号应为 18 位，现在是 19 位"),
        ("id_length", PLAIN[:6] + PLAIN[8:17], "这是 15 位的旧身份证号，已经停用，请填写 18 位的身份证号"),
        ("id_length", PLAIN[:-1] + "²", "身份证号只能是数字，最后一位可以是 X，请核对"),
        ("id_checksum", wrong_check_character(PLAIN), "身份证号最后一位与前 17 位对不上，请核对"),
        ("masked_value", "*" * 13, "请填写完整号码，不要用 * 代替，系统会自动隐藏"),
        ("looks_like_phone", phone(1), "这像是手机号，请填写身份证号"),
        ("looks_like_phone", landline(1), "这像是电话号码，请填写身份证号"),
    ],
)
def test_it_says_what_to_do_in_the_agreed_words(code, typed, message):
    assert id_number_fault(typed, TODAY) == code
    assert id_number_message(code, typed) == message


def test_it_stores_one_form_however_the_number_is_written():
    ways = [way for way in VALID.values() if normalise_id_number(way) == PLAIN]
    assert len(ways) >= 7


def test_it_keeps_a_superscript_as_it_is():
    assert normalise_id_number("1²②٣") == "1²②٣"


@settings(deadline=None)
@given(st.text(max_size=40))
def test_it_never_raises_and_its_normal_form_is_final(typed):
    normal = normalise_id_number(typed)
    assert normalise_id_number(normal) == normal
    code = id_number_fault(typed, TODAY)
    assert code == id_number_fault(normal, TODAY)
    assert code is None or id_number_message(code, typed)


@settings(deadline=None)
@given(st.integers(0, 999), st.dates(date(1880, 1, 1), TODAY), st.integers(0, 16), st.integers(1, 9))
def test_it_catches_every_single_wrong_digit(seed, born, place, shift):
    number = id_number(seed, born=born)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert id_number_fault(number, TODAY) is None
    assert id_number_fault(wrong, TODAY) in {"id_region", "id_date", "id_checksum"}


def test_it_answers_at_once_for_a_very_long_value():
    assert id_number_fault("1" * 100_000, TODAY) == "id_length"
    assert id_number_fault("X" + "1" * 100_000, TODAY) == "id_length"


@pytest.mark.parametrize("sign", ["x", "X", "ｘ", "Ｘ", "×", "✕", "✖", "╳", "Ⅹ", "ⅹ", "Х", "х", "Χ", "χ"])
def test_every_sign_that_looks_like_x_is_one_in_the_last_place(sign):
    typed = ENDS_IN_X[:-1] + sign
    assert normalise_id_number(typed) == ENDS_IN_X
    assert id_number_fault(typed, TODAY) is None
    assert id_number_fault(PLAIN[:-1] + sign, TODAY) == "id_checksum", "the check digit proves it"


@pytest.mark.parametrize(
    "between",
    [
        "\n",
        "\r\n",
        "\v",
        "\u2028",
        " ",
        "\u3000",
        "\t",
        "、",
        "，",
        ",",
        "；",
        " 、 ",
        "\n\n",
        "",
        "/",
        "和",
        " 及 ",
        "与",
        "|",
    ],
)
def test_several_numbers_are_split_wherever_they_are_joined(between):
    numbers = [PLAIN, ENDS_IN_X.lower(), id_number(3)]
    parts = [part for part in split_id_numbers(between.join(numbers)) if part.strip()]
    assert [normalise_id_number(part) for part in parts] == [number.upper() for number in numbers]


@pytest.mark.parametrize("typed", [f"{PLAIN[:6]} {PLAIN[6:14]} {PLAIN[14:]}", f"{PLAIN}1", PLAIN + PLAIN[:17], "无"])
def test_one_number_stays_whole(typed):
    assert split_id_numbers(typed) == [typed]


@settings(deadline=None)
@given(st.integers(0, 999), st.dates(date(1925, 1, 1), TODAY), st.integers(0, 17), st.integers(1, 9))
def test_a_number_with_one_wrong_digit_is_nearly_one(seed, born, place, shift):
    number = id_number(seed, born=born)
    digit = int(number[place]) if number[place] != "X" else 10
    wrong = number[:place] + str((digit + shift) % 10) + number[place + 1 :]
    assert is_nearly_id_number(number) and is_nearly_id_number(wrong)


@pytest.mark.parametrize(
    "number", ["202607220000000042", "900000000000000000", "111111111111111111", "37152610200300123", PLAIN + "1", ""]
)
def test_other_numbers_are_not_nearly_one(number):
    assert not is_nearly_id_number(number)


def test_a_number_of_fifteen_digits_needs_province_and_date():
    old = PLAIN[:6] + PLAIN[8:17]
    assert is_old_id_number(old)
    for other in (old[:-1], old + "1", "99" + old[2:], old[:8] + "13" + old[10:], "202607221030551"):
        assert not is_old_id_number(other)
