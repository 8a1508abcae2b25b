"""A lead gives keepers, a keeper enters and reveals a contact, an engineer inserts a phrase by key and sees hints."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.acts.table import CLAIM
from tests.acts.desk import Desk
from tests.factories.contacts import NAME, PHONE
from tests.factories.directories import add_entry
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, Live
from tests.journeys.looks import fits, serious_findings
from tests.journeys.test_engineer import sign_in

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS", "")  # a folder, to look at what the journey sees


def opened(browser: Browser, live: Live, name: str, *, script: bool = True) -> Page:
    context = browser.new_context(
        base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN", java_script_enabled=script
    )  # fmt: skip
    context.set_default_timeout(30_000)
    page = context.new_page()
    sign_in(page, name)
    return page


def seen(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    assert serious_findings(page) == [], name


def test_a_lead_gives_keepers_and_a_keeper_reaches_somebody(browser: Browser, live: Live) -> None:
    runtime = live.portal.runtime
    entries = [add_entry(runtime, village=village, keeper=word) for village, word in
               (("张四屯卫生室", "赵坐席"), ("李屯卫生室", ""), ("王屯卫生室", "某人"))]  # fmt: skip
    lead = opened(browser, live, "leo")
    lead.goto("/institutions/keepers")
    expect(lead.get_by_text("全部还有 3 个机构没有维护人")).to_be_visible()
    expect(lead.get_by_text("对得上", exact=True)).to_be_visible()
    lead.get_by_label("高唐县杨屯乡王屯卫生室的维护人").select_option(label="先不分配")
    seen(lead, "keepers")
    lead.get_by_role("button", name="确认这 3 个").click()
    expect(lead.get_by_text("已分配 2 个机构")).to_be_visible()
    lead.goto("/phrases")
    seen(lead, "phrases")
    lead.goto("/phrases/words")
    seen(lead, "words")

    agnes = opened(browser, live, "agnes")
    agnes.goto("/institutions?own=1")
    seen(agnes, "own-institutions")
    agnes.get_by_role("link", name="高唐县杨屯乡张四屯卫生室").click()
    agnes.get_by_role("link", name="新增联系人").click()
    agnes.get_by_label("联系人").fill(NAME)
    agnes.get_by_label("电话", exact=True).fill(PHONE)
    agnes.get_by_label("身份").fill("公卫专干")
    seen(agnes, "new-contact")
    agnes.get_by_role("button", name="保存").click()
    expect(agnes.get_by_text("姓名和电话已加密")).to_be_visible()
    seen(agnes, "institution-of-its-keeper")
    agnes.get_by_role("link", name="139****0017").click()
    agnes.get_by_label("电话 139****0017").check()
    agnes.get_by_label("查看原因").select_option("核对数据")
    seen(agnes, "contact")
    agnes.get_by_role("button", name="查看", exact=True).click()
    expect(agnes.get_by_text(PHONE)).to_be_visible()
    seen(agnes, "revealed-contact")
    agnes.set_viewport_size(PHONE_SCREEN)
    agnes.goto(f"/institutions/{entries[0].id}")
    assert fits(agnes)
    seen(agnes, "institution-on-a-phone")
    lead.goto(f"/institutions/{entries[0].id}")
    seen(lead, "institution-of-a-lead")
    for page in (lead, agnes):
        page.context.close()


def test_an_engineer_inserts_by_key_and_sees_hints(browser: Browser, live: Live) -> None:
    desk = Desk(live.portal.runtime)
    desk.act(CLAIM)
    page = opened(browser, live, "alice")
    page.goto(f"/tickets/{desk.ticket.number}")
    page.locator("h1").click()
    page.keyboard.press("r")
    box = page.locator("#field-reply-text")
    expect(box).to_be_focused()
    page.keyboard.type("稍等，")
    page.keyboard.press("F2")
    expect(page.locator("[data-phrases][open] button").first).to_be_focused()
    seen(page, "ticket-phrases")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(box).to_be_focused()
    page.keyboard.press("F2")
    page.keyboard.press("5")
    expect(box).to_be_focused()
    expect(box).to_have_value("稍等，\n我们一起来看看问题出在哪里。")
    page.keyboard.type("😀你先不行")
    hints = page.locator("#field-reply-text-hints li")
    expect(hints).to_have_count(3)
    expect(hints.nth(1)).to_contain_text("请用“您”")
    hints.nth(2).get_by_role("button").click()
    chosen = box.evaluate("box => box.value.slice(box.selectionStart, box.selectionEnd)")
    assert chosen == "不行"
    seen(page, "ticket-hints")
    box.fill("您好，我们已经处理好了")
    expect(hints).to_have_count(0)
    page.get_by_role("button", name="发送给机构", exact=True).first.click()
    expect(page.get_by_text("已发送给机构").first).to_be_visible()

    plain = opened(browser, live, "alice", script=False)
    plain.goto(f"/tickets/{desk.ticket.number}")
    plain.locator("label.work-tab").filter(has_text="回复").click()
    form = plain.locator("form", has=plain.locator("#field-reply-text"))
    if not plain.locator("#field-reply-text").is_visible():
        plain.locator(".work__act--reply > summary").click()
    plain.locator("#field-reply-text").fill("先写的")
    form.locator("[data-phrases] summary").click()
    form.locator("[data-phrases] button", has_text="一起查找").click()
    expect(plain.locator("#field-reply-text")).to_have_value("先写的\n我们一起来看看问题出在哪里。")
    if SHOTS:
        plain.screenshot(path=Path(SHOTS) / "ticket-without-script.png")
    for each in (page, plain):
        each.context.close()
