"""Known issues in a real browser: told while one types, put away, with and without script; 我也遇到 to 已恢复."""

import pytest
from playwright.sync_api import expect

from tests.factories.known_issues import PHONE, add_issue, settle_issue
from tests.journeys.conftest import NOT_YET_AT_REST
from tests.journeys.looks import wcag_findings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PLACE = "高唐县杨屯乡张四屯卫生室"
WORDS = "打开 高血压随访表，填好后点保存，提示参数错误"


def test_it_is_named_while_one_types_and_no_text_leaves(page, live):
    issue = add_issue(live.portal.runtime)
    add_issue(live.portal.runtime, title="莘县专线中断", county="莘县", keywords=("保存",))
    page.goto("/report/general")
    expect(page.locator("#field-institution")).to_be_in_viewport(ratio=1)
    box = page.locator("[data-known-issues]")
    expect(box.locator("[data-known-count]")).to_have_text("2")
    page.locator("#field-institution").fill(PLACE)
    page.locator("[name=previous_system]").fill("浪潮系统")
    page.locator("#field-description").focus()
    expect(box.locator("[data-known-count]")).to_have_text("1")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator("#field-description").press_sequentially(WORDS)
    hint = page.locator(".known__match")
    expect(hint).to_contain_text(issue.title)
    expect(page.locator("#live")).to_contain_text(issue.title)
    assert page.evaluate("document.activeElement.id") == "field-description"
    assert sent == []
    assert wcag_findings(page) == []
    hint.locator("a").click()
    expect(box).to_contain_text(issue.cause)
    expect(page.get_by_role("link", name="我也遇到")).to_be_visible()
    assert wcag_findings(page) == []


def test_a_first_visit_with_known_issues_is_five_requests_at_most(browser, live):
    add_issue(live.portal.runtime)
    for address in ("/", "/report/general"):
        context = browser.new_context(base_url=live.url)
        context.add_init_script(NOT_YET_AT_REST)
        page, asked = context.new_page(), []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(address, wait_until="networkidle")
        assert any("known-issues.js" in url for url in asked) and len(asked) <= 5, asked
        context.close()


def test_put_away_it_stays_away_in_this_browser(page, live):
    add_issue(live.portal.runtime)
    page.goto("/")
    page.get_by_role("button", name="不再显示").click()
    expect(page.locator("[data-known-issues]")).to_be_hidden()
    page.goto("/report/general")
    page.locator("#field-description").fill(WORDS)
    expect(page.locator("[data-known-issues]")).to_be_hidden()
    page.wait_for_timeout(800)
    expect(page.locator(".known__match")).to_be_hidden()


@pytest.mark.parametrize("has_script", [True, False])
def test_from_me_too_to_settled(browser, live, has_script):
    issue = add_issue(live.portal.runtime)
    context = browser.new_context(base_url=live.url, java_script_enabled=has_script)
    page = context.new_page()
    page.goto("/report/general")
    page.locator("#field-institution").fill(PLACE)
    page.locator("[name=previous_system]").fill("浪潮系统")
    if has_script:
        with page.expect_response("**/typed"):  # the script is there, and the words are kept
            page.locator("#field-description").fill(WORDS)
        page.locator(".actions .button--primary").click()
    else:
        page.locator("#field-description").fill(WORDS)
        page.locator(".actions .button--primary").click()
        page.locator(".actions .button--primary").click()  # what they say of 问题现象 is asked about once
    page.wait_for_url("**/screenshots")
    page.locator(".known__issue summary").click()
    page.get_by_role("link", name="我也遇到").click()
    page.locator(".actions .button--primary").click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator("#field-institution").fill(PLACE)
    page.locator("#field-contact_phone").fill(PHONE)
    page.locator(".actions .button--primary").click()
    number, code = (page.locator(f"#receipt-{name}").inner_text() for name in ("number", "code"))
    if has_script:
        assert wcag_findings(page) == []
    settle_issue(live.portal.runtime, issue, "已修复，请刷新页面")
    page.goto("/track")
    page.locator("#field-number").fill(number)
    page.locator("#field-query_code").fill(code)
    page.locator(".sheet .button--primary").click()
    expect(page.locator(".notice--good")).to_contain_text("已修复，请刷新页面")
    page.get_by_role("button", name="提交完整问题").click()
    expect(page.locator("#field-institution")).to_have_value(PLACE)
    context.close()


def test_an_old_browser_without_storage_loses_nothing(browser, live):
    issue = add_issue(live.portal.runtime)
    context = browser.new_context(base_url=live.url)
    context.add_init_script("Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('off'); }});")
    page = context.new_page()
    page.goto("/")
    expect(page.locator("[data-known-issues]")).to_contain_text(issue.title)
    page.get_by_role("button", name="不再显示").click()
    expect(page.locator("[data-known-issues]")).to_be_hidden()
    context.close()
