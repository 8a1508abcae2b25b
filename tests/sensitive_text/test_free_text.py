"""What every free text must be: storable, present where it is needed, and not too long."""

import pytest

from portal.sensitive_text.free_text import checked_text, is_blank, text_fault, unstorable

CONTROLS = [chr(code) for code in (*range(9), *range(14, 28), 31, *range(127, 133), *range(134, 160))]
NOTHING = ["", " ", "\u3000", "\u200b\u2060", "\u202d\u202c", "\u00ad", "\ufe0f", "\u2800", "\n\t\r\v\u2028"]


@pytest.mark.parametrize("sign", CONTROLS, ids=ascii)
def test_a_control_character_is_refused_also_alone_and_in_an_optional_text(sign):
    for text in (sign, f"甲{sign}乙"):
        assert unstorable(text)
        fault = text_fault(text, field="note")
        assert fault and (fault.field, fault.code) == ("note", "invalid") and "已经去掉" in fault.message


@pytest.mark.parametrize("text", ["甲\t乙\r\n丙\n丁\v戊\f己\u2028庚\x85辛", "甲\u202e乙\u00ad\ufeff", "👨‍👩‍👧 é"])
def test_all_other_text_is_kept_as_it_is(text):
    assert not unstorable(text) and text_fault(text, field="note") is None
    assert checked_text(text) == text.strip()


@pytest.mark.parametrize("nothing", NOTHING, ids=ascii)
def test_what_nobody_sees_is_nothing(nothing):
    assert is_blank(nothing) and checked_text(nothing) == ""
    assert [text_fault(nothing, field="note", missing="请填写")] == [text_fault("", field="note", missing="请填写")]
    assert text_fault("", field="note") is None


def test_a_lone_half_of_a_pair_is_refused():
    assert unstorable("甲\ud83d") and text_fault("\udc00", field="note") is not None
