"""Names are offered while an institution is typed: keyboard, touch, input method, slow line, and none of it needed."""

import re
from functools import partial

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.institutions.models import DirectoryEntry
from tests.factories.directories import add_entry, csv_of
from tests.journeys.conftest import PHONE_SCREEN
from tests.journeys.looks import next_page, wcag_findings
from tests.journeys.test_engineer import sign_in

pytestmark = pytest.mark.browser

NAME = "高唐县杨屯乡张四屯卫生室"


@pytest.fixture
def box(page, live):
    """The institution's box on the first page, with a directory behind it."""
    for village in ("张四屯卫生室", "卫生院"):
        add_entry(live.portal.runtime, village=village)
    page.goto("/report/general")
    return page.locator("#field-institution")


def fulfil(answer, route):
    route.fulfill(**answer)


def options(page):
    return page.locator("[role=listbox] [role=option]")


def test_initials_and_the_keyboard_fill_the_name(page, box):
    box.press_sequentially("gtx")
    expect(options(page)).to_have_count(2)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#live")).to_contain_text("有 2 个名称可选")
    box.press("ArrowDown")
    box.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").inner_text() == NAME
    expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    assert wcag_findings(page) == []
    box.press("Enter")
    expect(box).to_have_value(NAME)
    expect(options(page).first).to_be_hidden()
    assert re.search("/report/(general|drafts/[^/]+/situation)$", page.url)  # the draft has an address once it is kept
    assert page.evaluate("localStorage.getItem('portal.institution')") == NAME


def test_escape_and_leaving_close_the_list_and_keep_what_was_typed(page, box):
    for leave in (lambda: box.press("Escape"), lambda: box.press("Tab"), lambda: page.locator("h1").click()):
        box.fill("")
        box.press_sequentially("高唐")
        expect(options(page).first).to_be_visible()
        leave()
        expect(options(page).first).to_be_hidden()
        expect(box).to_have_value("高唐")


def test_enter_without_a_choice_sends_the_form_as_ever(page, box):
    box.press_sequentially("高唐")
    expect(options(page).first).to_be_visible()
    box.press("Enter")
    expect(page.locator(".error-summary")).to_be_visible()


def test_a_touch_chooses(browser, live):
    add_entry(live.portal.runtime)
    context = browser.new_context(base_url=live.url, viewport=PHONE_SCREEN, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto("/report/his")
    page.locator("#field-institution").tap()
    page.locator("#field-institution").press_sequentially("zhangsi")
    options(page).first.tap()
    expect(page.locator("#field-institution")).to_have_value(NAME)
    context.close()


def test_the_input_method_keeps_its_keys(page, box):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "suggestions?" in request.url else None)
    keyboard = page.context.new_cdp_session(page)
    box.focus()
    for letters in ("g", "ga", "gao"):
        keyboard.send("Input.imeSetComposition", {"text": letters, "selectionStart": len(letters), "selectionEnd": 0})
    page.wait_for_timeout(400)
    assert asked == []
    keyboard.send("Input.insertText", {"text": "高唐"})
    expect(options(page)).to_have_count(2)
    box.evaluate("box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', keyCode: 229}))")
    assert box.get_attribute("aria-activedescendant") is None
    assert len(asked) == 1


def test_no_answer_and_a_strange_one_are_not_missed(page, box):
    for answer in ({"status": 503}, {"status": 200, "body": "<html>"}, {"status": 200, "body": "{}"}):
        page.route("**/institutions/suggestions?*", partial(fulfil, answer))
        box.fill("")
        box.press_sequentially(f"样例{answer['status']}")
        page.wait_for_timeout(350)
        expect(page.locator("[role=listbox]")).to_be_hidden()
        page.unroute_all()


def test_typing_fast_asks_once(page, box):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "suggestions?" in request.url else None)
    box.press_sequentially("gaotang", delay=20)
    expect(options(page).first).to_be_visible()
    assert len(asked) == 1


def test_any_name_passes_that_the_directory_does_not_know(page, box):
    box.fill("高唐县尹集镇新设村卫生室")
    page.locator("[name=previous_system]").fill("浪潮系统")
    page.locator("[name=description]").fill("打开高血压随访表，字显示得很小")
    page.locator(".actions .button--primary").click()
    page.wait_for_url("**/screenshots")


def test_a_lead_imports_and_merges(page, live):
    sign_in(page, "leo")
    page.locator("nav").get_by_role("link", name="名录", exact=True).first.click()
    page.get_by_role("link", name="导入名录").click()
    rows = [("高唐县", "杨屯乡", village, "", "", "", "") for village in ("张四屯卫生室", "张四屯村卫生所")]
    table = {"name": "名录.csv", "mimeType": "text/csv", "buffer": csv_of(*rows, encoding="gbk")}
    page.locator("#field-table").set_input_files(table)
    page.get_by_role("button", name="查看结果").click()
    page.get_by_role("button", name="确认写入 2 个").click()
    with next_page(page):
        page.get_by_role("link", name="查看名录").click()
    for tick in page.locator("[name=pick]").all():
        tick.check()
    page.get_by_role("button", name="合并选中的两个").click()
    page.get_by_label("高唐县杨屯乡张四屯卫生室").check()
    with next_page(page):
        page.get_by_role("button", name="合并").click()
    expect(page.locator(".notice--good")).to_contain_text(NAME)
    assert wcag_findings(page) == []
    with live.portal.runtime.database.read() as session:
        merged = {entry.name: entry.merged_into is not None for entry in session.scalars(select(DirectoryEntry))}
    assert merged == {NAME: False, "高唐县杨屯乡张四屯村卫生所": True}
    assert re.search(r"共 1 个机构", page.locator("caption").inner_text())
