"""A clinic files a report in a real browser: with script and without, at a PC, with the keyboard and the clipboard."""

import base64
import gzip
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from tests.factories import reports
from tests.factories.pictures import crop_of_screen, photo_of_screen, scaled_screen, whole_screen
from tests.journeys.conftest import CLINIC_SCREEN, NOT_YET_AT_REST, PHONE_SCREEN
from tests.journeys.looks import fits, serious_findings

pytestmark = pytest.mark.browser

SITUATION = ("institution", "previous_system", "description")
IDENTITY = ("id_number", "patient_id_number", "inpatient_number", "login_account", "login_password")
_PASTE = """([data, types]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const transfer = new DataTransfer();
  if (types.includes('html')) transfer.items.add('<p>text</p>', 'text/html');
  transfer.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
  const event = new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: transfer });
  (document.activeElement || document.body).dispatchEvent(event);
}"""


def png(content, name="screen.png"):
    return {"name": name, "mimeType": "image/png", "buffer": content}


def paste(page, content, *types):
    page.evaluate(_PASTE, [base64.b64encode(content).decode(), list(types)])


def go_on(page, to):
    page.locator(".actions .button--primary").click()
    page.wait_for_url(f"**/{to}")


def fill(page, kind, names):
    fields = reports.general_fields() if kind == "general" else reports.his_fields()
    for name in names:
        if name in fields:
            page.locator(f"[name={name}]").fill(fields[name])


def to_screenshots(page, kind="general", symptom=None):
    page.goto(f"/report/{kind}")
    fill(page, kind, SITUATION)
    if symptom:
        page.get_by_role("radio", name=symptom).check()
        page.locator("[name=operation_steps]").fill("1. 打开随访表\n2. 点保存")
    go_on(page, "screenshots")


def until(page, is_true):
    """Wait for what only the test itself can see; a slow machine gets ten seconds."""
    for _ in range(500):
        if is_true():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it never came")


def ticket_of(live):
    with live.portal.runtime.database.read() as session:
        return session.scalars(select(Ticket)).one()


def assert_receipt(page, live):
    number = page.locator("#receipt-number").inner_text()
    assert number == ticket_of(live).number
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}", page.locator("#receipt-code").inner_text())


@pytest.fixture
def plain_page(browser, live):
    """A browser that runs no script."""
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN", java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_files_without_script(plain_page, live, kind):
    page = plain_page
    page.goto("/")
    page.locator(f"a[href='/report/{kind}']").click()
    expect(page.locator("[name=operation_steps]")).to_be_visible()
    page.locator(".button--primary").click()
    expect(page.locator(".error-summary")).to_contain_text("处需要修改")
    fill(page, kind, SITUATION)
    page.get_by_role("radio", name="报错类").check()
    page.locator("[name=operation_steps]").fill("1. 打开随访表\n2. 点保存")
    go_on(page, "screenshots")
    page.locator("[name=screenshots]").set_input_files(png(crop_of_screen()))
    page.get_by_role("button", name="上传图片").click()
    expect(page.locator("#field-screenshots-error")).to_contain_text("420 × 180 像素")
    page.locator("[name=screenshots]").set_input_files(png(whole_screen()))
    page.locator("[name=error_detail_screenshots]").set_input_files(png(photo_of_screen(), "photo.jpg"))
    page.get_by_role("button", name="上传图片").click()
    expect(page.locator(".screenshot")).to_have_count(2)
    expect(page.locator(".screenshot").first).to_contain_text("1366 × 768 像素，整屏，已收到")
    assert (
        page.locator(".screenshot img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 480
    )
    page.get_by_role("button", name="是整个屏幕").click()
    expect(page.locator("[data-needed]")).to_contain_text("已经齐了")
    go_on(page, "identity")
    fill(page, kind, IDENTITY)
    go_on(page, "check")
    assert "Invented#Pass" not in page.content()
    go_on(page, "receipt")
    assert_receipt(page, live)


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_files_with_pasted_pictures(page, live, kind):
    to_screenshots(page, kind, "报错类")
    paste(page, crop_of_screen())
    refusal = page.locator("#field-screenshots-error")
    expect(refusal).to_contain_text("至少 1000 × 560 像素")
    expect(page.locator("#live")).to_contain_text("420 × 180 像素")
    expect(page.locator(".screenshot")).to_have_count(0)
    paste(page, whole_screen(), "html")
    expect(refusal).to_have_count(0)
    expect(page.locator("[data-slot=screenshots] .screenshot")).to_contain_text("1366 × 768 像素，整屏，已收到")
    paste(page, whole_screen(1920, 1080))
    expect(page.locator("[data-slot=error_detail_screenshots] .screenshot")).to_contain_text("1920 × 1080 像素")
    go_on(page, "identity")
    fill(page, kind, IDENTITY)
    go_on(page, "check")
    go_on(page, "receipt")
    assert_receipt(page, live)
    with live.portal.runtime.database.read() as session:
        assert sorted(session.scalars(select(Screenshot.slot))) == ["error_detail_screenshots", "screenshots"]


def test_a_picture_smaller_than_this_screen_is_told_so(browser, live):
    """UX 0.1: the browser's own numbers go with every picture."""
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, screen={"width": 1920, "height": 1080})
    page = context.new_page()
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files(png(scaled_screen(), "small.jpg"))
    expect(page.locator(".screenshot--ask")).to_contain_text("您的屏幕是 1920 × 1080 像素")
    context.close()


