"""代客提报 in a real browser: the page follows the table, nothing is typed twice, the link does its one thing."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories.cast import password_of
from tests.factories.people import id_number
from tests.factories.pictures import draw_screen, encode, whole_screen
from tests.factories.reports import general_fields
from tests.journeys.conftest import PHONE_SCREEN
from tests.journeys.looks import fits, serious_findings
from tests.journeys.test_engineer import claim, sign_in
from tests.journeys.test_filing import until

pytestmark = pytest.mark.browser
TEXTS = ("institution", "description", "previous_system")
PASSWORD = "Invented#Pass44"


def picture(content, name="截图.png"):
    return {"name": name, "mimeType": "image/png", "buffer": content}


def fill(page):
    for name in TEXTS:
        page.locator(f"[name={name}]").fill(general_fields()[name])


def asked(page, name):
    return page.locator(f".asked:has(#field-{name})")


@pytest.fixture
def desk(page):
    sign_in(page, "agnes")
    page.get_by_role("link", name="代客提报").click()
    return page


def test_marks_follow_channel_and_kind_at_once_and_nothing_is_lost(desk):
    fill(desk)
    secret = asked(desk, "login_password")
    expect(secret.locator("[data-need-note]")).to_be_hidden()
    desk.get_by_label("QQ", exact=True).check()
    expect(secret.locator("[data-need-note]")).to_have_text("该渠道可不附")
    desk.get_by_label("电话", exact=True).check()
    expect(secret.locator("[data-need-note]")).to_be_hidden()
    expect(desk.get_by_text("可以先不附").first).to_be_visible()
    desk.locator("[name=login_password]").fill(PASSWORD)
    desk.get_by_label(re.compile("^HIS")).check()
    expect(asked(desk, "previous_system")).to_be_hidden()
    expect(asked(desk, "inpatient_number")).to_be_visible()
    expect(asked(desk, "institution").locator(".optional")).to_have_text("（选填）")
    desk.get_by_label(re.compile("^日常")).check()
    expect(asked(desk, "institution").locator(".optional")).to_have_count(0)
    expect(desk.locator("[name=previous_system]")).to_have_value("浪潮系统")
    expect(desk.locator("[name=login_password]")).to_have_value(PASSWORD)
    assert serious_findings(desk) == []


def test_what_is_typed_is_kept_while_the_call_lasts_and_secrets_are_not(desk):
    fill(desk)
    desk.get_by_label("QQ", exact=True).check()
    desk.locator("[name=login_password]").fill(PASSWORD)
    expect(desk.get_by_text("文字已自动保存")).to_be_visible(timeout=15_000)
    desk.context.clear_cookies()  # the session is over
    sign_in(desk, "agnes")
    desk.get_by_role("link", name="代客提报").click()
    desk.get_by_role("link", name=re.compile(general_fields()["institution"])).click()
    for name in TEXTS:
        expect(desk.locator(f"[name={name}]")).to_have_value(general_fields()[name])
    expect(desk.get_by_label("QQ", exact=True)).to_be_checked()
    expect(desk.get_by_text("已加密保存")).to_have_count(0)


def test_qq_report_to_supplement_by_a_one_time_link(desk, browser, live):
    fill(desk)
    desk.get_by_label("QQ", exact=True).check()
    desk.locator("#field-screenshots").set_input_files([picture(whole_screen())])
    expect(desk.locator(".screenshot")).to_contain_text("1366 × 768 像素")
    desk.get_by_role("button", name="提交问题").click()
    expect(desk.get_by_role("heading", name="念给客户听")).to_be_visible()
    number = re.search(r"受理编号：(RC\d+)", desk.locator("#qq-text").input_value())[1]
    desk.get_by_role("button", name="复制到 QQ").click()
    expect(desk.get_by_role("button", name="已复制")).to_be_visible()
    assert serious_findings(desk) == []

    engineer = browser.new_context(base_url=live.url).new_page()
    sign_in(engineer)
    claim(engineer, number)
    engineer.locator("label.work-tab", has_text="请补充").click()
    expect(engineer.locator("#ask-operation_steps")).to_be_checked()  # as most reports need it
    engineer.locator("#ask-operation_steps").uncheck()
    engineer.locator("#ask-id_number").check()
    engineer.locator("#ask-login_password").check()
    engineer.get_by_role("button", name="请机构补充").click()
    engineer.get_by_role("button", name="生成补充链接").click()
    link = engineer.locator("#link").input_value()
    assert link in engineer.locator("#qq-text").input_value()
    assert serious_findings(engineer) == []

    clinic = browser.new_context(base_url=live.url, viewport=PHONE_SCREEN, has_touch=True, is_mobile=True).new_page()
    clinic.goto(link)
    assert serious_findings(clinic) == []
    assert fits(clinic)
    clinic.locator("[name=id_number]").fill(id_number(seed=8))
    clinic.locator("[name=login_password]").fill(PASSWORD)
    clinic.get_by_role("button", name="提交补充内容").click()
    expect(clinic.get_by_role("heading", name="已收到")).to_be_visible()
    clinic.goto(link)
    expect(clinic.get_by_role("heading", name="链接不能用了")).to_be_visible()
    engineer.goto(f"/tickets/{number}")
    expect(engineer.get_by_text("处理中").first).to_be_visible()


def test_a_refusal_keeps_pictures_and_secrets_and_a_reload_shows_them(desk):
    fill(desk)
    desk.get_by_label("电话", exact=True).check()
    desk.locator("[name=login_account]").fill("desktest01")
    desk.locator("[name=login_password]").fill(PASSWORD)
    desk.locator("#field-screenshots").set_input_files(
        [picture(whole_screen()), picture(encode(draw_screen(900, 500)), "小图.png")]
    )
    desk.get_by_role("button", name="提交问题").click()
    expect(desk.locator(".error-summary")).to_be_focused()
    assert re.search(r"/desk/reports/drafts/[0-9a-f-]{36}$", desk.url)
    desk.reload()
    expect(desk.get_by_text("已填写（已加密保存）")).to_have_count(2)
    expect(desk.locator(".screenshot")).to_have_count(2)
    desk.locator("[name=id_number]").fill(id_number(seed=9))
    desk.get_by_label(re.compile("写明保留的原因")).fill("客户的旧上网本只有这么大")
    desk.get_by_role("button", name="提交问题").click()
    expect(desk.get_by_role("heading", name="念给客户听")).to_be_visible()


def test_pictures_are_pasted_into_the_slot(desk):
    desk.get_by_label("QQ", exact=True).check()
    desk.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], 'image.png', {type: 'image/png'}));
            document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
        }""",
        list(whole_screen()),
    )
    expect(desk.locator("[data-paste-slot]").first.locator(".screenshot")).to_contain_text("1366 × 768 像素")
    expect(desk.locator(".screenshot")).to_have_count(1)
    assert desk.evaluate("document.querySelector('#field-screenshots').files.length") == 0  # it is sent once
    desk.reload()
    expect(desk.locator(".screenshot")).to_have_count(1)


