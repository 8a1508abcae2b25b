"""A reply that a lead returns, approves and its author sends; a query code that dies in the browser that holds it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories.reports import file_report
from tests.journeys.conftest import CLINIC_SCREEN, Live
from tests.journeys.looks import next_page
from tests.journeys.test_engineer import claim, sign_in

pytestmark = pytest.mark.browser
FIRST, SECOND = "换一个读卡器", "驱动太旧，所以读不出卡。请更换读卡器后重试"


@contextmanager
def window(browser: Browser, live: Live, name: str = "", *, has_script: bool = True) -> Iterator[Page]:
    """A browser of its own, of a member of staff or of a clinic."""
    context = browser.new_context(
        base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN", java_script_enabled=has_script
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    if name:
        sign_in(page, name)
    yield page
    context.close()


def track(page: Page, number: str, code: str) -> None:
    page.goto("/track")
    page.locator("[name=number]").fill(number)
    page.locator("[name=query_code]").fill(code)
    with next_page(page):
        page.get_by_role("button", name="查询", exact=True).click()


def look_again(page: Page, number: str) -> None:
    """The ticket by its own address: a reload of the answer to the query code would show the empty form."""
    page.goto(f"/track/{number}")
    expect(page.locator("h1")).to_have_text("处理中")


def ask(page: Page, number: str, text: str) -> None:
    page.goto(f"/tickets/{number}")
    box = page.locator("#field-ask_draft-text")
    if not box.is_visible():
        page.locator("summary", has_text="请主管审核").click()
    box.fill(text)
    page.get_by_role("button", name="请主管审核").click()
    expect(page.get_by_text("已请主管审核，同意后由您发送")).to_be_visible()


def decide(page: Page, number: str, choice: str, note: str = "") -> None:
    page.goto("/desk/today")
    page.get_by_role("link", name=number).first.click()
    page.wait_for_url(f"**/tickets/{number}#reply-draft")
    page.locator("#field-decide_draft-approved").select_option(choice)
    page.locator("#field-decide_draft-note").fill(note)
    page.get_by_role("button", name="提交决定").click()
    expect(page.get_by_text("已告诉作者您的决定")).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "plain"])
def test_a_reply_is_returned_asked_anew_approved_and_sent(live: Live, browser: Browser, has_script: bool) -> None:
    receipt = file_report(live.portal.runtime)
    number = receipt.number
    with (
        window(browser, live, "alice", has_script=has_script) as alice,
        window(browser, live, "leo", has_script=has_script) as leo,
        window(browser, live) as clinic,
    ):
        claim(alice, number)
        ask(alice, number, FIRST)
        decide(leo, number, "退回修改", "先说原因")
        track(clinic, number, receipt.query_code)
        expect(clinic.locator("body")).not_to_contain_text(FIRST)
        alice.goto("/desk/today")
        alice.get_by_role("link", name=number).last.click()
        expect(alice.locator("#field-ask_draft-text")).to_have_value(re.compile(FIRST))
        ask(alice, number, SECOND)
        decide(leo, number, "同意，由作者发送")
        look_again(clinic, number)
        expect(clinic.locator("body")).not_to_contain_text(SECOND)
        alice.goto(f"/tickets/{number}")
        alice.locator("#reply-draft").get_by_role("button", name="发送给机构", exact=True).click()
        expect(alice.get_by_text("已发送给机构")).to_be_visible()
        look_again(clinic, number)
        expect(clinic.locator("body")).to_contain_text(SECOND)
        expect(clinic.locator("body")).not_to_contain_text("先说原因")


def test_the_old_code_is_dead_in_the_browser_that_was_open(live: Live, browser: Browser) -> None:
    receipt = file_report(live.portal.runtime)
    number = receipt.number
    with window(browser, live) as thief, window(browser, live, "agnes") as agnes, window(browser, live) as clinic:
        track(thief, number, receipt.query_code)
        expect(thief.locator("h1")).to_have_text("已提交")
        agnes.goto(f"/tickets/{number}")
        agnes.locator("summary", has_text="更多操作").click()
        agnes.locator("summary", has_text="重新发放查询码").click()
        agnes.locator("#field-reissue_code-identity_method").select_option(index=1)
        agnes.locator("#field-reissue_code-reason").fill("机构丢了查询码")
        with next_page(agnes):
            agnes.get_by_role("button", name="发放新的查询码").click()
        code = "-".join(agnes.locator("#read-code span").all_inner_texts())
        agnes.emulate_media(media="print")
        expect(agnes.locator("#read-code")).to_be_visible()
        expect(agnes.get_by_text("离开这一页就不能再看")).to_be_hidden()
        thief.goto(f"/track/{number}")
        thief.wait_for_url("**/track**")
        expect(thief.locator("h1")).not_to_have_text("已提交")
        track(thief, number, receipt.query_code)
        expect(thief.locator("h1")).not_to_have_text("已提交")
        track(clinic, number, code)
        expect(clinic.locator("h1")).to_have_text("已提交")
        expect(clinic.locator("body")).to_contain_text("查询码已重新发放")
        agnes.goto(f"/tickets/{number}")
        assert code not in agnes.content()
