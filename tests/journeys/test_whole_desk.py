"""The whole desk in real browsers: a lead sets the time; all sides bring a problem to its end."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from portal import clock
from tests.calendar.test_imports import NEXT_YEAR
from tests.factories.cast import DEPARTMENT, add_partners
from tests.factories.reports import file_report
from tests.journeys.conftest import Live
from tests.journeys.test_approvals_journey import track, window
from tests.journeys.test_engineer import claim

pytestmark = pytest.mark.browser
ANSWER = "接口网关昨晚二十三点重启过一次，重启以后连接池没有恢复，现在已经改好并观察了两个小时"
_UNFOLD = """(form) => {
  for (let one = form.closest('details'); one; one = one.parentElement.closest('details')) one.open = true;
}"""


def send(page: Page, action: str, **fields: Any) -> None:
    """Fill in the form with this address as a person does, and press its button."""
    form = page.locator(f"form[action$='{action}']").first
    form.evaluate(_UNFOLD)
    for name, value in fields.items():
        part = form.locator(f"[name='{name}']")
        kind = part.first.evaluate("part => part.type")
        if kind in ("radio", "checkbox"):
            form.locator(f"[name='{name}'][value='{value}']").check()
        elif kind == "select-one":
            part.select_option(value)
        else:
            part.first.fill(value)
    with page.expect_navigation():
        form.locator("button[type=submit]").first.click()


def test_a_lead_sets_calendar_hours_and_rota_from_nothing(live: Live, browser: Browser) -> None:
    today = clock.china_today()
    with window(browser, live, "leo") as leo:
        leo.goto("/admin/time")
        send(leo, "/admin/time/imports", year="2027", text=NEXT_YEAR)
        expect(leo.locator("body")).to_contain_text("22 天和现在不同")
        leo.get_by_role("button", name="确认 2027 年的日历").click()
        expect(leo.locator("body")).to_contain_text("已确认，从现在起按这份日历计算")
        leo.get_by_role("link", name="服务时限").click()
        leo.locator("[name=hours]").first.fill("09:00-12:00 13:30-18:00")
        send(leo, "/admin/time/policy", note="周一早上有例会")
        expect(leo.locator("body")).to_contain_text("已保存为第 2 版")
        leo.get_by_role("link", name="值班表").click()
        shift = {"starts_at": f"{today}T00:00", "ends_at": f"{today + timedelta(days=9)}T00:00"}
        send(leo, "/admin/time/rota", user="alice", queue="general", **shift)
        expect(leo.locator("body")).to_contain_text("已排上")
        leo.goto("/desk/board")
        expect(leo.locator("section", has_text="现在值班")).to_contain_text("张工")


def test_two_engineers_a_lead_a_department_and_a_clinic(live: Live, browser: Browser) -> None:
    add_partners(live.portal.runtime)
    receipt = file_report(live.portal.runtime)
    number = receipt.number
    with (
        window(browser, live, "alice") as alice,
        window(browser, live, "bob") as bob,
        window(browser, live, "leo") as leo,
        window(browser, live, "petra") as petra,
        window(browser, live) as clinic,
    ):
        claim(alice, number)
        send(alice, "/coordination", coordination="cross_department", reason="要信息科核对接口")
        send(alice, "/collaborations", department=DEPARTMENT, ask="请核对处方接口昨晚的日志，看有没有超时")
        petra.goto("/collaborations")
        petra.locator("main a", has_text="XZ").first.click()
        expect(petra.locator("body")).not_to_contain_text("张四屯")
        send(petra, "/start")
        send(petra, "/answer", text=ANSWER)
        alice.goto("/desk/today")
        alice.locator("main a", has_text=re.compile("XZ")).first.click()
        send(alice, "/verification")
        send(alice, "/verdict", passed="true")
        send(alice, "/filing", text="按反馈核对过，机构可以开方")
        petra.reload()
        send(petra, "/filing", text="网关重启后连接池没有恢复，已改")
        alice.goto(f"/tickets/{number}")
        send(alice, "/offers", assignee="bob", text="部门已改好，只差给结果")
        track(clinic, number, receipt.query_code)
        expect(clinic.locator("h1")).to_have_text("处理中")
        clinic.locator("summary", has_text="要求主管处理").click()
        send(clinic, "/escalation", demand="等了两天，请主管看一下")
        expect(clinic.locator("body")).to_contain_text("已转给主管")
        leo.goto("/desk/board")
        leo.locator("section", has_text="等主管决定").get_by_role("link", name=number).click()
        send(leo, "/escalation/decision", decision="uphold", text="部门已改好，今天给您结果")
        bob.goto("/desk/today")
        bob.get_by_role("link", name=number).first.click()
        send(bob, "/acceptance")
        expect(bob.locator("body")).to_contain_text("现在由您处理")
        send(bob, "/resolution", text="网关已修复，请刷新后重试", root_cause="product_fault")
        clinic.goto(f"/track/{number}")
        expect(clinic.locator("body")).to_contain_text("今天给您结果")
        expect(clinic.locator("body")).not_to_contain_text("连接池")
        clinic.get_by_label("已解决", exact=True).check()
        send(clinic, "/confirmation")
        expect(clinic.locator("h1")).to_have_text("已关闭")
