"""Two tabs, F5, Back, a dead line that looks alive, cookies off, an old page: nothing typed is lost or mixed."""

import json
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.reports.models import Report
from tests.factories import people
from tests.factories.live import launch_options
from tests.factories.pictures import whole_screen
from tests.factories.reports import file_report
from tests.factories.silent_line import silent_line
from tests.journeys.conftest import CLINIC_SCREEN
from tests.journeys.test_filing import IDENTITY, SITUATION, fill, go_on, paste, png, to_screenshots, until

pytestmark = pytest.mark.browser

JIA = "甲：打开随访表以后字显示得很小"
YI = "乙：居民健康档案里的电话不会改"


def typed(page, name):
    return page.locator(f"[name={name}]")


def ready(page):
    """Somebody is there, so that the script that keeps typed text comes."""
    page.mouse.move(5, 5)
    page.mouse.move(9, 9)
    page.wait_for_load_state("networkidle")


def saved(page):
    """Wait until the page's text is in its draft."""
    page.wait_for_url("**/report/drafts/*/situation")


def reports(live):
    with live.portal.runtime.database.read() as session:
        return {report.answers["description"]: report for report in session.scalars(select(Report))}


def test_two_tabs_are_two_reports(page, live):
    """Both were opened before either had a draft; each goes its own way to its own receipt."""
    other = page.context.new_page()
    for tab, text in ((page, JIA), (other, YI)):
        tab.goto("/report/general")
        fill(tab, "general", SITUATION)
        typed(tab, "description").fill(text)
    for tab in (page, other):
        go_on(tab, "screenshots")
    for tab in (page, other):
        paste(tab, whole_screen())
        expect(tab.locator(".screenshot").first).to_contain_text("已收到")
        go_on(tab, "identity")
        fill(tab, "general", IDENTITY)
        go_on(tab, "check")
    for tab, text, foreign in ((page, JIA, YI), (other, YI, JIA)):
        expect(tab.locator("main")).to_contain_text(text)
        expect(tab.locator("main")).not_to_contain_text(foreign)
        go_on(tab, "receipt")
    assert set(reports(live)) == {JIA, YI}


def test_f5_in_each_of_two_tabs_shows_its_own_text(page):
    other = page.context.new_page()
    for tab, text in ((page, JIA), (other, YI)):
        tab.goto("/report/general?new=1")
        typed(tab, "description").press_sequentially(text)
        saved(tab)
    for tab, text in ((page, JIA), (other, YI)):
        tab.reload()
        expect(typed(tab, "description")).to_have_value(text)


def test_f5_at_once_loses_no_letter(page):
    page.goto("/report/general")
    ready(page)
    typed(page, "description").press_sequentially(JIA)
    page.reload()
    expect(typed(page, "description")).to_have_value(JIA)


def test_f5_on_the_last_page_keeps_every_secret_and_says_what_may_be_half(page):
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files([png(whole_screen())])
    expect(page.locator(".screenshot").first).to_contain_text("已收到")
    go_on(page, "identity")
    with page.expect_response("**/typed"):
        fill(page, "general", IDENTITY)
    page.wait_for_timeout(300)
    page.reload()
    expect(page.locator("#field-id_number-kept")).to_have_count(1)
    expect(page.locator("#field-login_password-kept")).to_have_count(1)
    expect(page.locator(".told")).to_contain_text("离开本页时“密码”正在填写")
    for name in ("id_number", "login_account", "login_password"):
        expect(typed(page, name)).to_have_value("")
    go_on(page, "check")
    go_on(page, "receipt")


def test_a_page_that_another_tab_changed_is_asked_about(page):
    page.goto("/report/general")
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")
    first = page.url.replace("screenshots", "situation")
    page.goto(first)
    other = page.context.new_page()
    other.goto(first)
    typed(other, "description").fill(YI)
    go_on(other, "screenshots")
    typed(page, "description").fill(JIA)
    expect(page.locator(".offline")).to_contain_text("在另一个窗口里改过")
    page.locator(".actions .button--primary").click()
    expect(page.locator(".told")).to_contain_text(YI)
    expect(typed(page, "description")).to_have_value(JIA)
    other.reload()
    other.goto(first)
    expect(typed(other, "description")).to_have_value(YI)
    go_on(page, "screenshots")
    page.goto(first)
    expect(typed(page, "description")).to_have_value(JIA)


