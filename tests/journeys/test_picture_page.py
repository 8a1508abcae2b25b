"""第 2 步 in real browsers: what is missing is said, a refusal stays, a question is no fault, and a phone is told what
a phone can do.
"""

import base64
import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.factories.pictures import crop_of_screen, photo_of_screen, whole_screen
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, Live
from tests.journeys.looks import fits, serious_findings
from tests.journeys.test_filing import IDENTITY, assert_receipt, fill, go_on, paste, png, to_screenshots, until
from tests.journeys.test_slow_line import Wire

pytestmark = pytest.mark.browser
_DROP = """([type, data]) => {
  const transfer = new DataTransfer();
  transfer.setData(type, data);
  const slot = document.querySelector('[data-slot=screenshots]');
  slot.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""


@pytest.fixture
def phone(browser: Browser, live: Live) -> BrowserContext:
    """A phone: a finger, no mouse."""
    context = browser.new_context(
        base_url=live.url, viewport=PHONE_SCREEN, locale="zh-CN", has_touch=True, is_mobile=True
    )
    context.set_default_timeout(15_000)
    return context


def in_view(page: Page, selector: str) -> bool:
    """Whether all of it is above the bar with 继续."""
    bar = page.locator(".actions").bounding_box()
    box = page.locator(selector).bounding_box()
    assert bar and box
    return box["y"] >= 0 and box["y"] + box["height"] <= bar["y"] + 1


def test_the_page_says_what_is_missing_and_brings_it_into_view(page: Page) -> None:
    to_screenshots(page, "general", "报错类")
    needed = page.locator("[data-needed]")
    expect(needed).to_have_text("需要 2 张，还差 2 张：出问题时的整个屏幕、点击“详细信息”后的整个屏幕")
    paste(page, whole_screen())
    expect(needed).to_have_text("需要 2 张，还差 1 张：点击“详细信息”后的整个屏幕")
    assert in_view(page, "[data-slot=error_detail_screenshots] .pick:not(.at-phone)")
    page.reload()
    page.locator(".screenshot [data-edit=mark]").wait_for()
    assert in_view(page, "[data-slot=error_detail_screenshots] .pick:not(.at-phone)")
    paste(page, whole_screen(1920, 1080))
    expect(needed).to_have_text("需要 2 张，已经齐了")
    page.locator(".screenshot").nth(1).get_by_role("button", name="删除").click()
    expect(needed).to_contain_text("还差 1 张")


def test_no_button_speaks_for_the_browser(page: Page) -> None:
    """The native box says 未选择任何文件 after a good paste; ours lies under it and takes mouse, keys and files."""
    to_screenshots(page)
    box = page.locator("#field-screenshots")
    assert box.evaluate("input => getComputedStyle(input).opacity") == "0"
    box.focus()
    page.keyboard.press("Shift")
    ring = page.locator("label[for=field-screenshots]").evaluate("label => getComputedStyle(label).outlineStyle")
    assert ring == "solid"
    with page.expect_file_chooser() as chosen:
        page.locator("label[for=field-screenshots]").click(force=True)
    chosen.value.set_files(png(whole_screen()))
    expect(page.locator(".screenshot")).to_contain_text("已收到")


def test_three_crops_are_one_line_that_stays_until_a_good_one_comes(page: Page) -> None:
    to_screenshots(page)
    refusal = page.locator("#field-screenshots-error")
    page.locator("[name=screenshots]").set_input_files([png(crop_of_screen())] * 3)
    expect(refusal).to_contain_text("420 × 180 像素")
    expect(page.locator(".screenshot")).to_have_count(0)
    expect(page.locator(".field__error")).to_have_count(1)
    page.locator(".actions .button--primary").click()
    expect(page.locator(".error-summary")).to_contain_text("420 × 180 像素")
    expect(page.locator("main")).not_to_contain_text("请添加整屏截图")
    page.goto(page.url)
    expect(refusal).to_contain_text("420 × 180 像素")
    paste(page, crop_of_screen(900, 500))
    expect(refusal).to_contain_text("900 × 500 像素")
    paste(page, whole_screen())
    expect(page.locator(".screenshot")).to_contain_text("附图 1：1366 × 768 像素，整屏，已收到")
    expect(page.locator(".field__error, .error-summary")).to_have_count(0)
    page.reload()
    expect(page.locator(".screenshot")).to_contain_text("附图 1")
    expect(page.locator(".field__error")).to_have_count(0)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("text/uri-list", "http://chat.example/picture.png"), ("text/html", "<img src=x>"), ("text/plain", "一段文字")],
)
def test_a_drop_without_a_file_says_what_to_do(page: Page, kind: str, data: str) -> None:
    to_screenshots(page)
    page.evaluate(_DROP, [kind, data])
    expect(page.locator("[data-slot=screenshots] [data-slot-status]")).to_contain_text("拖来的是链接或文字")
    expect(page.locator("#live")).to_contain_text("请先把图片保存到电脑")


def test_a_running_upload_can_be_stopped(page: Page, live: Live) -> None:
    to_screenshots(page)
    held: list[Route] = []
    page.route("**/pictures", lambda route: held.append(route))  # noqa: PLW0108
    paste(page, whole_screen())
    cancel = page.get_by_role("button", name="取消")
    cancel.click()
    expect(page.locator(".screenshot")).to_have_count(0)
    expect(page.locator("#live")).to_have_text("已取消上传")
    page.unroute("**/pictures")
    page.locator(".actions .button--primary").click()
    expect(page.locator(".error-summary")).to_contain_text("请添加整屏截图")
    assert live.portal.runtime.database.is_reachable()


def test_what_did_not_get_through_is_told_above_the_button(page: Page) -> None:
    to_screenshots(page, "general", "报错类")
    paste(page, whole_screen())
    expect(page.locator(".screenshot")).to_contain_text("已收到")
    page.context.set_offline(True)
    paste(page, whole_screen(1920, 1080))
    told = page.locator("[data-told]")
    expect(told).to_contain_text("第 2 张没有传完")
    page.evaluate("scrollTo(0, 0)")
    assert 0 <= (told.bounding_box() or {"y": -1})["y"] < CLINIC_SCREEN["height"]
    page.evaluate("document.querySelector('form[data-pictures]').requestSubmit()")
    expect(told.get_by_role("button", name="重试")).to_be_focused()
    page.context.set_offline(False)
    expect(page.locator(".screenshot").nth(1)).to_contain_text("1920 × 1080 像素，整屏，已收到")
    expect(told).to_be_hidden()


def test_another_picture_instead_of_an_answer(page: Page) -> None:
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files(png(photo_of_screen(), "photo.jpg"))
    page.get_by_role("button", name="重新截").click()
    expect(page.locator(".screenshot")).to_have_count(0)
    expect(page.locator("#field-screenshots")).to_be_focused()
    paste(page, whole_screen())
    go_on(page, "identity")


def test_a_phone_files_with_its_camera_and_no_word_of_a_keyboard(phone: BrowserContext, live: Live) -> None:
    """At 400 kbit/s and a quarter of the speed."""
    page = phone.new_page()
    page.goto("/report/general")
    wire = Wire(page)
    wire.slow_down()
    to_screenshots(page)
    words = page.locator("body").inner_text()
    for word in ("PrtSc", "Ctrl", "拖到", "键盘", "换用手机传图", "画图"):
        assert word not in words, word
    for word in ("拍照", "从相册选", "四个角都拍到", "怎么拍"):
        assert word in words, word
    camera = page.locator("#field-screenshots-camera")
    assert camera.get_attribute("capture") == "environment"
    camera.set_input_files(png(crop_of_screen(), "crop.jpg"))
    expect(page.locator("#field-screenshots-error")).to_contain_text("420 × 180 像素")
    assert "PrtSc" not in page.locator("body").inner_text()
    camera.set_input_files(png(photo_of_screen(), "photo.jpg"))
    expect(page.locator(".asking__words")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="重新拍")).to_be_visible()
    assert "PrtSc" not in page.locator("body").inner_text()
    assert serious_findings(page) == []
    page.get_by_role("button", name="是整个屏幕").tap()
    expect(page.locator(".screenshot .received")).to_contain_text("已确认是整屏")
    go_on(page, "identity")
    fill(page, "general", IDENTITY)
    go_on(page, "check")
    go_on(page, "receipt")
    assert_receipt(page, live)
    phone.close()


def test_a_phone_without_script_has_the_same_two_buttons(browser: Browser, live: Live) -> None:
    with browser.new_context(
        base_url=live.url, viewport=PHONE_SCREEN, has_touch=True, is_mobile=True, java_script_enabled=False
    ) as context:
        page = context.new_page()
        to_screenshots(page)
        page.locator("#field-screenshots-camera").set_input_files(png(crop_of_screen(), "photo.jpg"))
        page.get_by_role("button", name="上传图片").tap()
        refusal = page.locator("#field-screenshots-error")
        expect(refusal).to_contain_text("420 × 180 像素")
        expect(refusal).to_contain_text("请横着拍下整个屏幕")
        assert "PrtSc" not in refusal.inner_text()
        page.locator("#field-screenshots").set_input_files(png(photo_of_screen(), "photo.jpg"))
        page.get_by_role("button", name="上传图片").tap()
        page.get_by_role("button", name="是整个屏幕").tap()
        expect(page.locator(".screenshot")).to_contain_text("已确认是整屏")


@pytest.mark.parametrize("photo", [(2048, 1536), (1536, 2048)])
def test_no_answer_moves_while_the_picture_loads(phone: BrowserContext, photo: tuple[int, int]) -> None:
    """A finger that comes down meanwhile would miss it."""
    page = phone.new_page()
    to_screenshots(page)
    width, height = photo
    page.locator("#field-screenshots").set_input_files(png(photo_of_screen(width=width, height=height), "photo.jpg"))
    yes = page.get_by_role("button", name="是整个屏幕")
    yes.wait_for()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/thumbnail", hold)
    page.reload()
    yes.scroll_into_view_if_needed()
    until(page, lambda: held)
    before = yes.bounding_box()
    held[0].continue_()
    page.wait_for_function("() => document.querySelector('.screenshot--ask img').complete")
    page.wait_for_timeout(50)
    assert yes.bounding_box() == before


@pytest.mark.parametrize("width", [320, 390, 1349])
def test_question_and_refusal_are_accessible_and_fit(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    to_screenshots(page, "general", "报错类")
    page.locator("[name=screenshots]").set_input_files(png(photo_of_screen(), "photo.jpg"))
    page.locator("[name=error_detail_screenshots]").set_input_files(png(crop_of_screen()))
    expect(page.locator(".screenshot--ask")).to_be_visible()
    expect(page.locator("#field-error_detail_screenshots-error")).to_be_visible()
    page.wait_for_timeout(200)
    assert serious_findings(page) == []
    assert fits(page)
    for button in page.locator(".screenshot--ask button:visible, .pick:visible").all():
        box = button.bounding_box()
        assert box and box["height"] >= 44


def test_the_picture_that_is_asked_about_is_large(page: Page) -> None:
    to_screenshots(page)
    paste(page, base64.b64decode(base64.b64encode(photo_of_screen())))
    image = page.locator(".screenshot--ask img")
    box = image.bounding_box()
    assert box and box["width"] >= 300
    expect(page.locator(".screenshot--ask [data-line]")).not_to_have_class(re.compile("received"))