def test_a_picture_that_is_asked_about_is_no_fault_and_goes_on_after_one_answer(page, live):
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files(png(photo_of_screen(), "photo.jpg"))
    expect(page.locator(".screenshot--ask")).to_contain_text("像是手机拍摄")
    page.locator(".actions .button--primary").click()
    asked = page.locator(".to-question")
    expect(asked).to_be_focused()
    expect(page.locator(".error-summary, .field__error, [aria-invalid]")).to_have_count(0)
    assert not page.title().startswith("有错误") and page.locator("main").inner_text().count("像是手机拍摄") == 1
    asked.get_by_role("link").press("Enter")
    expect(page.get_by_text("这张图是整个屏幕吗？").last).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="是整个屏幕")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".screenshot .received")).to_contain_text("2048 × 1536 像素，已确认是整屏")
    go_on(page, "identity")


def test_a_text_box_that_holds_text_keeps_the_paste_to_itself(page):
    page.goto("/report/general")
    page.evaluate("""() => {
      const input = document.createElement('input');
      input.id = 'box'; input.type = 'text'; input.value = '已经写了字'; document.body.appendChild(input);
    }""")
    to_screenshots(page)
    page.evaluate("""() => {
      const input = document.createElement('input');
      input.type = 'text'; input.value = '已经写了字'; document.body.appendChild(input); input.focus();
    }""")
    paste(page, whole_screen())
    expect(page.locator(".screenshot")).to_have_count(0)


def test_a_dropped_picture_is_taken(page):
    to_screenshots(page)
    page.evaluate(
        """(data) => {
          const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], 'x.png', { type: 'image/png' }));
          const slot = document.querySelector('[data-slot=screenshots]');
          slot.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
        }""",
        base64.b64encode(whole_screen()).decode(),
    )
    expect(page.locator(".screenshot")).to_contain_text("整屏，已收到")


