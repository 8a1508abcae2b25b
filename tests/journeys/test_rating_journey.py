"""A clinic that was not satisfied says so on a phone, by the page and behind a link; a lead completes the analysis."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from portal.acts.table import CLAIM, RESOLVE
from portal.follow_up.models import Survey
from portal.follow_up.surveys import PAGE, Signer
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.reports import file_report
from tests.journeys.conftest import PHONE_SCREEN, Live
from tests.journeys.looks import fits
from tests.journeys.test_approvals_journey import track, window
from tests.journeys.test_filing import until

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser, live: Live) -> Iterator[Page]:
    context = browser.new_context(
        base_url=live.url, viewport=PHONE_SCREEN, locale="zh-CN", has_touch=True, is_mobile=True
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def resolved(live: Live):
    receipt, alice = file_report(live.portal.runtime), actor(live.portal.runtime, "alice")
    with live.portal.runtime.database.transaction() as session:
        perform(session, live.portal.runtime, alice, CLAIM, receipt.number, 1)
        ticket = perform(session, live.portal.runtime, alice, RESOLVE, receipt.number, 2, text="已恢复，请刷新")
    with live.portal.runtime.database.read() as session:
        survey = session.scalars(select(Survey).where(Survey.ticket_id == ticket.id)).one()
    return receipt, f"{PAGE}/{Signer.of(live.portal.runtime.vault).token(survey)}"


def test_by_page_and_by_link_and_then_the_analysis(phone: Page, browser: Browser, live: Live) -> None:
    receipt, _ = resolved(live)
    track(phone, receipt.number, receipt.query_code)
    assert fits(phone)
    hint, complaint = (
        phone.locator("[name=comment] ~ [data-hint], :has(> [name=comment]) ~ [data-hint]"),
        phone.get_by_role("link", name="投诉", exact=True),
    )
    phone.get_by_role("radio", name="没有解决", exact=True).check()
    expect(complaint.first).to_be_visible()
    phone.locator("[name=comment]").fill("又出现了")
    expect(hint).to_be_hidden()
    phone.locator("[name=comment]").fill("态度太差，我要投诉")
    expect(hint).to_be_visible()
    expect(phone.locator("[name=reason]").first).to_be_hidden()
    phone.get_by_role("radio", name="非常不满意", exact=True).check()
    phone.get_by_role("button", name="提交评价").click()
    expect(phone.locator(".error-summary")).to_contain_text("请选择不满意的原因")
    phone.get_by_label("处理时效过长").check()
    hint = phone.locator("#rating [data-hint]")
    phone.locator("[name=rating_comment]").fill("态度不好，等了三天才有人联系")
    expect(hint.get_by_role("link", name="投诉")).to_be_visible()
    phone.locator("[name=rating_comment]").fill("等了三天才有人联系")
    expect(hint).to_be_hidden()
    phone.get_by_role("button", name="提交评价").click()
    phone.wait_for_url("**?done=rated")
    expect(phone.get_by_text("非常不满意（")).to_be_visible()
    expect(phone.locator("#rating")).to_have_count(0)

    other, link = resolved(live)
    phone.goto(link)
    expect(phone.locator("main")).to_contain_text(other.number)
    expect(phone.locator("main")).not_to_contain_text("已恢复")
    phone.get_by_role("radio", name="不满意", exact=True).check()
    phone.get_by_label("解决方案不清晰").check()
    phone.get_by_role("button", name="提交评价").click()
    phone.wait_for_url("**/survey/done")

    with window(browser, live, "leo") as lead:
        lead.goto("/dissatisfactions")
        expect(lead.locator("tbody tr")).to_have_count(2)
        lead.get_by_role("link", name=receipt.number).click()
        expect(lead.locator("aside")).to_contain_text("等了三天才有人联系")
        lead.locator("[name=digest]").fill("三天没有人联系")
        lead.locator("[name=stage]").select_option("工单分配")
        lead.locator("[name=measure]").fill("值班主管每天核对没有领取的")
        lead.get_by_role("button", name="保存").click()
        expect(lead.locator("main")).to_contain_text("还差：责任人、完成时间")
        lead.locator("[name=person]").select_option("leo")
        lead.locator("[name=done_on]").fill("2027-01-15")
        lead.get_by_role("button", name="保存").click()
        expect(lead.get_by_text("已保存，分析已完成")).to_be_visible()
        lead.goto("/dissatisfactions?state=complete")
        expect(lead.locator("tbody")).to_contain_text("三天没有人联系")
        expect(lead.locator("tbody")).not_to_contain_text("等了三天才有人联系")
        lead.goto(f"/tickets/{receipt.number}")
        expect(lead.locator("aside").first).to_contain_text("等了三天才有人联系")
    with window(browser, live, "agnes") as agent:
        agent.goto(f"/tickets/{receipt.number}")
        expect(agent.locator("aside").first).to_contain_text("非常不满意")
        expect(agent.locator("body")).not_to_contain_text(re.compile("等了三天才有人联系"))


def test_the_button_stands_where_it_stood_before_the_script_came(phone: Page, live: Live) -> None:
    _, address = resolved(live)
    held: list[Route] = []
    phone.route("**/clinic.js*", lambda route: held.append(route), times=1)  # noqa: PLW0108
    animations = phone.context.new_cdp_session(phone)
    animations.send("Animation.enable")
    animations.send("Animation.setPlaybackRate", {"playbackRate": 0.01})  # a slow machine sees the same
    phone.goto(address, wait_until="commit")
    button = phone.get_by_role("button", name="提交评价")
    expect(button).to_be_visible()
    expect(phone.locator("[name=rating_comment]")).to_be_hidden()
    until(phone, lambda: held and phone.evaluate("document.styleSheets.length"))
    before = button.bounding_box()
    with phone.expect_response("**/clinic.js*"):
        held[0].continue_()
    expect(phone.locator("html.scripted")).to_have_count(1)

    assert button.bounding_box() == before
