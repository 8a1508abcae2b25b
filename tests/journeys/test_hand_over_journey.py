"""换用手机传图 with a PC and a phone: two browsers that share nothing but the code on the screen."""

import pytest
from playwright.sync_api import expect

from tests.factories.pictures import crop_of_screen, photo_of_screen, whole_screen
from tests.journeys.conftest import PHONE_SCREEN, live_portal
from tests.journeys.looks import fits, serious_findings
from tests.journeys.test_filing import IDENTITY, fill, go_on, png, to_screenshots

pytestmark = pytest.mark.browser


NAME = "http://portal.test"


@pytest.fixture
def live(sqlite_template, tmp_path):
    """A portal with a name: what listens on this machine only gets no code."""
    with live_portal(sqlite_template, tmp_path / "var", base_url=NAME) as made:
        yield made


@pytest.fixture
def phone(browser, live):
    """Somebody's phone."""
    context = browser.new_context(
        base_url=live.url, viewport=PHONE_SCREEN, locale="zh-CN", has_touch=True, is_mobile=True
    )
    context.set_default_timeout(10_000)
    made = context.new_page()
    errors = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    context.close()
    assert not errors, errors


def scanned(page):
    """The address in the code, as the PC's page got it."""
    with page.expect_response("**/hand-over") as answer:
        page.get_by_role("button", name="换用手机传图").click()
    expect(page.locator("[data-phone-qr]")).to_be_visible()
    return on_this_machine(answer.value.json()["address"])


def on_this_machine(address):
    """Phones know the portal by its name; the browsers of this test know only where it listens."""
    assert address.startswith(f"{NAME}/")
    return address.removeprefix(NAME)


def test_a_phone_sends_a_photo_to_the_page_on_the_pc(page, phone):
    to_screenshots(page)
    phone.goto(scanned(page))
    phone.get_by_role("button", name="开始传图").click()
    phone.wait_for_url("**/report/phone")
    phone.locator("[name=screenshots]").set_input_files(png(crop_of_screen()))
    refusal = phone.locator("#field-screenshots-error")
    expect(refusal).to_contain_text("420 × 180 像素")
    assert "PrtSc" not in phone.locator("main").inner_text()
    phone.locator("[name=screenshots]").set_input_files(png(photo_of_screen(), "photo.jpg"))
    expect(phone.locator(".screenshot")).to_contain_text("请在电脑上确认")
    expect(refusal).to_have_count(0)
    arrived = page.locator(".screenshot--ask")
    expect(arrived).to_contain_text("这张图是整个屏幕吗？", timeout=15_000)
    expect(arrived).to_contain_text("手机拍摄")
    expect(page.locator("[data-phone]")).to_contain_text("手机已连接")
    assert arrived.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 480
    page.get_by_role("button", name="是整个屏幕").click()
    expect(page.locator(".screenshot .received")).to_be_visible()
    go_on(page, "identity")
    fill(page, "general", IDENTITY)
    go_on(page, "check")
    go_on(page, "receipt")
    phone.reload()
    expect(phone.locator("body")).to_contain_text("链接已失效")


def test_a_second_phone_is_turned_away(page, phone, browser, live):
    to_screenshots(page)
    address = scanned(page)
    phone.goto(address)
    phone.get_by_role("button", name="开始传图").click()
    phone.wait_for_url("**/report/phone")
    with browser.new_context(base_url=live.url, viewport=PHONE_SCREEN) as context:
        other = context.new_page()
        other.goto(address)
        other.get_by_role("button", name="开始传图").click()
        expect(other.locator("body")).to_contain_text("链接已使用")


def test_the_page_on_the_pc_keeps_what_is_under_way_while_it_looks_for_the_phone(page, phone):
    """A look that comes between a picture's post and its answer must not show that picture twice."""
    to_screenshots(page)
    phone.goto(scanned(page))
    held = []
    page.route("**/pictures", lambda route: held.append(route))  # noqa: PLW0108
    page.locator("[name=screenshots]").set_input_files(png(whole_screen()))
    with page.expect_response("**/hand-over", timeout=15_000):
        pass
    held[0].continue_()
    expect(page.locator(".screenshot")).to_contain_text("已收到")
    with page.expect_response("**/hand-over", timeout=15_000):
        pass
    page.wait_for_timeout(200)
    expect(page.locator(".screenshot")).to_have_count(1)


def test_it_works_without_script_on_both_sides(browser, live):
    plain = {"base_url": live.url, "java_script_enabled": False, "locale": "zh-CN"}
    with browser.new_context(**plain) as desk, browser.new_context(**plain, viewport=PHONE_SCREEN) as hand:
        page, phone = desk.new_page(), hand.new_page()
        to_screenshots(page)
        page.get_by_role("button", name="换用手机传图").click()
        expect(page.locator("[data-phone-qr]")).to_be_visible()
        cookies = desk.cookies()
        with browser.new_context(base_url=live.url) as spare:
            spare.add_cookies(cookies)
            draft = page.url.split("/")[-2]
            address = on_this_machine(spare.request.get(f"/report/drafts/{draft}/hand-over").json()["address"])
        phone.goto(address)
        phone.get_by_role("button", name="开始传图").click()
        phone.locator("[name=screenshots]").set_input_files(png(whole_screen()))
        phone.get_by_role("button", name="上传图片").click()
        expect(phone.locator(".notice--good")).to_contain_text("已传 1 张")
        page.get_by_role("link", name="刷新").click()
        expect(page.locator(".screenshot")).to_contain_text("1366 × 768 像素，整屏，已收到")


@pytest.mark.parametrize("width", [320, 390])
def test_the_phones_pages_are_accessible_and_fit(page, phone, width):
    phone.set_viewport_size({"width": width, "height": 700})

    def check(where):
        assert serious_findings(phone) == [], where
        assert fits(phone), where

    to_screenshots(page)
    phone.goto(scanned(page))
    check("link")
    phone.get_by_role("button", name="开始传图").click()
    phone.wait_for_url("**/report/phone")
    check("empty")
    phone.locator("[name=screenshots]").set_input_files([png(crop_of_screen()), png(photo_of_screen(), "photo.jpg")])
    expect(phone.locator("#field-screenshots-error, .screenshot .received").first).to_be_visible()
    expect(phone.locator(".screenshot")).to_contain_text("请在电脑上确认")
    check("pictures")
    phone.reload()
    check("sent")
