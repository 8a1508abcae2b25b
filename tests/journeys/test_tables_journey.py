"""A lead takes a table and sees it come; the same form without the script is a plain download."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.factories.reports import file_report
from tests.journeys.conftest import Live
from tests.journeys.test_approvals_journey import window

pytestmark = pytest.mark.browser


def test_a_download_is_seen_until_its_file_has_come(live: Live, browser: Browser) -> None:
    number = file_report(live.portal.runtime).number
    with window(browser, live, "leo") as leo:
        leo.goto("/insights/tables")
        leo.get_by_label("客户问题记录表").check()
        leo.get_by_role("button", name="下载 CSV").click()
        expect(leo.get_by_role("alert")).to_contain_text("请写明导出的事由")
        leo.get_by_label("导出的事由").fill("月度例会汇报")
        leo.evaluate("""() => {
          const words = document.querySelector('[data-download-words]');
          window.seenWords = [];
          new MutationObserver(() => window.seenWords.push(words.textContent)).observe(words, { childList: true });
        }""")
        with leo.expect_download() as download:
            leo.get_by_role("button", name="下载 CSV").click()
        expect(leo.locator("[data-download-words]")).to_have_text(
            "已导出 1 条（已脱敏），本次导出已记录。文件在浏览器的下载里"
        )
        expect(leo.get_by_role("button", name="下载 XLSX")).to_be_enabled()
        expect(leo.get_by_role("alert")).to_have_count(0)
        seen = leo.evaluate("window.seenWords")
        assert seen[0] == "正在准备…" and any("共 1 条" in words for words in seen)
        shown = Path(download.value.path()).read_text(encoding="utf-8-sig")
        assert [row[0] for row in csv.reader(io.StringIO(shown))] == ["工单编号", number]
        assert download.value.suggested_filename.endswith("leo.csv")
        leo.locator("[name=from]").fill("2020-01-01")
        leo.locator("[name=to]").fill("2020-01-02")
        with leo.expect_download():
            leo.get_by_role("button", name="下载 XLSX").click()
        expect(leo.locator("[data-download-words]")).to_have_text("这段时间没有记录，文件里只有表头。本次导出已记录")
