"""Two ways to write one value have one form; two values never do."""

import pytest

from portal.sensitive_text.exact_form import exact_form
from portal.sensitive_text.id_numbers import normalise_id_number
from tests.factories import people

SAME = [
    ("13800138000", "+86 138 0013 8000", "0086-138-0013-8000", "86 13800138000", "１３８００１３８０００"),
    ("13900139000", " 139\u200b0013\u00a09000 "),
    ("06351234567", "0635-1234567", "(0635)1234567", "（0635） 123 4567"),
    ("ZY2026-001", "zy2026001", "ＺＹ2026001", "zy 2026 001"),
    ("Zhang.San01", "zhang.san01", "ＺＨＡＮＧ．ＳＡＮ０１"),
    ("37252719650314128X", "37252719650314128x", "372527 19650314 128Ⅹ"),
]  # fmt: skip


@pytest.mark.parametrize("ways", SAME)
def test_one_value_has_one_form(ways: tuple[str, ...]) -> None:
    assert len({exact_form(way) for way in ways}) == 1


def test_different_values_have_different_forms() -> None:
    assert len({exact_form(ways[0]) for ways in SAME}) == len(SAME)
    assert exact_form("zhang.san") != exact_form("zhangsan")
    assert exact_form("zhang(1)") != exact_form("zhang1")


def test_an_id_number_keeps_the_form_that_older_indexes_were_made_of() -> None:
    for seed in range(300):
        number = people.id_number(seed=seed)
        assert exact_form(number) == normalise_id_number(number) == number


@pytest.mark.parametrize("nothing", ["", " ", "—", "\u200b", "--"])
def test_nothing_has_no_form(nothing: str) -> None:
    assert exact_form(nothing) == ""
