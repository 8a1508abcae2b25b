"""The search words of a text: every two adjacent Chinese signs, and words of letters and digits (DESK S.5)."""

import re
from collections.abc import Iterator

from portal.sensitive_text.folding import search_form

LONGEST = 20
MOST_SEARCHED = 400  # signs of a description
_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9][a-z0-9_.-]*")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
# What nearly every report says; it tells nothing about which one is meant.
_TOLD_ALWAYS = (
    "系统 我们 你们 问题 怎么 么办 一下 不能 不了 无法 没有 出现 提示 显示 时候 现在 今天 昨天 一直 还是 麻烦 请问 "
    "老师 您好 你好 谢谢 帮忙 处理 解决 使用 打开 点击 进行 可以 什么 这个 那个 医生 患者 病人 卫生 生室 村卫"
)
_COMMON = frozenset(_TOLD_ALWAYS.split())


def words_of(text: str) -> list[str]:
    """Each once, in the order of the text; one Chinese sign alone only where nothing else stands beside it."""
    return list(dict.fromkeys(_words(search_form(text))))


def is_telling(word: str) -> bool:
    """Whether it says which trouble is meant."""
    return word not in _COMMON and len(word) > 1 and not (word.isdecimal() and len(word) < 4)


def _words(form: str) -> Iterator[str]:
    for run in _RUN.findall(form):
        if not _CHINESE.match(run):
            yield run.strip("._-")[:LONGEST]
        elif len(run) == 1:
            yield run
        else:
            yield from (run[at : at + 2] for at in range(len(run) - 1))
