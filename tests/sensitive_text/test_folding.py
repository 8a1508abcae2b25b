"""One form for what people write in several ways, and the way back to what they typed."""

import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.sensitive_text.folding import folded, search_form, words_of
from portal.sensitive_text.radicals import RADICALS

SAME = {
    "full width": ("ＺＹ２０２６（１）：＠＃＄～", "ZY2026(1):@#$~"),
    "marks of direction": ("\u202d13800138000\u202c\u2066\u2069\u200e\u200f\u061c", "13800138000"),
    "invisible characters": ("a\u200bb\u00adc\ufeffd\u2060e\u180ef\u034fg\u3164h\u115fi", "abcdefghi"),
    "control characters": ("a\x00b\x08c\x1bd\x7fe\x9ff", "abcdef"),
    "selectors and keycaps": ("1\ufe0f\u20e33\ufe0f\u20e38\U000e0100", "138"),
    "dashes": ("1-1–1—1―1‐1‑1‒1−1－1﹣1ー1─1━1⸺1〜1➖1⁻1", "-".join("1" * 18)),
    "blanks": ("a\u00a0b\u2003c\u3000d\u202fe\u205ff\u1680g\u2800h\ti", "a b c d e f g h\ti"),
    "line ends": ("1\r\n2\r3\v4\f5\x856\u20287\u20298\n9\x1c0", "1\n2\n3\n4\n5\n6\n7\n8\n9\n0"),
    "two line ends": ("1\r\n\r\n2\n\r3", "1\n\n2\n\n3"),
    "colons": ("a：b﹕c∶d︓eːf", "a:b:c:d:e:f"),
    "Kangxi radicals": ("⼈⾎压，⾼⾎压⽤⼾", "人血压，高血压用户"),
    "radicals of the supplement": ("⻚⾯⻔⻋⻅⻓⻢⻛⻝⻘⻣", "页面门车见长马风食青骨"),
    "ideographs for old code pages": ("\uf9fd\uf902", "什車"),
    "letters for formulas": ("𝟏𝟐𝐚ℎ", "12ah"),
    "small forms": ("﹙1﹚﹟﹠﹐﹔", "(1)#&，；"),
    "half width of Chinese marks": ("一｡二､", "一。二、"),
}
KEPT = ["，；。、", "“密码”【】《》…·", "①²½Ⅹ٣", "密碼Abc", "é\u0301", "👩🏽"]


@pytest.mark.parametrize(("typed", "form"), SAME.values(), ids=SAME.keys())
def test_it_folds(typed: str, form: str) -> None:
    assert folded(typed).text == form
    assert folded(form).text == form


@pytest.mark.parametrize("typed", KEPT)
def test_it_changes_no_meaning(typed: str) -> None:
    assert folded(typed).text == typed


def test_every_format_character_goes_and_every_dash_and_blank_is_one() -> None:
    forms = {"Cf": "", "Me": "", "Pd": "-", "Zs": " ", "Zl": "\n", "Zp": "\n"}
    for char in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(char)
        if category in ("Cn", "Co"):
            continue
        form = folded(char).text
        if form and form != char:
            assert len(form) == 1 and folded(form).text == form
        if category in forms:
            assert form == forms[category], hex(ord(char))


def test_every_radical_has_an_ordinary_character() -> None:
    assert {*range(0x2E80, 0x2FD6)} - RADICALS.keys() == {0x2E80, 0x2E9A, *range(0x2EF4, 0x2F00)}
    for code, char in RADICALS.items():
        assert unicodedata.category(char) == "Lo" and folded(char).text == char
        assert folded(chr(code)).text == char
        assert unicodedata.normalize("NFKC", chr(code)) in (chr(code), char, "戶", "靑")


SIGNS = st.text(st.sampled_from("a1：　，\r\n\u2028\u00ad\u202e\ufe0f\x00\u200b－密⼈"), max_size=30)


@settings(deadline=None)
@given(SIGNS | st.text(max_size=60))
def test_every_place_leads_back_to_the_sign_that_was_typed(typed: str) -> None:
    form = folded(typed)
    places = [form.place(at) for at in range(len(form.text))]
    assert places == sorted(set(places))
    assert form.place(len(form.text)) == len(typed)
    for at, place in enumerate(places):
        assert folded(typed[place]).text == form.text[at]
    left_out = [typed[n] for n in range(len(typed)) if n not in places]
    assert all(folded(char).text == "" or char == "\r" for char in left_out)


@settings(deadline=None)
@given(SIGNS, st.integers(0, 30), st.integers(0, 30))
def test_a_range_leads_back_to_all_that_was_typed_for_it(typed: str, one: int, other: int) -> None:
    form = folded(typed)
    start, end = sorted((min(one, len(form.text)), min(other, len(form.text))))
    assert folded(form.typed_part(start, end)).text == form.text[start:end]
    first, last = form.typed_range(start, end)
    assert 0 <= first <= last <= len(typed)


def test_what_nobody_sees_inside_a_passage_goes_with_it() -> None:
    form = folded("号\u202d13\u00ad8\u202c完")
    assert form.text == "号138完"
    assert form.typed_part(1, 4) == "13\u00ad8"


def test_no_text_is_shown_by_a_traceback() -> None:
    assert "secret" not in repr(folded("secret\u200b"))


@pytest.mark.parametrize("piece", ["\u0301\u0323", "\u200b", "\r\n", "：", "⻚", "密"])
def test_a_long_text_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * 50_000
    started = time.process_time()
    form = folded(text)
    assert form.typed_range(0, len(form.text))[1] <= len(text)
    search_form(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("ＲＣ２０２６１１０００１", "rc2026110001"),
        ("北街村　高血压", "北街村 高血压"),
        ("  Error\tORA–00942 \n", "error ora-00942"),
        ("ZY—2026―001", "zy-2026-001"),
        ("ZY－2026−001", "zy-2026-001"),
        ("高\u200b血\u00ad压\u202e", "高血压"),
        ("⼈⾎压⻚", "人血压页"),
        ("保存，失败", "保存,失败"),
        ("", ""),
    ],
)
def test_search_compares_one_form(typed: str, form: str) -> None:
    assert search_form(typed) == form
    assert search_form(form) == form


@settings(deadline=None)
@given(st.text(max_size=60))
def test_the_form_of_search_is_final(typed: str) -> None:
    assert search_form(search_form(typed)) == search_form(typed)


def test_words_are_separated_by_any_blank_and_come_once() -> None:
    assert words_of("北街村　高血压\u00a0北街村\n保存") == ["北街村", "高血压", "保存"]
    assert words_of(" \u3000\u200b ") == []
