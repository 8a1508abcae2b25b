"""附图 at the later doors: tracking page, one-time link and desk show the drawings, the progress and the question."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from portal.acts.table import ASK, CLAIM
from portal.screenshots.models import Screenshot
from tests.factories.acts import perform
from tests.factories.cast import actor, password_of
from tests.factories.pictures import crop_of_screen, photo_of_screen, whole_screen
from tests.factories.portals import post
from tests.factories.reports import file_report
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, Live
from tests.journeys.looks import fits, next_page, serious_findings
from tests.journeys.test_filing import paste, png, until
from tests.journeys.test_slow_line import Wire
from tests.pages.desk.test_supplement_links import NO_SECRETS

pytestmark = pytest.mark.browser


def asked(live: Live, *fields: str, channel: str = "yxt"):
    let_off = NO_SECRETS if channel == "qq" else {}
    receipt = file_report(live.portal.runtime, channel=channel, **let_off)
    with live.portal.runtime.database.transaction() as session:
        alice = actor(live.portal.runtime, "alice")
        perform(session, live.portal.runtime, alice, CLAIM, receipt.number, 1)
        perform(session, live.portal.runtime, alice, ASK, receipt.number, 2, fields=list(fields), message="请重新截")
    return receipt


def track(page: Page, receipt) -> None:
    page.goto("/track")
    page.locator("[name=number]").fill(receipt.number)
    page.locator("[name=query_code]").fill(receipt.query_code)
    with next_page(page):
        page.get_by_role("button", name="查询").click()
    page.locator("form[data-pictures]").wait_for()


def pictures(live: Live) -> list[Screenshot]:
    with live.portal.runtime.database.read() as session:
        return list(session.scalars(select(Screenshot).order_by(Screenshot.number)))


def test_the_tracking_page_has_the_picture_part_of_the_form(page: Page, live: Live) -> None:
    receipt = asked(live, "screenshots", "operation_steps")
    track(page, receipt)
    for drawing in ("whole-screen.svg", "partial-screen.svg"):
        expect(page.locator(f"img[src$='{drawing}']")).to_be_visible()
    page.locator("[name=operation_steps]").fill("1. 打开随访表\n2. 点保存")
    page.locator("h1").click()  # a box that holds text keeps a paste to itself
    paste(page, crop_of_screen())
    refusal = page.locator("#field-screenshots-error")
    expect(refusal).to_contain_text("420 × 180 像素")
    paste(page, photo_of_screen())
    expect(page.locator(".asking__words")).to_be_visible()
    expect(refusal).to_have_count(0)
    assert serious_findings(page) == []
    page.goto(f"/track/{receipt.number}")
    expect(page.locator(".screenshot--ask")).to_have_count(1)
    page.get_by_role("button", name="是整个屏幕").click()
    expect(page.locator(".screenshot .received")).to_contain_text("已确认是整屏")
    page.locator("[name=operation_steps]").fill("1. 打开随访表\n2. 点保存")
    page.locator(".button--primary").click()
    expect(page.locator(".notice--good")).to_contain_text("已补充，工程师会继续处理")
    assert len(pictures(live)) == 2 and pictures(live)[-1].is_confirmed


def test_no_number_of_a_person_is_kept_in_the_tab(page: Page, live: Live) -> None:
    track(page, asked(live, "id_number", "screenshots", "operation_steps"))
    with page.expect_response("**/draft.js*"):
        page.locator("[name=operation_steps]").press_sequentially("1. 打开随访表")
    page.locator("[name=id_number]").fill("A12345(6)")
    page.locator("[name=operation_steps]").press_sequentially("，保存")
    kept = "sessionStorage.getItem('portal.unsent') || ''"
    until(page, lambda: "，保存" in page.evaluate(kept))
    assert "A12345" not in page.evaluate(kept)


def test_a_supplement_from_a_phone_on_a_slow_line_tells_its_progress(browser: Browser, live: Live) -> None:
    context = browser.new_context(
        base_url=live.url, viewport=PHONE_SCREEN, locale="zh-CN", has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    track(page, asked(live, "screenshots"))
    Wire(page).slow_down()
    assert "PrtSc" not in page.locator("main").inner_text() and "Ctrl" not in page.locator("main").inner_text()
    page.locator("#field-screenshots-camera").set_input_files(png(photo_of_screen(), "photo.jpg"))
    expect(page.locator(".screenshot [data-state]")).to_contain_text(re.compile(r"正在上传 \d+%"), timeout=30_000)
    expect(page.get_by_role("button", name="取消")).to_be_visible()
    page.locator(".button--primary").tap()
    expect(page.locator("#live")).to_contain_text("传完后自动继续")
    expect(page.locator(".to-question, .screenshot--ask").first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="是整个屏幕").tap()
    expect(page.locator(".screenshot .received")).to_be_visible()
    page.locator(".button--primary").tap()
    expect(page.locator(".notice--good")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [320, 1349])
def test_a_one_time_link_has_it_too(browser: Browser, live: Live, width: int) -> None:
    receipt = asked(live, "screenshots", channel="qq")
    made = post(
        live.portal.signed_in("agnes"), f"/tickets/{receipt.number}", f"/tickets/{receipt.number}/supplement-link"
    )
    link = re.search(r"http://[^/]+(/supplement/[\w-]+)", made.text)
    assert link
    with browser.new_context(base_url=live.url, viewport={"width": width, "height": 640}, locale="zh-CN") as context:
        page = context.new_page()
        page.goto(link[1])
        page.locator("[name=screenshots]").set_input_files(png(photo_of_screen(), "photo.jpg"))
        expect(page.locator(".screenshot--ask")).to_be_visible()
        assert serious_findings(page) == []
        assert fits(page)
        page.get_by_role("button", name="重新截").click()
        page.locator("[name=screenshots]").set_input_files(png(whole_screen(seed=6)))
        expect(page.locator(".screenshot .received")).to_contain_text("整屏，已收到")
        page.locator(".button--primary").click()
        page.wait_for_url("**/supplement/done")


def signed_in(browser: Browser, live: Live) -> Page:
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN")
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("[name=username]").fill("agnes")
    page.locator("[name=password]").fill(password_of("agnes"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"^(?!.*sign-in)"))
    return page


def test_the_desk_keeps_a_refused_supplement_by_hand(browser: Browser, live: Live) -> None:
    receipt = asked(live, "screenshots", channel="qq")
    page = signed_in(browser, live)
    page.goto(f"/tickets/{receipt.number}")
    page.get_by_role("link", name="代机构补充").click()
    expect(page.locator("[data-desk-pictures] img[src$='whole-screen.svg']")).to_be_visible()
    page.locator("[name=login_account]").fill("typed01")
    page.locator("[name=screenshots]").set_input_files(png(crop_of_screen()))
    reason = page.get_by_label("写明保留的原因")
    reason.fill("客户的电脑只能截到这里")
    expect(page.locator("[name=login_account]")).to_have_value("typed01")
    assert serious_findings(page) == []
    page.get_by_role("button", name="提交补充内容").last.click()
    page.wait_for_url(f"**/tickets/{receipt.number}")
    expect(page.locator("main")).to_contain_text("人工保留")
    assert pictures(live)[-1].message == "客户的电脑只能截到这里"
    page.context.close()


def test_a_picture_that_is_chosen_before_the_script_comes_goes_at_once_too(browser: Browser, live: Live) -> None:
    page, held = signed_in(browser, live), []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/desk-pictures*", hold)
    page.goto("/desk/reports/new", wait_until="commit")
    page.locator("[name=screenshots]").set_input_files(png(whole_screen(seed=8)))
    held[0].continue_()
    expect(page.locator(".screenshot")).to_contain_text("1366 × 768 像素", timeout=15_000)
    page.context.close()


def test_the_desk_uploads_at_once_and_keeps_what_is_typed(browser: Browser, live: Live) -> None:
    page = signed_in(browser, live)
    page.goto("/desk/reports/new")
    page.locator("[name=description]").fill("打开随访表，点保存后提示参数错误")
    page.locator("[name=login_password]").fill("Typed#Pass1")
    paste(page, whole_screen(seed=8))
    expect(page.locator(".screenshot")).to_contain_text("1366 × 768 像素")
    expect(page.locator("[name=description]")).to_have_value("打开随访表，点保存后提示参数错误")
    expect(page.locator("[name=login_password]")).to_have_value("Typed#Pass1")
    page.locator("[name=screenshots]").set_input_files(png(b"no picture"))
    expect(page.locator("#field-screenshots-error")).to_be_visible()
    expect(page.locator(".screenshot")).to_have_count(1)
    page.context.close()
