"""An article in a real browser: from a ticket to review, back, published, found while typing, printed, quoted."""

import pytest
from playwright.sync_api import expect

from portal.acts.table import CLAIM, RESOLVE
from tests.acts.desk import Desk
from tests.factories.articles import Shelf
from tests.factories.reports import file_report
from tests.journeys.looks import wcag_findings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SECRET = "Kw7-Mond-42"
STEPS = "一、退出后重新登录\n二、清除浏览器缓存再保存"


def opened(browser, live, who):
    """A page of one of the cast."""
    context = browser.new_context(base_url=live.url, locale="zh-CN", viewport={"width": 1366, "height": 768})
    jar = live.portal.signed_in(who).cookies.jar
    context.add_cookies([{"name": one.name, "value": one.value or "", "url": live.url} for one in jar])
    context.set_default_timeout(20_000)
    return context.new_page()


def ticket(live, description):
    desk = Desk(live.portal.runtime, file_report(live.portal.runtime, description=description).number)
    desk.act(CLAIM)
    return desk


def test_from_a_ticket_to_a_clinic_and_back_into_a_reply(browser, page, live):
    desk = ticket(live, f"高血压随访表保存时弹出参数错误，账号 weisheng01 密码 {SECRET}")
    desk.act(RESOLVE, text="请退出后重新登录再保存", root_cause="misuse")
    alice, leo = opened(browser, live, "alice"), opened(browser, live, "leo")

    alice.goto(f"/tickets/{desk.number}")
    alice.get_by_role("button", name="从这条工单生成知识条目").click()
    expect(alice.get_by_text("草稿已生成")).to_be_visible()
    shelf = Shelf(live.portal.runtime, alice.locator("h1").inner_text())
    assert SECRET not in alice.content() and "weisheng01" not in alice.content()
    alice.get_by_role("button", name="保存并提交审核").click()
    expect(alice.locator("#field-title-error")).to_be_visible()  # all that is missing, at once
    expect(alice.locator("#field-cautions-error")).to_be_visible()
    alice.locator("#field-title").fill("高血压随访表保存时提示参数错误")
    alice.locator("#field-cautions").fill("无")
    alice.locator("#field-is_public").check()
    alice.get_by_role("button", name="保存并提交审核").click()
    expect(alice.get_by_text("已提交，主管审核后发布")).to_be_visible()
    assert wcag_findings(alice) == []

    leo.goto(f"/knowledge/{shelf.number}")
    leo.get_by_text("退回修改").click()
    leo.locator("#field-note").fill("请把步骤写全")
    leo.get_by_role("button", name="退回", exact=True).click()
    expect(leo.get_by_text("已退回给作者")).to_be_visible()

    alice.goto(f"/knowledge/{shelf.number}")
    expect(alice.get_by_text("请把步骤写全")).to_be_visible()
    alice.locator("#field-steps").fill(STEPS)
    alice.get_by_role("button", name="保存并提交审核").click()
    expect(alice.get_by_text("已提交，主管审核后发布")).to_be_visible()

    leo.goto(f"/knowledge/{shelf.number}")
    leo.get_by_role("button", name="通过并发布").click()
    expect(leo.get_by_text("请先看一遍有没有人名").first).to_be_visible()
    leo.locator("#field-names_checked").check()
    leo.get_by_role("button", name="通过并发布").click()
    expect(leo.get_by_text("已发布").first).to_be_visible()
    assert wcag_findings(leo) == []

    page.goto("/report/general")
    page.locator("#field-description").press_sequentially("打开高血压随访表，保存时提示参数错误")
    hint = page.get_by_role("link", name="可能有现成的办法：高血压随访表保存时提示参数错误")
    expect(hint).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "field-description"  # nothing is in the way
    hint.click()
    expect(page.get_by_text("二、清除浏览器缓存再保存")).to_be_visible()
    assert wcag_findings(page) == []
    page.goto(f"/help/{shelf.number}")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="解决了，不用提交")).to_be_hidden()
    expect(page.get_by_text("二、清除浏览器缓存再保存")).to_be_visible()
    page.emulate_media(media="screen")
    assert wcag_findings(page) == []
    page.get_by_role("button", name="解决了，不用提交").click()
    expect(page.get_by_text("太好了，解决了")).to_be_visible()
    assert shelf.row.helped == 1

    other = ticket(live, "随访表保存不了，弹出参数错误，高血压的")
    alice.goto(f"/tickets/{other.number}")
    alice.locator(".quote summary").click()
    alice.get_by_role("button", name="引用到正在写的回复").click()
    box = alice.locator(".work textarea[name=text]:visible")
    expect(box).to_have_value(f"{STEPS}\n参考：高血压随访表保存时提示参数错误（/help/{shelf.number}）")
    assert wcag_findings(alice) == []
    assert shelf.uses() == []
    alice.get_by_role("button", name="发送给机构").first.click()
    expect(alice.get_by_text("已引用")).to_be_visible()
    assert len(shelf.uses()) == 1


def test_without_a_script(browser, live):
    """The list on the next page, the search, and a tick in the box of the reply."""
    shelf = Shelf(live.portal.runtime)
    shelf.publish()
    context = browser.new_context(base_url=live.url, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto("/help")
    page.locator("#field-q").fill("随访表 参数")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name=shelf.row.title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(shelf.row.title)
    page.goto("/report/general")
    page.get_by_text("现成的办法 1 条").click()
    page.locator(".known--articles .known__issue summary").click()
    page.get_by_role("button", name="解决了，不用提交").click()
    expect(page.get_by_text("太好了，解决了")).to_be_visible()
    assert shelf.row.helped == 1
    context.close()