def test_a_tab_whose_draft_was_deleted_elsewhere_keeps_its_text(page, live):
    page.goto("/report/general")
    typed(page, "description").press_sequentially(JIA)
    saved(page)
    other = page.context.new_page()
    other.goto("/report/general")
    other.locator(".resume summary").click()
    other.get_by_role("button", name="删除并重新填写").click()
    expect(typed(other, "description")).to_have_value("")
    typed(page, "description").press_sequentially("，再写一句")
    expect(page.locator(".offline")).to_contain_text("这一页的内容还在")
    page.locator(".actions .button--primary").click()
    expect(page.locator(".told")).to_contain_text("这份填写已不在了")
    expect(typed(page, "description")).to_have_value(JIA + "，再写一句")
    fill(page, "general", ("institution", "previous_system"))
    go_on(page, "screenshots")


def test_a_dead_line_that_looks_alive_keeps_the_page_with_its_secrets(browser, live):
    with silent_line(live.url) as line:
        context = browser.new_context(base_url=line.url, viewport=CLINIC_SCREEN, locale="zh-CN")
        page = context.new_page()
        to_screenshots(page)
        paste(page, whole_screen())
        expect(page.locator(".screenshot").first).to_contain_text("已收到")
        ready(page)
        line.is_dead = True
        page.locator(".actions .button--primary").click()
        expect(page.locator(".offline")).to_contain_text("网络断开，已填内容还在", timeout=12_000)
        assert page.url.endswith("/screenshots"), "pictures are kept, but another page than ours would come"
        line.is_dead = False
        expect(page.locator(".offline")).to_have_count(0, timeout=20_000)
        go_on(page, "identity")
        ready(page)
        line.is_dead = True
        fill(page, "general", IDENTITY)
        page.locator(".actions .button--primary").click()
        expect(page.locator(".offline")).to_contain_text("网络断开，已填内容还在", timeout=12_000)
        assert typed(page, "login_password").input_value() and page.url.endswith("/identity")
        kept = page.evaluate("JSON.stringify([Object.assign({}, localStorage), Object.assign({}, sessionStorage)])")
        assert not [name for name in IDENTITY if name in kept]
        line.is_dead = False
        expect(page.locator(".offline")).to_have_count(0, timeout=20_000)
        go_on(page, "check")
        go_on(page, "receipt")
        context.close()


def test_words_typed_on_a_dead_line_survive_f5_and_no_secret_is_on_this_computer(browser, live):
    with silent_line(live.url) as line:
        context = browser.new_context(base_url=line.url, viewport=CLINIC_SCREEN, locale="zh-CN")
        page = context.new_page()
        page.goto("/report/general")
        ready(page)
        line.is_dead = True
        typed(page, "description").fill(JIA)
        typed(page, "institution").fill(f"样例村卫生室 {people.id_number(seed=3)}")
        page.wait_for_timeout(10_500)
        kept = page.evaluate("sessionStorage.getItem('portal.unsent')")
        words = re.sub("[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}", "", kept)  # ids may hold any digits
        assert JIA in words and not re.search("[0-9]{6}", words)
        line.is_dead = False
        page.reload()
        expect(typed(page, "description")).to_have_value(JIA)
        saved(page)
        until(page, lambda: page.evaluate("sessionStorage.getItem('portal.unsent')") is None)
        context.close()