def test_a_form_waits_for_its_picture_and_brings_it_once(desk):
    fill(desk)
    desk.get_by_label("QQ", exact=True).check()
    held = []
    desk.route("**/desk/reports/drafts/*", lambda route: held.append(route), times=1)  # noqa: PLW0108
    desk.locator("#field-screenshots").set_input_files([picture(whole_screen())])
    until(desk, lambda: held)
    desk.locator("[name=institution]").fill("")
    desk.get_by_role("button", name="提交问题").click()
    expect(desk.locator("#live")).to_have_text("图片还在上传，传完后自动继续")
    held[0].continue_()
    expect(desk.locator(".error-summary")).to_be_focused()
    expect(desk.locator(".screenshot")).to_have_count(1)


def test_a_picture_that_did_not_get_through_goes_with_the_form(desk):
    fill(desk)
    desk.get_by_label("QQ", exact=True).check()
    desk.get_by_label("报错类", exact=True).check()
    desk.route("**/desk/reports/drafts/*", lambda route: route.abort(), times=1)
    desk.locator("#field-screenshots").set_input_files([picture(whole_screen())])
    expect(desk.get_by_text("没有传完，其他内容都在。提交时会再传一次")).to_be_visible()
    desk.locator("#field-error_detail_screenshots").set_input_files([picture(whole_screen(1920, 1080))])
    expect(desk.locator(".screenshot")).to_contain_text("1920 × 1080 像素")
    expect(desk.get_by_text("没有传完，其他内容都在。提交时会再传一次")).to_be_visible()
    desk.locator("[name=institution]").fill("")
    desk.get_by_role("button", name="提交问题").click()
    expect(desk.locator(".error-summary")).to_be_focused()
    expect(desk.locator(".screenshot")).to_have_count(2)


def test_the_whole_way_without_script(browser, live):
    context = browser.new_context(base_url=live.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("[name=username]").fill("agnes")
    page.locator("[name=password]").fill(password_of("agnes"))
    page.locator("main [type=submit]").click()
    page.goto("/desk/reports/new")
    fill(page)
    page.get_by_label("QQ", exact=True).check()
    page.locator("#field-screenshots").set_input_files([picture(whole_screen())])
    page.get_by_role("button", name=re.compile("^按所选的渠道")).click()
    expect(asked(page, "login_password").get_by_text("该渠道可不附")).to_be_visible()
    expect(page.locator("[name=institution]")).to_have_value(general_fields()["institution"])
    expect(page.locator(".screenshot")).to_have_count(1)
    page.get_by_role("button", name="提交问题").click()
    expect(page.get_by_role("heading", name="念给客户听")).to_be_visible()
    context.close()


@pytest.mark.parametrize("kind", ["general", "his"])
def test_the_blank_sheet_is_one_page_of_a4(page, kind):
    page.goto(f"/print/{kind}")
    assert serious_findings(page) == []
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4"))) == 1
