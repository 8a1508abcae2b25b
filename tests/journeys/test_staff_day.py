"""An engineer's day in a real browser: keys, the way through a list, typed text, what is new, the first screen."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.acts.table import CLAIM, REPLY
from tests.acts.desk import Desk
from tests.factories.reports import file_report
from tests.journeys.conftest import PHONE_SCREEN, Live
from tests.journeys.looks import fits, next_page
from tests.journeys.test_engineer import sign_in

pytestmark = pytest.mark.browser
PC = {"width": 1366, "height": 625}


@pytest.fixture
def pc(live: Live, browser: Browser) -> Any:
    context = browser.new_context(base_url=live.url, locale="zh-CN", viewport=PC)
    page = context.new_page()
    page.set_default_timeout(15_000)
    sign_in(page)
    yield page
    context.close()


def test_a_ticket_is_claimed_answered_and_solved_by_keys_alone(live: Live, pc: Page) -> None:
    numbers = [file_report(live.portal.runtime).number for _ in range(2)]
    pc.goto("/queues/general")
    pc.keyboard.press("j")
    pc.keyboard.press("Enter")
    pc.wait_for_url(f"**/tickets/{numbers[0]}")
    with next_page(pc):
        pc.keyboard.press("1")
    expect(pc.get_by_text("已领取，现在由您处理")).to_be_visible()
    assert pc.evaluate("document.activeElement.textContent").strip() == "已领取，现在由您处理"
    pc.keyboard.press("r")
    pc.keyboard.type("已收到 r n e 1 2 3 ? [ ]")
    expect(pc.locator("#field-reply-text")).to_have_value("已收到 r n e 1 2 3 ? [ ]")
    pc.keyboard.press("Tab")
    pc.locator("button", has_text="发送给机构").first.focus()
    with next_page(pc):
        pc.keyboard.press("Enter")
    expect(pc.get_by_text("已发送给机构")).to_be_visible()
    expect(pc.locator("#field-resolve-text")).to_be_visible()  # the next form is open
    pc.keyboard.press("e")
    pc.keyboard.type("已恢复，请刷新")
    pc.locator("#field-resolve-root_cause").select_option(label="操作误解")
    pc.get_by_role("button", name="提交处理结果，下一条").focus()
    pc.keyboard.press("Enter")
    pc.wait_for_url(f"**/tickets/{numbers[1]}?**")
    assert pc.evaluate("document.activeElement.textContent").strip().startswith(f"{numbers[0]} 处理结果已发送给机构")


def test_a_key_does_nothing_that_the_page_does_not_offer(live: Live, pc: Page) -> None:
    number = file_report(live.portal.runtime).number
    Desk(live.portal.runtime, number).act(CLAIM, "bob")
    pc.goto(f"/tickets/{number}")
    for key in ("1", "r", "e", "3", "4", "j", "x", "]"):
        pc.keyboard.press(key)
    assert pc.url.endswith(f"/tickets/{number}")
    assert Desk(live.portal.runtime, number).ticket.assignee_name == "李工"
    pc.keyboard.press("?")
    shown = pc.locator("dialog").inner_text()
    assert "备注" in shown and "领取" not in shown
    pc.keyboard.press("Escape")
    pc.keyboard.press("g")
    pc.keyboard.press("t")
    pc.wait_for_url("**/queues/general?turn=me")


def test_reply_request_and_result_are_in_the_first_screen(live: Live, pc: Page) -> None:
    number = file_report(live.portal.runtime).number
    desk = Desk(live.portal.runtime, number)
    desk.act(CLAIM)
    for is_answered in (False, True):
        if is_answered:
            desk.act(REPLY, text="在看")
        pc.goto(f"/tickets/{number}")
        for name in ("回复", "备注", "处理结果", "请补充"):
            box = pc.locator(".work label.work-tab", has_text=name).bounding_box()
            assert box and box["y"] + box["height"] <= PC["height"], (name, box)
        box = pc.locator(f"#field-{'resolve' if is_answered else 'reply'}-text").bounding_box()
        assert box and box["y"] + box["height"] <= PC["height"]


def test_typed_text_survives_leaving_the_page(live: Live, pc: Page) -> None:
    number = file_report(live.portal.runtime).number
    Desk(live.portal.runtime, number).act(CLAIM)
    pc.goto(f"/tickets/{number}")
    pc.locator("#field-reply-text").fill("已经在查，今天下班前回复您")
    pc.locator("a.back").click()  # at once: before the two seconds are over
    pc.wait_for_url("**/queues/general**")
    pc.go_back()
    expect(pc.locator("#field-reply-text")).to_have_value("已经在查，今天下班前回复您")
    pc.reload()
    expect(pc.locator("#field-reply-text")).to_have_value("已经在查，今天下班前回复您")
    pc.get_by_role("button", name="发送给机构", exact=True).click()
    expect(pc.get_by_text("已发送给机构")).to_be_visible()
    expect(pc.locator("#field-reply-text")).to_have_value("")


def test_it_says_when_typed_text_cannot_be_kept(live: Live, pc: Page) -> None:
    number = file_report(live.portal.runtime).number
    Desk(live.portal.runtime, number).act(CLAIM)
    pc.goto(f"/tickets/{number}")
    pc.route("**/unsent", lambda route: route.abort())
    pc.locator("#field-reply-text").fill("已经在查")
    expect(pc.get_by_text("暂时保存不了")).to_be_visible()


def test_what_is_new_is_one_line_and_moves_no_row(live: Live, pc: Page) -> None:
    first = file_report(live.portal.runtime).number
    pc.clock.install()
    with pc.expect_response("**/account/news**"):  # the first question, as the page opens
        pc.goto("/queues/general")
    expect(pc.locator("[data-row-link]")).to_have_count(1)
    title = pc.title()
    for _ in range(2):
        file_report(live.portal.runtime)
    expect(pc.locator("[data-news-line]")).to_be_hidden()
    with pc.expect_response("**/account/news**"):
        pc.clock.fast_forward(66_000)
    line = pc.locator("[data-news-link]")
    expect(line).to_have_text("有 2 条新问题，点击显示")
    assert pc.title() == f"(2) {title}"
    expect(pc.locator("[data-row-link]")).to_have_text([first])
    expect(pc.locator("[data-count='to_do.general'] [data-count-number]")).to_have_text("3")
    line.click()
    expect(pc.locator("[data-row-link]")).to_have_count(3)


def test_two_people_on_one_ticket_see_each_other(live: Live, pc: Page, browser: Browser) -> None:
    number = file_report(live.portal.runtime).number
    context = browser.new_context(base_url=live.url, locale="zh-CN", viewport=PC)
    other = context.new_page()
    sign_in(other, "bob")
    other.goto(f"/tickets/{number}")
    expect(other.locator("[data-presence]")).to_be_hidden()
    pc.goto(f"/tickets/{number}")
    expect(pc.locator("[data-presence]")).to_have_text("李工 正在查看")
    context.close()


def test_a_row_is_one_target_and_back_leads_to_it(live: Live, pc: Page) -> None:
    numbers = [file_report(live.portal.runtime).number for _ in range(3)]
    pc.goto("/queues/general?assignee=none")
    cell = pc.locator("tr", has=pc.locator(f"#{numbers[1]}")).locator(".queue__gist").bounding_box()
    assert cell is not None
    pc.mouse.click(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
    pc.wait_for_url(f"**/tickets/{numbers[1]}?**")
    pc.locator("a.back").click()
    pc.wait_for_url(f"**/queues/general?assignee=none#{numbers[1]}")
    expect(pc.locator("[data-row-link]:focus")).to_have_text(numbers[1])


def test_the_header_is_one_row_and_the_same_on_every_page(live: Live, pc: Page, browser: Browser) -> None:
    context = browser.new_context(base_url=live.url, locale="zh-CN", viewport=PHONE_SCREEN)
    narrow = context.new_page()
    sign_in(narrow, "leo")
    for page in (narrow, pc):
        places = set()
        for path in ("/queues/general", "/known-issues", "/account", "/account/notices", "/desk/reports/new"):
            page.goto(path)
            assert page.evaluate("document.querySelector('.masthead').getBoundingClientRect().height") <= 56, path
            assert fits(page), path
            current = page.locator(".tab[aria-current]")
            if current.count():
                expect(current).to_be_in_viewport()
            places.add(tuple(page.evaluate("Array.from(document.querySelectorAll('.tab'), (tab) => tab.offsetLeft)")))
        assert len(places) == 1, places
    assert re.search("/queues/general$", pc.locator(".brand").get_attribute("href") or "")
    context.close()


def test_staff_find_the_way_in_from_any_public_page(live: Live, page: Page) -> None:
    for path in ("/", "/track", "/report/general"):
        page.goto(path)
        expect(page.get_by_role("link", name="工作人员登录")).to_have_attribute("href", "/sign-in")
    sign_in(page)
    page.goto("/")
    page.get_by_role("link", name="回到工作页面").click()
    page.wait_for_url("**/queues/general")
