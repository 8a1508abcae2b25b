"""A complaint from the clinic over manager, department and second manager to its archive number, in real browsers."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories.cast import DEPARTMENT, add_partners
from tests.factories.complaints import CONTENT, MANAGERS, NAME, PHONE, add_people
from tests.factories.reports import file_report
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, Live
from tests.journeys.looks import fits, next_page
from tests.journeys.test_approvals_journey import track, window

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("COMPLAINT_SHOTS", "")


def look(page: Page, name: str) -> None:
    """No page is wider than its screen; with COMPLAINT_SHOTS a picture of it at both widths."""
    for width, screen in (("pc", CLINIC_SCREEN), ("phone", PHONE_SCREEN)):
        page.set_viewport_size(screen)
        assert fits(page), (name, width)
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)
    page.set_viewport_size(CLINIC_SCREEN)


def press(page: Page, where: str, name: str) -> None:
    """The button of one act's form."""
    page.locator(f'form[action$="/{where}"]').get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text("已记下")).to_be_visible()


def test_from_the_clinic_to_the_archive(browser: Browser, live: Live) -> None:
    runtime = live.portal.runtime
    add_people(runtime, MANAGERS)
    add_partners(runtime)
    filed = file_report(runtime)
    with window(browser, live) as clinic:
        track(clinic, filed.number, filed.query_code)
        with next_page(clinic):
            clinic.get_by_role("link", name="投诉", exact=True).first.click()
        look(clinic, "form")
        clinic.locator("[name=content]").fill("太慢")
        clinic.get_by_role("button", name="提交投诉").click()
        expect(clinic.get_by_text("有 2 处需要修改")).to_be_visible()
        look(clinic, "form-refused")
        clinic.locator("[name=content]").fill(CONTENT)
        clinic.locator("[name=name]").fill(NAME)
        clinic.locator("[name=contact_phone]").fill(PHONE)
        with next_page(clinic):
            clinic.get_by_role("button", name="提交投诉").click()
        number = clinic.locator("#receipt-number").inner_text()
        code = clinic.locator("#receipt-code").inner_text()
        look(clinic, "receipt")
    where = f"/complaints/{number}"
    with window(browser, live, "mona") as manager:
        manager.goto("/complaints")
        look(manager, "list")
        manager.get_by_role("link", name=number).click()
        expect(manager.get_by_text(CONTENT)).to_be_visible()
        look(manager, "case-registered")
        press(manager, "handler", "指定")
        manager.get_by_label("成立", exact=True).check()
        manager.locator("#field-judgement-grounds").fill("听了录音，确实挂断了")
        manager.locator("#field-judgement-department").select_option(DEPARTMENT)
        manager.get_by_role("button", name="保存判断").click()
        expect(manager.get_by_text("成立时请填写调查完成的日期").first).to_be_visible()
        look(manager, "case-refused")
        day = manager.evaluate("new Date(Date.now() + 864e5).toISOString().slice(0, 10)")
        manager.locator("#field-judgement-investigate_due_at").fill(day)
        manager.locator("#field-judgement-kind").select_option("attitude")
        press(manager, "judgement", "保存判断")
        manager.locator("#field-investigation-ask").fill("请核对上周三的交换机日志有没有中断")
        press(manager, "investigation", "保存调查")
        xz = manager.get_by_role("link", name=re.compile("^XZ")).first.inner_text()
    with window(browser, live, "petra") as department:
        department.goto("/collaborations")
        look(department, "department-list")
        department.get_by_role("link", name=xz).click()
        expect(department.get_by_text("服务态度")).to_be_visible()
        assert not [word for word in (number, NAME, CONTENT, filed.number) if word in department.content()]
        department.locator("[name=text]").fill("上周三下午有三次中断，共十二分钟")
        look(department, "department")
        department.get_by_role("button", name="提交反馈").click()
        expect(department.get_by_text("反馈，已记下")).to_be_visible()
    with window(browser, live, "mona") as manager:
        manager.goto(where)
        manager.get_by_label("可以，备案").check()
        press(manager, "inquiry", "保存核对")
        manager.locator("#field-investigation-cause").fill("线路中断，又没有人回电")
        press(manager, "investigation", "保存调查")
        manager.locator("#field-proposals-proposals").fill("换人处理并致歉")
        manager.locator("#field-proposals-proposals-2").fill("由主管当面说明")
        press(manager, "proposals", "提交方案")
    with window(browser, live, "max") as second:
        second.goto(where)
        look(second, "case-proposals")
        second.locator("#field-choice-proposal").select_option(label="方案 1")
        second.locator("#field-choice-note").fill("同意")
        press(second, "choice", "保存决定")
    with window(browser, live, "mona") as manager:
        manager.goto(where)
        manager.locator("#field-answer-text").fill("线路已修好，已换人处理，向您致歉")
        press(manager, "answer", "发送答复")
    with window(browser, live) as clinic:
        track(clinic, number, code)
        expect(clinic.get_by_text("向您致歉").first).to_be_visible()
        look(clinic, "tracked")
        clinic.locator("[name=name]").fill(NAME)
        clinic.get_by_role("button", name="确认答复").click()
        expect(clinic.get_by_text("已按您的姓名确认")).to_be_visible()
    with window(browser, live, "max") as second:
        second.goto(where)
        second.get_by_label("接通了", exact=True).check()
        second.locator("#field-follow-up-level").select_option("satisfied")
        press(second, "follow-up", "保存回访")
    with window(browser, live, "mona") as manager:
        manager.goto(where)
        manager.locator("#field-report-cause").fill("线路中断，没有人回电")
        manager.locator("#field-report-solution").fill("修好线路，换人处理")
        press(manager, "report", "保存报告")
    with window(browser, live, "max") as second:
        second.goto(where)
        press(second, "archive", "归档")
        expect(second.get_by_text(re.compile(r"GD-TS-\d{8}-001"))).to_be_visible()
        look(second, "case-archived")
        second.goto("/insights/complaints")
        look(second, "figures")
    with window(browser, live, "agnes") as agent:
        agent.goto("/complaints/new")
        look(agent, "new")