@pytest.mark.parametrize("script", [True, False])
def test_cookies_off_is_said_on_the_first_page_and_named_by_the_post(browser, live, tmp_path, script):
    (tmp_path / "Default").mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocked))
    context = browser.browser_type.launch_persistent_context(
        tmp_path, **launch_options(), base_url=live.url, viewport=CLINIC_SCREEN, java_script_enabled=script
    )
    page = context.new_page()
    page.goto("/")
    page.locator("a[href='/report/general']").click()
    expect(page.locator("[data-cookies-off]")).to_contain_text("浏览器没有保存 Cookie")
    fill(page, "general", SITUATION)
    for _ in range(2):
        page.locator(".actions .button--primary").click()
        expect(page.locator(".told")).to_contain_text("把 Cookie 设为“允许”")
        expect(typed(page, "institution")).to_have_value("高唐县杨屯乡张四屯卫生室")
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_an_old_page_comes_back_with_each_text_in_its_box(browser, live, script):
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN", java_script_enabled=script)
    page = context.new_page()
    to_screenshots(page)
    page.goto(page.url.replace("screenshots", "identity"))
    fill(page, "general", IDENTITY)
    cookies = [cookie for cookie in context.cookies() if cookie["name"] != "portal_visitor"]
    context.clear_cookies()
    context.add_cookies(cookies)
    page.locator(".actions .button--primary").click()
    expect(page.locator(".told")).to_contain_text("页面已过期")
    expect(page.locator(".told")).to_contain_text("刚填的账号与身份信息已加密保存")
    expect(page.locator("#field-login_password-kept")).to_have_count(1)
    assert "Invented" not in page.content()
    go_on(page, "check")
    context.close()


def test_what_waits_on_this_computer_goes_with_its_records(page):
    page.goto("/report/general")
    page.evaluate("sessionStorage.setItem('portal.unsent', '{}')")
    to_screenshots(page)
    paste(page, whole_screen())
    expect(page.locator(".screenshot").first).to_contain_text("已收到")
    go_on(page, "identity")
    fill(page, "general", IDENTITY)
    go_on(page, "check")
    go_on(page, "receipt")
    page.evaluate("sessionStorage.setItem('portal.unsent', '{}')")
    page.get_by_role("button", name="清除本机记录").click()
    page.wait_for_url(re.compile("/$"))
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_words_kept_over_a_dead_line_are_asked_about_where_another_tab_has_written(page):
    page.goto("/report/general")
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")
    first = page.url.replace("screenshots", "situation")
    page.goto(first)
    ready(page)
    page.route("**/typed", lambda route: route.abort())
    typed(page, "description").fill(JIA)
    until(page, lambda: JIA in (page.evaluate("sessionStorage.getItem('portal.unsent')") or ""))
    other = page.context.new_page()
    other.goto(first)
    typed(other, "description").fill(YI)
    go_on(other, "screenshots")

    page.unroute_all()
    page.reload()
    ready(page)
    expect(typed(page, "description")).to_have_value(JIA)
    page.locator(".actions .button--primary").click()
    expect(page.locator("main")).to_contain_text("在另一个窗口里改过")
    other.reload()
    other.goto(first)
    expect(typed(other, "description")).to_have_value(YI)


def test_pages_without_a_draft_keep_plain_words_in_their_tab_until_they_arrived(page, live):
    filed = file_report(live.portal.runtime)
    complaint = f"/track/{filed.number}/complaint"
    page.goto("/track")
    fill_code(page, filed)
    page.goto(complaint)
    ready(page)
    typed(page, "content").fill("等了四天没有人回电话")
    typed(page, "wish").fill("密码：Qz8812!x")
    page.wait_for_function("(sessionStorage.getItem('portal.unsent') || '').includes('四天')")
    assert "Qz8812" not in page.evaluate("sessionStorage.getItem('portal.unsent')")

    page.reload()
    expect(typed(page, "content")).to_have_value("等了四天没有人回电话")
    page.goto("/help")
    page.go_back()
    expect(typed(page, "content")).to_have_value("等了四天没有人回电话")
    other = page.context.new_page()
    other.goto(complaint)
    ready(other)
    expect(typed(other, "content")).to_have_value("")

    typed(page, "name").fill("张三")
    page.get_by_role("button", name="提交投诉").click()
    expect(page.locator("#receipt-number")).to_be_visible()
    page.wait_for_load_state()
    assert page.evaluate("sessionStorage.getItem('portal.unsent')") is None
    page.goto(complaint)
    ready(page)
    expect(typed(page, "content")).to_have_value("")


def fill_code(page, filed):
    typed(page, "number").fill(filed.number)
    page.locator("#field-query_code").fill(filed.query_code)
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_text("提报内容")).to_be_visible()
