"""A page says that somebody was or will be told only where an event with recipients stands behind it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from portal.notify.events import Event
from portal.notify.notices import SENTENCES
from portal.notify.recipients import RULES, Concern
from tests.architecture.house import ROOT

pytestmark = pytest.mark.xdist_group("texts")  # what one has read and parsed the others need too

_SAID = re.compile(
    r"已通知|会通知|将通知|已告知|会告诉|已告诉|会收到|会在[^，。]{1,6}看到|会看到您|主管会|管理员会|已提醒|会提醒|已催|会继续处理|会单独处理"
)
# Each sentence of that sort, by a part of it, with the event that makes it true and whom it must reach.
_BEHIND: dict[str, tuple[Event, Concern]] = {
    "主管会在这一页答复您": (Event.CLINIC_ESCALATED, Concern.NAMED),
    "特急和超时会提醒": (Event.CLOCK_100, Concern.NAMED),
    "，已通知主管": (Event.REVEAL_ALARM, Concern.LEADS),
    "已通知可以批准的主管": (Event.BREAK_GLASS_ASKED, Concern.LEADS),
    "已告诉作者您的决定": (Event.DRAFT_DECIDED, Concern.OWNER),
    "批准后会通知您": (Event.BREAK_GLASS_DECIDED, Concern.NAMED),
    "没有批准，申请人会在申请页看到": (Event.BREAK_GLASS_DECIDED, Concern.NAMED),
    "恢复后查询页会告诉您": (Event.KNOWN_ISSUE_SETTLED, Concern.CLINIC),
    "恢复后这一页会告诉您": (Event.KNOWN_ISSUE_SETTLED, Concern.CLINIC),
    "恢复了会告诉您": (Event.KNOWN_ISSUE_SETTLED, Concern.CLINIC),
    "恢复后在“查询进度”里会告诉您": (Event.KNOWN_ISSUE_SETTLED, Concern.CLINIC),
    "遇到的机构会在查询页看到": (Event.KNOWN_ISSUE_SETTLED, Concern.CLINIC),
    "请写明哪一项不对、为什么，主管会看到": (Event.SCORE_OBJECTED, Concern.NAMED),
    "主管会答复，答复前不会公布": (Event.SCORE_ANSWERED, Concern.NAMED),
    "已提醒": (Event.INFORMATION_REMINDED, Concern.CLINIC),
    "会提醒您和主管": (Event.PROMISE_MISSED, Concern.NAMED),
    "，已催促负责人": (Event.PROMISE_MISSED, Concern.NAMED),
    "已补充，工程师会继续处理": (Event.SUPPLEMENTED, Concern.OWNER),
    "补齐后工程师会继续处理": (Event.SUPPLEMENTED, Concern.OWNER),
    "已收到，工程师会继续处理": (Event.REOPENED, Concern.OWNER),
    "请提交完整的问题，工程师会单独处理": (Event.REPORT_FILED, Concern.OWNER),
}


# Buttons by which the reader says so.
_OF_THE_READER = ("已告诉机构，返回工单",)
# 客户反馈结果 of a desk answer, in a table: the caller was on the line.
_IN_TABLES = {"ticket_tables.py": "已告知"}


def _texts(path: Path) -> Iterator[str]:
    """Each line of a template or script; each string of code that is no docstring."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from source.splitlines()
        return
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@cache
def _said() -> list[tuple[str, str]]:
    folders = ((ROOT / "portal", "*.py"), (ROOT / "templates", "*.html"), (ROOT / "static" / "js", "*.js"))
    files = [path for folder, pattern in folders for path in sorted(folder.rglob(pattern))]
    return [(path.name, text) for path in files for text in _texts(path) if _SAID.search(text)]


def test_every_such_sentence_has_its_event() -> None:
    unknown = []
    for name, text in _said():
        left = "" if text == _IN_TABLES.get(name) else text
        for part in sorted([*_BEHIND, *_OF_THE_READER], key=len, reverse=True):
            left = left.replace(part, "")
        if _SAID.search(left):
            unknown.append(f"{name}: {left.strip()[:120]}")
    assert unknown == []


def test_no_sentence_is_listed_that_no_page_has() -> None:
    everything = "\n".join(text for _, text in _said())
    assert [part for part in _BEHIND if part not in everything] == []


@pytest.mark.parametrize("part", _BEHIND)
def test_the_event_reaches_whom_the_sentence_names(part: str) -> None:
    event, concern = _BEHIND[part]
    assert concern in RULES[event]
    if concern is not Concern.CLINIC and event is not Event.REPORT_FILED:  # new reports are counted in their queue
        assert event in SENTENCES


@cache
def _code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "portal").rglob("*.py"))


@pytest.mark.parametrize("event", Event)
def test_every_event_is_written_somewhere(event: Event) -> None:
    tells = r"(?:outbox\.add|telling\.tell(?:_managers)?|tell)\(\s*(?:taking\.)?session, "
    written = re.findall(rf"(?:{tells}|event=)Event\.{event.name}\b", _code())
    assert written, event


def test_the_search_is_red_for_a_promise_without_an_event() -> None:
    assert _SAID.search("我们会通知您的领导") and _SAID.search("已通知管理员") and not _SAID.search("通知保留 90 天")
