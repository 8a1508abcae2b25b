"""What an article says, and what it may not say: no number of a person, account or password, in whatever wording."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from portal.errors import Fault
from portal.kinds.names import TicketKind
from portal.knowledge.articles.models import ArticleVersion
from portal.reports.sealing import labels_of, stopping_spans
from portal.sensitive_text.finder import Span, SpanKind, find_spans
from portal.sensitive_text.folding import folded
from portal.sensitive_text.free_text import is_blank, text_fault, unstorable
from portal.sensitive_text.numbers import id_numbers

MOST_TITLE = 80
_MOST = {"title": MOST_TITLE, "problem": 5000, "steps": 5000, "cautions": 2000, "system": 100, "module": 100}
_MISSING = {
    "title": "请填写标题，例如：高血压随访表保存时提示参数错误",
    "problem": "请填写问题描述：机构会看到什么现象",
    "steps": "请填写解决步骤，一步一行",
    "cautions": "请填写注意事项；没有时请写“无”",
}
LABELS = {
    "title": "标题", "problem": "问题描述", "steps": "解决步骤", "cautions": "注意事项", "queue": "队列",
    "system": "系统", "module": "模块", "is_public": "机构可见",
}  # fmt: skip
BODY = ("problem", "steps", "cautions")
_DIGITS = {
    **dict(zip("〇零一二三四五六七八九", "00123456789", strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖", "123456789", strict=True)),
    **dict.fromkeys("幺么", "1"),
    **dict.fromkeys("两", "2"),
}
_MOBILE = re.compile(r"(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)")
# Signs that people put between the digits of a number they hide; a digit beyond them belongs to it.
_PARTED = re.compile(r"(?<=\d)[^\w\n]{1,3}(?=\d)|(?<=\d)[xX*_](?=\d)")
_PARTED_BY_LINE = re.compile(r"(?<=\d)\s*\n\s*(?=\d)")


@dataclass(frozen=True)
class ArticleText:
    """One version as it is written. `queue`: empty for all queues."""

    title: str = ""
    problem: str = field(default="", repr=False)
    steps: str = field(default="", repr=False)
    cautions: str = field(default="", repr=False)
    queue: str = ""
    system: str = ""
    module: str = ""
    is_public: bool = False

    def tidied(self) -> "ArticleText":
        """Without outer blanks; a text of blanks only is empty."""
        typed = {name: getattr(self, name) for name in _MOST}
        is_empty = {name: is_blank(text) and not unstorable(text) for name, text in typed.items()}
        tidy: dict[str, Any] = {name: "" if is_empty[name] else text.strip() for name, text in typed.items()}
        return replace(self, **tidy)


def text_of(version: ArticleVersion) -> ArticleText:
    return ArticleText(
        **{name: getattr(version, name) for name in _MOST}, queue=version.queue or "", is_public=version.is_public
    )


def faults_of(text: ArticleText, *, is_complete: bool) -> list[Fault]:
    """Every fault. `is_complete`: what a review needs must be there (REQUIREMENTS G17)."""
    faults = []
    for name, most in _MOST.items():
        written = getattr(text, name)
        missing = _MISSING.get(name, "") if is_complete or name == "title" else ""
        fault = text_fault(written, field=name, missing=missing, most=most) or _secret_fault(name, written)
        if fault:
            faults.append(fault)
    if text.queue and text.queue not in {kind.value for kind in TicketKind}:
        faults.append(Fault("queue", "invalid", "没有这个队列"))
    return faults


def secrets_in(text: str) -> list[str]:
    """What may not stand in an article, in words, each once. Numbers of a service may: 12345, 400-…, 0531-…."""
    found = labels_of(stopping_spans(text))
    digits = "".join(map(_digit, folded(text).text))
    if "身份证号" not in found and any(id_numbers(digits)):
        found.append("身份证号")
    joined = _PARTED.sub("", digits)
    if any(_MOBILE.search(form) for form in (joined, _PARTED_BY_LINE.sub("", joined))) or any(_mobiles(text)):
        found.append("手机号")
    return found


def without_secrets(text: str) -> str:
    """The text with everything left out that looks like a number of a person, an account or a password."""
    for span in reversed(find_spans(text)):
        text = text[: span.start] + text[span.end :]
    kept = ""
    for line in text.splitlines():
        if not secrets_in(longer := f"{kept}\n{line}"):
            kept = longer
    return kept.strip()


def _secret_fault(name: str, text: str) -> Fault | None:
    found = secrets_in(text)
    if not found:
        return None
    return Fault(name, "sensitive_text", f"{LABELS[name]}里好像有{'、'.join(found)}。知识条目很多人会看到，请删去")


def _mobiles(text: str) -> Iterator[Span]:
    for span in find_spans(text):
        if span.kind is SpanKind.PHONE and _MOBILE.fullmatch("".join(filter(str.isdecimal, folded(span.value).text))):
            yield span


def _digit(char: str) -> str:
    """A digit however it is written, or the sign itself."""
    if char in _DIGITS:
        return _DIGITS[char]
    value = unicodedata.digit(char, None)
    return char if value is None else str(value)
