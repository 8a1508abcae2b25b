"""A monthly sheet in a real browser: looked at case by case, objected to, answered, published and corrected."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.factories.scores import month_of_work, sheet_of
from tests.journeys.looks import fits, wcag_findings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
_PICTURES = os.environ.get("SCORE_PICTURES", "")


def opened(browser, live, who, width=1366, height=625):
    """A page of one of the cast."""
    context = browser.new_context(base_url=live.url, locale="zh-CN", viewport={"width": width, "height": height})
    jar = live.portal.signed_in(who).cookies.jar
    context.add_cookies([{"name": one.name, "value": one.value or "", "url": live.url} for one in jar])
    context.set_default_timeout(20_000)
    return context.new_page()


def looked_at(page, name) -> None:
    """Nothing wider than the screen, nothing that a screen reader misses."""
    assert wcag_findings(page) == [], name
    for width, height in ((1366, 625), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert fits(page), (name, width)
        if _PICTURES:
            page.screenshot(path=Path(_PICTURES) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 625})


def test_draft_objection_answer_publication(browser, live):
    month = month_of_work(live.portal.runtime)
    alice, leo = opened(browser, live, "alice"), opened(browser, live, "leo")

    alice.goto("/account/score")
    expect(alice.locator(".score-total")).to_contain_text("87/100")
    alice.get_by_role("link", name="问题解决率的 11 件").click()
    expect(alice.locator("tbody tr")).to_have_count(12)
    number = alice.locator("tbody th a").first.inner_text()
    expect(alice.get_by_text("机构说没有解决")).to_be_visible()
    looked_at(alice, "cases")
    alice.get_by_role("link", name="我的考核").first.click()
    alice.get_by_role("button", name="提出异议").click()
    expect(alice.locator("#field-text-error")).to_be_visible()
    alice.locator("#field-text").fill("第 11 次处理不是我做的，请核对")
    looked_at(alice, "own")

    leo.goto(f"/scores/{month.name}/alice")
    expect(leo.get_by_text("本人还没有看过，也还可以提出异议")).to_be_visible()
    expect(leo.get_by_role("button", name="公布这一张")).to_have_count(0)

    alice.get_by_role("button", name="提出异议").click()
    expect(alice.get_by_text("异议已提交，主管会答复")).to_be_visible()

    leo.goto("/account/notices")
    expect(leo.get_by_text("有人对考核表提出异议")).to_be_visible()
    leo.locator(".told__line button").first.click()
    looked_at(leo, "team")
    leo.get_by_role("link", name="张工").click()
    expect(leo.get_by_text("第 11 次处理不是我做的")).to_be_visible()
    looked_at(leo, "sheet")
    leo.locator("#field-answer").fill("已核对时间线，那次是您提交的结果")
    leo.get_by_role("button", name="提交答复").click()
    expect(leo.get_by_text("答复已提交，本人可以看到")).to_be_visible()
    leo.get_by_role("button", name="公布这一张").click()
    expect(leo.get_by_text("已公布，本人已收到通知")).to_be_visible()
    assert sheet_of(live.portal.runtime, "alice", month).status == "published"

    alice.goto("/account/score")
    expect(alice.get_by_text("已核对时间线")).to_be_visible()
    looked_at(alice, "published")

    leo.goto(f"/scores/{month.name}/alice")
    leo.get_by_role("link", name="更正这张考核表").click()
    leo.locator("#field-resolution\\.left_out").fill("RC2026110099/11")
    leo.get_by_role("button", name="重新计算并更正").click()
    expect(leo.locator("#field-text-error")).to_be_visible()
    looked_at(leo, "correction")
    leo.locator("#field-text").fill("第 11 次确实不是您提交的")
    leo.get_by_role("button", name="重新计算并更正").click()
    expect(leo.get_by_text("RC2026110099/11 在问题解决率里没有算在内").first).to_be_visible()
    leo.locator("#field-resolution\\.left_out").fill(f"{number}/11")
    leo.get_by_role("button", name="重新计算并更正").click()
    expect(leo.get_by_text("已更正，原来的一版留着")).to_be_visible()
    looked_at(leo, "corrected")
    alice.goto("/account/score")
    expect(alice.locator(".score-total")).to_contain_text("92/100")
    alice.get_by_role("link", name="第 1 版").click()
    expect(alice.locator(".score-total")).to_contain_text("87/100")
    expect(alice.get_by_text("第 11 次确实不是您提交的")).to_be_visible()
    looked_at(alice, "former")
    alice.get_by_role("link", name="问题解决率的 11 件").click()
    expect(alice.locator("tbody tr")).to_have_count(12)

    bob = opened(browser, live, "bob")
    assert bob.goto(f"/scores/{month.name}/alice").status == 403 and "87/100" not in bob.content()

    leo.goto("/scores/policy")
    leo.locator("#field-response\\.weight").fill("90")
    leo.get_by_role("button", name="保存为新的一版").click()
    expect(leo.get_by_role("link", name="五项权重加起来要等于 100，现在是 170")).to_be_visible()
    looked_at(leo, "policy")
