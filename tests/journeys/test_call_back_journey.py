"""Call-backs in a real browser: found, revealed, recorded; a campaign from its selection to its report."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from portal import clock
from portal.accounts.models import User
from portal.keepers import contacts
from portal.keepers.contacts import ContactDetails
from tests.factories import people
from tests.factories.call_backs import PHONE, call_back
from tests.factories.cast import actor
from tests.factories.directories import add_entry
from tests.journeys.conftest import PHONE_SCREEN, Live
from tests.journeys.looks import fits, wcag_findings
from tests.journeys.test_engineer import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PC = {"width": 1366, "height": 625}


def signed_in(browser: Browser, live: Live, name: str, **more: Any) -> Page:
    page = browser.new_context(base_url=live.url, locale="zh-CN", **{"viewport": PC, **more}).new_page()
    page.set_default_timeout(20_000)
    sign_in(page, name)
    return page


def look(page: Page, name: str) -> None:
    """Everybody can use it; a picture for whoever wants to look."""
    assert wcag_findings(page) == [], name
    assert fits(page), name
    if os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(os.environ["SHOTS"]) / f"{name}.png"), full_page=True)


def test_an_agent_finds_the_task_reveals_the_number_and_records(browser: Browser, live: Live) -> None:
    row = call_back(live.portal.runtime)
    page = signed_in(browser, live, "agnes")
    page.goto("/desk/today")
    look(page, "today")
    page.get_by_role("link", name=row.number).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("评价不满意")
    look(page, "call_back")
    expect(page.get_by_label("希望怎样改进")).to_be_hidden()
    page.get_by_label("接通了", exact=True).check()
    page.get_by_label("不满意", exact=True).first.check()
    page.get_by_label("希望怎样改进").fill("先说一声什么时候好")
    page.get_by_text("查看电话").first.click()
    page.get_by_role("button", name="查看（留记录）").click()
    expect(page.locator("[data-secret-value]")).to_contain_text(PHONE)
    expect(page.get_by_label("希望怎样改进")).to_have_value("先说一声什么时候好")  # nothing typed was lost
    look(page, "call_back_filled")
    page.get_by_role("button", name="保存记录").click()
    expect(page.locator(".mishap")).to_contain_text("请写明是哪方面")
    look(page, "call_back_refused")
    page.get_by_label("哪方面没有做好").fill("等得太久")
    page.get_by_label("没有解决", exact=True).check()
    page.get_by_role("button", name="保存记录").click()
    expect(page.get_by_text("回访已记录")).to_be_visible()
    look(page, "call_back_done")
    page.get_by_role("button", name="重新处理").click()
    page.wait_for_url(f"**/tickets/{row.subject_number}")
    small = signed_in(browser, live, "agnes", viewport=PHONE_SCREEN)
    small.goto(f"/call-backs/{call_back(live.portal.runtime).id}")
    look(small, "call_back_phone")
    small.goto("/call-backs")
    look(small, "call_backs_phone")


def test_a_campaign_from_its_selection_to_its_report(browser: Browser, live: Live) -> None:
    runtime, leo = live.portal.runtime, actor(live.portal.runtime, "leo")
    for place in range(2):
        entry = add_entry(runtime, village=f"样例{place}村卫生室")
        with runtime.database.transaction() as session:
            contacts.add(session, runtime, leo, entry.id, ContactDetails(people.name(place), people.phone(place)))
            session.execute(update(User).where(User.username == "agnes").values(staff_number="1047"))
    page = signed_in(browser, live, "leo")
    page.goto("/call-backs")
    page.get_by_role("link", name="回访活动").click()
    page.get_by_role("link", name="发起回访活动").click()
    page.get_by_label("名称").fill("秋季回访")
    page.get_by_role("button", name="看看有几家").click()
    expect(page.get_by_text("符合条件的有 2 家")).to_be_visible()
    look(page, "campaign_new")
    page.get_by_label("回访几家").fill("2")
    page.get_by_label("结束").fill(clock.china_today().isoformat())
    page.get_by_label("赵坐席").check()
    page.get_by_label("第 1 个问题").fill("系统够快吗")
    page.get_by_role("button", name="发起").click()
    expect(page.get_by_text("已发起，分给了 1 位同事")).to_be_visible()
    look(page, "campaign_report")
    report = page.url

    agent = signed_in(browser, live, "agnes")
    agent.goto("/call-backs")
    look(agent, "call_backs")
    agent.locator("tbody a").first.click()
    agent.get_by_label("接通了", exact=True).check()
    agent.get_by_label("满意", exact=True).check()
    agent.get_by_label("系统够快吗").fill("够快")
    look(agent, "campaign_call")
    agent.get_by_role("button", name="保存记录").click()
    expect(agent.get_by_text("回访已记录")).to_be_visible()
    page.goto(report)
    expect(page.get_by_text("1 / 2").first).to_be_visible()
    expect(page.get_by_text("只列数目，不列意见")).to_be_visible()
    page.goto("/campaigns")
    look(page, "campaigns")
    page.goto("/call-backs?owner=&state=")
    look(page, "call_backs_lead")
