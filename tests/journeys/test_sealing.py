"""Hiding what is selected, by mouse and by keyboard, and the question before a reply with a secret is sent."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories import people
from tests.factories.reports import file_report
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, Live
from tests.journeys.looks import fits, next_page, serious_findings
from tests.journeys.test_engineer import claim, sign_in

pytestmark = pytest.mark.browser
NAMED = "村民李试样的随访表保存不了，李试样换了电脑也一样"
SELECT = """(words) => {
  const walk = document.createTreeWalker(document.querySelector("[data-sealable=description]"), NodeFilter.SHOW_TEXT);
  const node = walk.nextNode();
  const at = node.data.indexOf(words);
  document.getSelection().setBaseAndExtent(node, at, node, at + words.length);
}"""


def test_what_is_selected_is_hidden_by_one_press(live: Live, page: Page) -> None:
    number = file_report(live.portal.runtime, description=NAMED).number
    sign_in(page)
    page.goto(f"/tickets/{number}")
    page.evaluate(SELECT, "李试样")
    bar = page.get_by_role("group", name="隐藏选中的文字")
    expect(bar.locator("select")).to_have_value("name")
    assert serious_findings(page) == []
    bar.get_by_role("button", name="隐藏选中内容").click()
    expect(page.get_by_text("已隐藏 2 处姓名（问题详细描述），原文加密保存")).to_be_visible()
    expect(page.locator("[data-sealable=description]")).to_have_text(NAMED.replace("李试样", "李**"))
    assert "李试样" not in page.content()


def test_the_bar_is_reached_by_keyboard_and_asks_for_a_kind(live: Live, page: Page) -> None:
    number = file_report(live.portal.runtime, description=NAMED).number
    sign_in(page)
    page.goto(f"/tickets/{number}")
    page.evaluate(SELECT, "换了电脑也一样")
    bar = page.get_by_role("group", name="隐藏选中的文字")
    expect(bar).to_be_visible()
    page.keyboard.press("Tab")
    expect(bar.locator("select")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(bar.locator("select")).to_be_focused()
    bar.locator("select").select_option("其他")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已隐藏 1 处其他（问题详细描述），原文加密保存")).to_be_visible()
    page.evaluate(SELECT, "****")
    page.wait_for_timeout(300)
    expect(bar).to_have_count(0)


@pytest.mark.parametrize("screen", [CLINIC_SCREEN, PHONE_SCREEN], ids=["pc", "phone"])
def test_a_reply_with_an_id_number_is_asked_about_before_it_goes_out(
    live: Live, browser: Browser, screen: dict[str, int]
) -> None:
    number, secret = file_report(live.portal.runtime, description=NAMED).number, people.id_number(seed=63)
    context = browser.new_context(base_url=live.url, viewport=screen, locale="zh-CN")
    page = context.new_page()
    sign_in(page)
    claim(page, number)
    page.locator("#field-reply-text").fill(f"请核对 {secret} 的档案")
    page.get_by_role("button", name="发送给机构").click()
    question = page.locator("#field-reply-text-error")
    expect(question).to_contain_text("回复里像是有身份证号，发送前请确认")
    expect(question).to_be_focused()
    expect(question).to_be_in_viewport()
    assert serious_findings(page) == []
    assert fits(page)
    page.get_by_role("button", name="返回修改").click()
    expect(page.locator("#field-reply-text")).to_have_value(f"请核对 {secret} 的档案")
    expect(page.locator("#field-reply-text")).to_be_focused()
    page.get_by_role("button", name="发送给机构").click()
    with next_page(page):
        page.get_by_role("button", name="隐藏后发送").click()
    expect(page.get_by_text("已发送给机构")).to_be_visible()
    assert secret not in page.content()
    assert f"请核对 {secret[:3]}{'*' * 11}{secret[-4:]} 的档案" in page.content()
    page.evaluate(SELECT, "李试样")
    expect(page.get_by_role("group", name="隐藏选中的文字")).to_be_in_viewport()
    assert fits(page)
    context.close()


def test_without_script_a_passage_is_pasted(live: Live, browser: Browser) -> None:
    number = file_report(live.portal.runtime, description=NAMED).number
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto(f"/tickets/{number}")
    page.get_by_text("隐藏一段文字").click()
    page.locator("#field-seal-passage").fill("李试样")
    page.locator("#field-seal-kind").select_option("姓名")
    page.locator("#field-seal-field").select_option("问题详细描述")
    page.get_by_role("button", name="隐藏", exact=True).click()
    expect(page.get_by_text("已隐藏 2 处姓名（问题详细描述），原文加密保存")).to_be_visible()
    assert "李试样" not in page.content()
    context.close()
