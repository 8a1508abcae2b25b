"""A call answered at the desk within a minute; another one classified and solved by an engineer (DESK 3.2)."""

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.acts.table import CLAIM
from tests.acts.desk import Desk
from tests.factories.reports import file_report
from tests.journeys.conftest import PHONE_SCREEN, Live
from tests.journeys.looks import fits, next_page, serious_findings
from tests.journeys.test_engineer import sign_in

pytestmark = pytest.mark.browser
PC = {"width": 1366, "height": 625}


def at_work(live: Live, browser: Browser, name: str) -> Page:
    page = browser.new_context(base_url=live.url, locale="zh-CN", viewport=PC).new_page()
    page.set_default_timeout(15_000)
    sign_in(page, name)
    return page


def test_a_call_is_answered_at_the_desk_in_under_a_minute(live: Live, browser: Browser) -> None:
    page = at_work(live, browser, "agnes")
    began = time.monotonic()
    page.goto("/desk/reports/new")
    page.get_by_label("电话", exact=True).check()
    page.get_by_label("咨询").check()
    page.locator("[name=institution]").fill("高唐县梁村镇北街村卫生室")
    page.locator("[name=description]").fill("APP会员积分兑换规则")
    page.locator("[name=desk_answer]").fill("知识库解答：在“我的积分”里兑换")
    page.get_by_label("满意", exact=True).check()
    page.get_by_role("button", name="提交问题").click()
    expect(page.get_by_text("处理结果是：知识库解答")).to_be_visible()
    assert time.monotonic() - began < 60
    number = page.locator("#read-number").inner_text().replace("\n", "").replace(" ", "")
    ticket = Desk(live.portal.runtime, number).ticket
    assert (ticket.state, ticket.closed_how, ticket.request_type) == ("closed", "desk", "consultation")
    page.get_by_role("link", name="打开工单").click()
    expect(page.get_by_text("当场解答").first).to_be_visible()


def test_an_engineer_classifies_accepts_and_solves(live: Live, browser: Browser) -> None:
    number = file_report(live.portal.runtime).number
    page = at_work(live, browser, "alice")
    page.goto(f"/tickets/{number}")
    with next_page(page):
        page.keyboard.press("1")
    expect(page.get_by_text("已领取，现在由您处理")).to_be_visible()
    page.keyboard.press("c")
    page.get_by_label("摘要").fill("随访表保存后变成空白")
    page.get_by_label("需安抚：").check()
    with next_page(page):
        page.get_by_role("button", name="保存分类").click()
    expect(page.locator("#classification")).to_contain_text("随访表保存后变成空白")

    page.keyboard.press("r")
    page.get_by_text("受理说明", exact=True).click()
    page.get_by_label("处理步骤", exact=True).first.fill("核对保存日志")
    page.get_by_label("所需时间").fill("半天")
    page.get_by_label("预期结果").fill("可以正常保存")
    page.locator("#field-accept-steps").locator("xpath=ancestor::form").get_by_role(
        "button", name="发送给机构", exact=True
    ).click()
    expect(page.get_by_text("预期结果：可以正常保存")).to_be_visible()

    page.keyboard.press("e")
    page.locator("#field-resolve-text").fill("已修复，请刷新后再试")
    page.get_by_role("button", name="提交处理结果", exact=True).click()
    expect(page.locator(".mishap")).to_contain_text("请选择定性")
    expect(page.locator("#field-resolve-text")).to_have_value("已修复，请刷新后再试")
    page.locator("#field-resolve-root_cause").select_option(label="产品故障")
    page.get_by_role("button", name="提交处理结果", exact=True).click()
    expect(page.get_by_text("处理结果已发送给机构")).to_be_visible()
    ticket = Desk(live.portal.runtime, number).ticket
    assert (ticket.state, ticket.root_cause) == ("awaiting_confirmation", "product_fault")

    assert serious_findings(page) == []
    page.set_viewport_size(PHONE_SCREEN)
    assert fits(page)
    order = page.evaluate(
        "[...document.querySelectorAll('#facts-title, #problem-title, #sealed-title, .work, #classification, "
        "#hands-title, #history-title')].map((part) => part.id || part.className)"
    )
    assert order == [
        "facts-title", "problem-title", "sealed-title", "work", "classification", "hands-title", "history-title",
    ]  # fmt: skip


def test_the_tabs_work_without_a_script(live: Live, browser: Browser) -> None:
    number = file_report(live.portal.runtime).number
    Desk(live.portal.runtime, number).act(CLAIM)
    context = browser.new_context(base_url=live.url, locale="zh-CN", viewport=PC, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto(f"/tickets/{number}")
    page.locator("label.work-tab", has_text="备注").click()
    page.locator("#field-note-text").fill("没有脚本也能写")
    page.get_by_role("button", name="保存备注").click()
    expect(page.get_by_text("没有脚本也能写").first).to_be_visible()
