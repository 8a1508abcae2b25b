"""A refusal says what is wrong in a few characters, then the measured and the needed size, then what to press."""

import re

import pytest

from portal.screenshots import wording
from portal.screenshots.wording import WHY

SIZE, LEAST, OWN = (1300, 610), (1000, 560), (1366, 768)

REFUSED = {
    "small": wording.small((420, 180), LEAST),
    "strip": wording.strip((1366, 200), LEAST),
    "upright strip": wording.strip((300, 1400), (600, 1200)),
    "partial": wording.partial(SIZE, None),
    "partial beside the own screen": wording.partial(SIZE, OWN),
    "cut": wording.cut(SIZE, None),
    "cut beside the own screen": wording.cut(SIZE, OWN),
    "many pixels": wording.too_many_pixels((13_000, 13_000), 40_000_000),
}
OTHER_FAULTS = {
    "blank": wording.blank(SIZE),
    "missing lines": wording.missing_lines(SIZE),
    "broken": wording.BROKEN,
    "empty": wording.EMPTY,
    "many bytes": wording.too_many_bytes(14 * 1024**2, 10 * 1024**2),
    "another type": wording.not_taken("GIF 图片"),
    "an unknown type": wording.not_taken(""),
    "the longest name": wording.not_taken("特殊编码的 JPG 图片"),
}
QUESTIONS = {
    "photo": wording.photo(SIZE),
    "nearly": wording.nearly(SIZE),
    "scaled": wording.scaled(SIZE, None),
    "scaled beside the own screen": wording.scaled(SIZE, OWN),
    "unfinished": wording.unfinished(SIZE),
    "same": wording.same(SIZE),
    **{reason: wording.unsure(reason, SIZE) for reason in ("long", "frame", "cut_on_own_screen", "two_screens")},
    **{reason: wording.unsure(reason, SIZE) for reason in ("across", "odd_screen")},
}
ALL = REFUSED | OTHER_FAULTS | QUESTIONS


@pytest.mark.parametrize("message", ALL.values(), ids=ALL)
def test_what_is_wrong_comes_first_in_at_most_fifteen_characters(message: str) -> None:
    wrong = re.split("[，。]", message, maxsplit=1)[0]

    assert 0 < len(wrong) <= 15
    assert "像素" not in wrong and "请" not in wrong


@pytest.mark.parametrize("message", ALL.values(), ids=ALL)
def test_the_reason_is_left_to_the_page_and_the_sentence_is_short(message: str) -> None:
    assert WHY not in message and "查找问题" not in message
    assert len(message) <= 90 and message.endswith("。") and "请" in message


@pytest.mark.parametrize("message", REFUSED.values(), ids=REFUSED)
def test_a_size_that_is_refused_is_told_with_the_needed_one_and_the_key(message: str) -> None:
    measured, needed, key = message.index("像素"), message.rindex("像素"), message.index("PrtSc")

    assert measured < needed < key


@pytest.mark.parametrize("message", REFUSED.values(), ids=REFUSED)
def test_no_refusal_sounds_like_a_question(message: str) -> None:
    assert "确认" not in message


@pytest.mark.parametrize("message", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_says_what_to_confirm(message: str) -> None:
    assert "请确认" in message


def test_every_question_has_a_name_for_the_ticket_page() -> None:
    assert {name for name in QUESTIONS if " " not in name} == set(wording.ASKED)
