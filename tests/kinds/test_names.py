"""Names of kinds among Chinese words: one function sets the blanks, and every page has it from there."""

import re
from pathlib import Path

import pytest

from portal.kinds.names import joined
from tests.factories.reports import file_report

ROOT = Path(__file__).parent.parent.parent
GLUED = re.compile(r"[\u4e00-\u9fff](?:HIS|QQ)(?![0-9])|HIS[\u4e00-\u9fff]|[\u4e00-\u9fff] +日常|日常 +[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("转为", "HIS", "问题"), "转为 HIS 问题"),
        (("转为", "日常", "问题"), "转为日常问题"),
        (("机构提交的", "HIS", "问题会出现在这里"), "机构提交的 HIS 问题会出现在这里"),
        (("HIS", "队列"), "HIS 队列"),
        (("提报", "HIS", ""), "提报 HIS"),
        (("换成 RC1，由", "HIS", "队列"), "换成 RC1，由 HIS 队列"),
        (("来自", "QQ"), "来自 QQ"),
        ((), ""),
    ],
)
def test_it_sets_a_blank_between_two_scripts_only(words, text):
    assert joined(*words) == text


def test_no_template_sets_its_own_blanks():
    for path in (ROOT / "templates").rglob("*.html"):
        assert "isascii" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_pages_glue_no_kind_to_its_neighbours(portal):
    number = file_report(portal.runtime).number
    leo = portal.signed_in("leo")
    pages = ["/", "/report/his", "/queues/his", "/queues/general?q=HIS2026110001", f"/tickets/{number}", "/print/his"]
    for path in pages:
        words = re.sub(r"<[^>]+>", "\n", leo.get(path).text)
        assert not GLUED.findall(words), (path, GLUED.findall(words))
