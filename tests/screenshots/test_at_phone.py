"""A phone is told what a phone can do."""

import pytest

from portal.screenshots import script_rule, wording
from portal.screenshots.at_phone import at_phone
from portal.screenshots.inspection import InspectionLimits

SIZE = (640, 480)


@pytest.mark.parametrize(
    ("at_pc", "expected"),
    [
        ("请按键盘上的 PrtSc 键截取整个屏幕，重新上传。", "请横着拍下整个屏幕，重新上传。"),
        ("图片是空白。请让问题显示在屏幕上，再按 PrtSc 键重新截图。", "图片是空白。请让问题显示在屏幕上，再拍一张。"),
        ("请确认文字清楚，或按 PrtSc 键重新截图。", "请确认文字清楚，或重新拍一张。"),
        ("图片是空文件，请重新选择。", "图片是空文件，请重新选择。"),
    ],
)
def test_a_clause_about_a_key_becomes_one_about_the_camera(at_pc: str, expected: str) -> None:
    assert at_phone(at_pc) == expected


def test_no_sentence_of_the_rule_names_a_key_to_a_phone() -> None:
    rule = script_rule.script_rule(InspectionLimits())
    sentences = [
        wording.blank(SIZE), wording.photo(SIZE), wording.nearly(SIZE), wording.scaled(SIZE, (1366, 768)),
        wording.small(SIZE, (1000, 560)), wording.partial(SIZE, None), wording.partial(SIZE, (1366, 768)),
    ]  # fmt: skip
    sentences += [rule[shape][name]["message"] for shape in ("landscape", "portrait") for name in ("small", "strip")]

    assert any("PrtSc" in sentence for sentence in sentences)
    for sentence in map(at_phone, sentences):
        assert "PrtSc" not in sentence and "键" not in sentence, sentence
