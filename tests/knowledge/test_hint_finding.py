"""Which words are found in a text, where, and how long that takes."""

import time
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.knowledge.hint_finding import MOST_HINTS, hints_in


@dataclass(frozen=True)
class Said:
    pattern: str
    advice: str = "换一种说法"
    exceptions: tuple[str, ...] = ()
    is_whole: bool = False


YOU = Said("你", "请用“您”", ("你们", "迷你"))
WORDS = (
    YOU,
    Said("不行"),
    Said("不可以"),
    Said("不可"),
    Said("Bug"),
    Said("嗯", is_whole=True),
    Said("那", is_whole=True),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("你的问题", ["你"]), ("你们的系统", []), ("迷你打印机和你", ["你"]), ("您好", []),
        ("这样不可以", ["不可以"]), ("不可", ["不可"]), ("这是一个ｂｕｇ", ["ｂｕｇ"]), ("BUG 已修复", ["BUG"]),
        ("嗯，我看看", ["嗯"]), ("嗯嗯，好", []), ("好的。嗯，我看看", ["嗯"]), ("嗯。", []), ("那，先这样", ["那"]),
        ("那么，我们", []), ("在那，", []), ("那，你看不行", ["那", "你", "不行"]),
        ("机构写的是“你们不行”，我们再看", []), ("您说「不行」，其实不行", ["不行"]), ("“不行", ["不行"]), ("", []),
    ],
)  # fmt: skip
def test_what_is_found(text, found):
    hints = hints_in(WORDS, text)
    assert [text[hint.start : hint.end] for hint in hints] == found
    assert all(hint.advice for hint in hints)


def test_positions_are_code_points():
    text = "😀𠀀你"
    (hint,) = hints_in(WORDS, text)
    assert (hint.start, hint.end, hint.advice) == (2, 3, "请用“您”")


@given(st.text(st.sampled_from("你们不行可以嗯，,那“”「」bug ｂＢİ"), max_size=60))
def test_hints_lie_in_the_text_in_order_and_apart(text):
    hints = hints_in(WORDS, text)
    assert all(0 <= hint.start < hint.end <= len(text) for hint in hints)
    assert all(one.end <= other.start for one, other in pairwise(hints))


@pytest.mark.parametrize("unit", ["你", "「", "“不”", "aaaa", "嗯，", "你们"])
def test_time_grows_with_the_text_only(unit):
    """Words that a lead could make to be slow, on their own repeated sign and on others."""
    words = [Said(unit * n, exceptions=(unit * n + "b", "b" + unit * n)) for n in range(1, 9)] + list(WORDS)

    def seconds(signs: int) -> float:
        text = (unit * signs)[:signs]
        begun = time.process_time()
        assert len(hints_in(words, text)) <= MOST_HINTS
        return time.process_time() - begun

    seconds(100)
    assert min(seconds(5000) for _ in range(2)) < 0.5
