"""The masking table, line by line, and its invariants (SECURITY 4, D-3)."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.vault.masks import MASKS
from tests.factories.people import id_number, phone

HIDDEN = "*" * 8
NUMBER = id_number(1)


SAMPLES = [
    ("id_number", "372527196503141287", "372***********1287"),
    ("id_number", "37252719650314128x", "372***********128X"),
    ("id_number", " 372527 19650314 1287 ", "372***********1287"),
    ("id_number", "３７２５２７１９６５０３１４１２８７", "372***********1287"),
    ("id_number", NUMBER[:6] + NUMBER[8:17], HIDDEN),
    ("id_number", NUMBER[:17], HIDDEN),
    ("id_number", "不知道", HIDDEN),
    ("id_number", "*" * 13, HIDDEN),
    ("id_number", "", ""),
    ("name", "张三", "张*"),
    ("name", "欧阳修", "欧**"),
    ("name", "欧阳试样", "欧**"),
    ("name", "阿依古丽·买买提", "阿**"),
    ("name", "李", "*"),
    ("name", "Anna Maria", "A**"),
    ("name", "试" * 30, "试**"),
    ("name", "\u3000", ""),
    ("phone", "13800138000", "138****8000"),
    ("phone", "+86 138 0013 8000", "138****8000"),
    ("phone", "138-0013-8000", "138****8000"),
    ("phone", "0635-8514521", "0635-***4521"),
    ("phone", "(0635)8514521", "0635-***4521"),
    ("phone", "01085145210", "010-***5210"),
    ("phone", "8514521", "***4521"),
    ("phone", "851452", HIDDEN),
    ("phone", "找村医", HIDDEN),
    ("phone", "", ""),
    ("inpatient_number", "ZY20260001", "*******001"),
    ("inpatient_number", "12345", "**345"),
    ("inpatient_number", "1234", HIDDEN),
    ("inpatient_number", "1", HIDDEN),
    ("inpatient_number", "A" * 29 + "123", "********123"),
    ("inpatient_number", "", ""),
    ("account", "sfdg", "s**g"),
    ("account", "admin", "a***n"),
    ("account", "abc", HIDDEN),
    ("account", "a" + "b" * 50 + "c", "a********c"),
    ("account", "372527196503141287", "372***********1287"),
    ("account", "13800138000", "138****8000"),
    ("account", "", ""),
    ("password", "123456", "••••••••"),
    ("password", "", "••••••••"),
    ("password", "x" * 90, "••••••••"),
    ("other", "任何内容", "****"),
    ("other", "", "****"),
]


@pytest.mark.parametrize(("kind", "value", "shown"), SAMPLES)
def test_it_shows_what_the_table_says(kind, value, shown):
    assert MASKS[kind](value) == shown


SECRETS = (
    st.text(max_size=40)
    | st.from_regex(r"\+?[0-9 \-()]{0,24}", fullmatch=True)
    | st.from_regex(r"[0-9]{3}\*{0,11}[0-9]{0,4}[xX]?", fullmatch=True)
    | st.from_regex(r"[0-9]{17}[0-9xX]", fullmatch=True)
    | st.integers(0, 999).map(id_number)
    | st.integers(0, 10**6).map(phone)
)


@pytest.mark.parametrize("kind", MASKS)
@settings(deadline=None)
@given(value=SECRETS)
@example(value="138****8000")
@example(value="372***********1287")
@example(value="\u20610****1")
def test_a_mask_of_a_mask_is_the_same_mask(kind, value):
    once = MASKS[kind](value)
    assert MASKS[kind](once) == once


@pytest.mark.parametrize("kind", MASKS)
@settings(deadline=None)
@given(value=SECRETS)
@example(value="0635-8514521")
def test_no_mask_shows_five_characters_in_a_row(kind, value):
    """Counted without blanks and signs: 0635-***4521 shows an area code of four digits."""
    shown_runs = re.split(r"[*•\W_]+", MASKS[kind](value))
    assert max(map(len, shown_runs)) <= 4


@settings(deadline=None)
@given(value=st.integers(0, 999).map(id_number))
def test_no_mask_shows_eight_characters_of_an_id_number(value):
    for kind in ("id_number", "account"):
        assert len(MASKS[kind](value).replace("*", "")) == 7
    for mask in MASKS.values():
        assert len(mask(value).replace("*", "").replace("•", "")) < 8


@settings(deadline=None)
@given(value=st.text(min_size=1, max_size=300))
def test_a_password_leaves_no_trace_in_its_mask(value):
    assert MASKS["password"](value) == MASKS["password"]("")


@settings(deadline=None)
@given(value=st.text(alphabet="abcdefgh01234567", min_size=12, max_size=200))
def test_the_length_of_a_long_value_does_not_show(value):
    for kind in ("account", "inpatient_number", "name"):
        assert len(MASKS[kind](value)) <= 18


def test_every_mask_has_samples():
    assert {kind for kind, _, _ in SAMPLES} == set(MASKS)