def test_a_broken_line_is_tried_again_and_then_offers_a_retry(page):
    to_screenshots(page)
    paste(page, whole_screen())
    expect(page.locator(".screenshot").first).to_contain_text("已收到")
    page.clock.install()
    tries = []
    page.route("**/pictures", lambda route: (tries.append(1), route.abort()))
    paste(page, whole_screen(1920, 1080))
    second = page.locator(".screenshot").nth(1)
    for number, wait in enumerate((1000, 3000, 9000), 1):
        expect(second).to_contain_text("正在重新上传")
        assert len(tries) == number
        page.clock.run_for(wait // 2)  # the page's clock also goes on by itself
        assert len(tries) == number
        page.clock.run_for(wait // 2)
        until(page, lambda number=number: len(tries) > number)
    expect(second).to_contain_text("第 2 张没有传完，其他内容都在。")
    page.unroute("**/pictures")
    second.get_by_role("button", name="重试").click()
    expect(second).to_contain_text("1920 × 1080 像素，整屏，已收到")
    expect(second.get_by_role("button", name="重试")).to_be_hidden()


def test_continue_waits_for_a_picture_that_is_under_way(page):
    to_screenshots(page)
    held = []
    page.route("**/pictures", lambda route: held.append(route))  # noqa: PLW0108
    paste(page, whole_screen())
    expect(page.locator(".screenshot")).to_contain_text("正在")
    page.locator(".actions .button--primary").click()
    expect(page.locator("#live")).to_contain_text("传完后自动继续")
    held[0].continue_()
    page.wait_for_url("**/identity")


def test_fields_follow_the_symptom_and_keep_what_was_typed(page):
    page.goto("/report/general")
    steps = page.locator("[name=operation_steps]")
    expect(steps).to_be_hidden()
    page.get_by_role("radio", name="报错类").check()
    steps.fill("1. 打开")
    page.get_by_role("radio", name="表单空漏项").check()
    expect(steps).to_be_hidden()
    expect(page.locator("[name=blank_items]")).to_be_visible()
    page.get_by_role("radio", name="报错类").check()
    expect(steps).to_have_value("1. 打开")


def test_only_institution_and_system_are_remembered_on_this_computer(page):
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files(png(whole_screen()))
    expect(page.locator(".screenshot")).to_contain_text("已收到")
    go_on(page, "identity")
    fill(page, "general", IDENTITY)
    page.locator("[name=login_password]").blur()
    stored = page.evaluate("() => Object.assign({}, localStorage)")
    assert stored == {"portal.institution": "高唐县杨屯乡张四屯卫生室", "portal.previous_system": "浪潮系统"}
    go_on(page, "check")
    go_on(page, "receipt")
    page.goto("/report/his")
    expect(page.locator("[name=institution]")).to_have_value("高唐县杨屯乡张四屯卫生室")
    page.go_back()
    page.get_by_role("button", name="清除本机记录").click()
    page.wait_for_url(re.compile(r"/$"))
    assert page.evaluate("() => localStorage.length") == 0


def test_the_focus_goes_to_the_list_of_errors_and_from_there_to_the_field(page):
    page.goto("/report/general")
    page.locator(".button--primary").click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    expect(page.locator("[name=institution]")).to_be_focused()
    assert page.title().startswith("有错误：")


def test_back_after_a_mended_fault_shows_the_step_again(page):
    """The refused page is the answer to a post, which a browser cannot show a second time."""
    page.goto("/report/general")
    page.locator(".actions .button--primary").click()
    expect(page.locator(".error-summary")).to_be_visible()
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")
    page.go_back()
    page.wait_for_url("**/situation")
    expect(page.locator("[name=institution]")).to_have_value("高唐县杨屯乡张四屯卫生室")
    expect(page.locator("[name=previous_system]")).to_have_value("浪潮系统")
    expect(page.locator(".error-summary")).to_have_count(0)
    go_on(page, "screenshots")


def test_a_double_click_on_submit_gives_one_ticket(page, live):
    to_screenshots(page)
    paste(page, whole_screen())
    expect(page.locator(".screenshot")).to_contain_text("已收到")
    go_on(page, "identity")
    fill(page, "general", IDENTITY)
    go_on(page, "check")
    page.get_by_role("button", name="提交问题").dblclick(no_wait_after=True)
    page.wait_for_url("**/receipt")
    assert_receipt(page, live)
    page.go_back()
    page.wait_for_url("**/receipt")
    assert_receipt(page, live)


def test_the_first_field_and_the_button_are_seen_without_scrolling(page):
    def seen(selector):
        box = page.locator(selector).first.bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= CLINIC_SCREEN["height"], selector

    page.goto("/report/general")
    seen("[name=institution]")
    seen(".actions .button--primary")
    to_screenshots(page)
    seen("[name=screenshots]")
    seen(".actions .button--primary")
    page.goto(page.url.replace("screenshots", "identity"))
    seen("[name=id_number]")
    seen(".actions .button--primary")


@pytest.mark.parametrize(
    "viewport", [CLINIC_SCREEN, PHONE_SCREEN, {"width": 320, "height": 640}], ids=["pc", "phone", "320"]
)
def test_every_page_is_accessible_and_fits_its_screen(page, viewport):
    page.set_viewport_size(viewport)

    def check(where):
        page.wait_for_timeout(200)  # fades end
        assert serious_findings(page) == [], where
        assert fits(page), where

    page.goto("/")
    check("home")
    page.goto("/report/general")
    check("situation")
    page.locator(".actions .button--primary").click()
    expect(page.locator(".error-summary")).to_be_visible()
    check("situation with errors")
    to_screenshots(page, "general", "报错类")
    check("screenshots")
    paste(page, crop_of_screen())
    expect(page.locator("#field-screenshots-error")).to_be_visible()
    page.locator("[name=screenshots]").set_input_files(png(photo_of_screen(), "photo.jpg"))
    expect(page.locator(".screenshot--ask")).to_be_visible()
    check("screenshots with pictures")
    page.locator(".actions .button--primary").click()
    expect(page.locator(".error-summary")).to_be_visible()
    check("screenshots with errors")
    page.get_by_role("button", name="是整个屏幕").click()
    page.locator("[name=error_detail_screenshots]").set_input_files(png(whole_screen()))
    expect(page.locator("[data-slot=error_detail_screenshots] .screenshot")).to_contain_text("已收到")
    go_on(page, "identity")
    check("identity")
    page.locator(".actions .button--primary").click()
    expect(page.locator(".error-summary")).to_be_visible()
    check("identity with errors")
    fill(page, "general", IDENTITY)
    go_on(page, "check")
    check("check")
    go_on(page, "receipt")
    check("receipt")


def test_the_first_visit_is_light(page):
    """UX 8: at most 5 requests and 80 KB compressed, HTML 15 KB, CSS 15 KB, JS 25 KB; a next page 15 KB."""
    sizes = {}  # a file with its hash in the address is kept for a year
    seen = []

    def weigh(answer):
        if answer.status == 200 and answer.request.method == "GET":  # a redirect has no body
            seen.append(answer.url)
            sizes[answer.url] = len(gzip.compress(answer.body()))

    def scripts():
        return sum(size for url, size in sizes.items() if url.endswith(".js"))

    page.add_init_script(NOT_YET_AT_REST)
    page.on("response", weigh)
    page.goto("/report/general", wait_until="networkidle")
    assert len(seen) <= 5
    page.locator("[name=description]").press_sequentially("随访")  # what a step fetches late is weighed with it
    page.locator("[name=institution]").press_sequentially("高唐")
    until(page, lambda: all(any(url.endswith(name) for url in sizes) for name in ("/draft.js", "/suggestions.js")))
    page.wait_for_load_state("networkidle")
    assert sum(sizes.values()) <= 80 * 1024 and scripts() <= 25 * 1024
    for url, size in sizes.items():
        assert size <= 15 * 1024, url
    known = set(sizes)
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")
    page.wait_for_load_state("networkidle")
    new = {url: size for url, size in sizes.items() if url not in known}
    assert sum(new.values()) <= 18 * 1024, new
    assert new[page.url] <= 15 * 1024 and scripts() <= 25 * 1024


def test_the_enter_key_goes_on_and_never_deletes(page):
    """The browser presses the first button of a form; neither 删除 nor 重新填写 may be it."""
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files(png(photo_of_screen(), "photo.jpg"))
    page.get_by_role("button", name="是整个屏幕").click()
    expect(page.locator(".received")).to_be_visible()
    default = page.locator("form[data-pictures] [type=submit]").first
    assert default.get_attribute("value") == "next"
    default.evaluate("button => button.click()")
    page.wait_for_url("**/identity")
    page.goto("/report/general")
    expect(page.locator(".resume")).to_contain_text("上次填的内容还在")
    page.locator("[name=institution]").press("Enter")
    page.wait_for_url("**/screenshots")
    expect(page.locator(".screenshot")).to_have_count(1)


def test_starting_afresh_takes_two_steps(page):
    to_screenshots(page)
    page.goto("/report/general")
    button = page.get_by_role("button", name="删除并重新填写")
    expect(button).to_be_hidden()
    page.get_by_text("重新填写", exact=True).click()
    button.click()
    expect(page.locator("[name=description]")).to_have_value("")
    expect(page.locator(".resume")).to_have_count(0)
