"""涂黑 in a real browser: by mouse, by finger, by numbers without script; and a lead's blurred preview."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from portal.acts.table import CLAIM
from portal.screenshots.models import PictureRedaction
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.reports import file_report
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, Live, say_why
from tests.journeys.looks import fits, serious_findings
from tests.journeys.test_engineer import sign_in

pytestmark = pytest.mark.browser


def claimed(live: Live) -> str:
    """A ticket in alice's hands."""
    runtime = live.portal.runtime
    number = file_report(runtime).number
    with runtime.database.transaction() as session:
        perform(session, runtime, actor(runtime, "alice"), CLAIM, number, 1)
    return number


def boxes(live: Live) -> list[tuple[int, int, int, int]]:
    with live.portal.runtime.database.read() as session:
        return [cover.box for cover in session.scalars(select(PictureRedaction).order_by(PictureRedaction.made_at))]


def pixel(page: Page, x: float, y: float) -> list[int]:
    """Red, green and blue of the shown picture at a share of its width and height."""
    script = """([x, y]) => {
      const image = document.querySelector("[data-picture]");
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      return Array.from(context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data).slice(0, 3);
    }"""
    found: list[int] = page.evaluate(script, [x, y])
    return found


def loaded(page: Page) -> None:
    page.locator("[data-picture]").evaluate("image => image.decode()")


def test_an_engineer_covers_a_region_with_the_mouse(live: Live, page: Page, browser: Browser) -> None:
    number = claimed(live)
    sign_in(page, "alice")
    page.goto(f"/tickets/{number}/pictures/1")
    say_why(page)
    loaded(page)
    page.get_by_role("button", name="在图上涂黑").click()
    shown = page.locator("[data-picture]").bounding_box()
    assert shown is not None
    page.mouse.move(shown["x"] + shown["width"] * 0.5, shown["y"] + shown["height"] * 0.6)
    page.mouse.down()
    page.mouse.move(shown["x"] + shown["width"] * 0.3, shown["y"] + shown["height"] * 0.3, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="涂黑这里")).to_be_focused()
    assert serious_findings(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("[data-cover] strong")).to_be_visible()
    expect(page.get_by_role("button", name="停止涂黑")).to_be_visible()  # goes on with the next region
    [box] = boxes(live)
    wanted = (0.3 * 1366, 0.3 * 768, 0.2 * 1366, 0.3 * 768)
    assert all(abs(got - expected) <= 4 for got, expected in zip(box, wanted, strict=True)), box
    expect(page.locator(".cover-box--kept")).to_have_count(1)
    loaded(page)
    assert max(pixel(page, 0.4, 0.45)) > 60
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN)
    other = context.new_page()
    sign_in(other, "bob")
    other.goto(f"/tickets/{number}/pictures/1")
    say_why(other)
    loaded(other)
    assert max(pixel(other, 0.4, 0.45)) < 60
    expect(other.get_by_text("有 1 处已涂黑")).to_be_visible()
    expect(other.get_by_role("button", name="涂黑")).to_have_count(0)
    context.close()
    page.get_by_role("button", name=re.compile("移除")).click()
    expect(page.locator("[data-cover] strong")).to_have_count(0)
    assert boxes(live) == []


def test_a_slip_of_the_hand_covers_nothing(live: Live, page: Page) -> None:
    number = claimed(live)
    sign_in(page, "alice")
    page.goto(f"/tickets/{number}/pictures/1?size=full")
    say_why(page)
    loaded(page)
    page.get_by_role("button", name="在图上涂黑").click()
    page.locator(".cover-layer").click(position={"x": 50, "y": 50})
    expect(page.get_by_label("左")).to_have_value("")
    page.get_by_label("左").fill("10")
    page.get_by_label("上").fill("20")
    page.get_by_label("宽").fill("30")
    page.get_by_label("高").fill("40")
    expect(page.locator(".cover-box--new")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="在图上涂黑")).to_have_attribute("aria-pressed", "false")


def test_a_finger_draws_on_a_phone(live: Live, browser: Browser) -> None:
    number = claimed(live)
    context = browser.new_context(base_url=live.url, viewport=PHONE_SCREEN, has_touch=True, locale="zh-CN")
    page = context.new_page()
    sign_in(page, "alice")
    page.goto(f"/tickets/{number}/pictures/1")
    say_why(page)
    loaded(page)
    page.get_by_role("button", name="在图上涂黑").click()
    layer = page.locator(".cover-layer--drawing")
    layer.scroll_into_view_if_needed()
    shown = layer.bounding_box()
    assert shown is not None
    touch = context.new_cdp_session(page)

    def at(x: float, y: float) -> list[dict[str, float]]:
        return [{"x": shown["x"] + shown["width"] * x, "y": shown["y"] + shown["height"] * y}]

    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at(0.2, 0.2)})
    touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at(0.5, 0.6)})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.get_by_role("button", name="涂黑这里").click()
    expect(page.locator("[data-cover] strong")).to_be_visible()
    [box] = boxes(live)
    wanted = (0.2 * 1366, 0.2 * 768, 0.3 * 1366, 0.4 * 768)
    assert all(abs(got - expected) <= 6 for got, expected in zip(box, wanted, strict=True)), box
    assert fits(page)
    assert serious_findings(page) == []
    context.close()


def test_numbers_do_without_script(live: Live, browser: Browser) -> None:
    number = claimed(live)
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "alice")
    page.goto(f"/tickets/{number}/pictures/1")
    say_why(page)
    expect(page.get_by_role("button", name="在图上涂黑")).to_have_count(0)
    for label, value in (("左", "9999"), ("上", "20"), ("宽", "30"), ("高", "40")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="涂黑这里").click()
    expect(page.get_by_role("alert")).to_contain_text("涂黑的范围不在附图里")
    page.get_by_label("左", exact=True).fill("10")
    page.get_by_role("button", name="涂黑这里").click()
    expect(page.get_by_text("左 10、上 20、宽 30、高 40")).to_be_visible()
    assert boxes(live) == [(10, 20, 30, 40)]
    page.get_by_role("button", name=re.compile("移除")).click()
    assert boxes(live) == []
    context.close()


@pytest.mark.parametrize("screen", [CLINIC_SCREEN, PHONE_SCREEN], ids=["pc", "phone"])
def test_a_lead_and_an_engineer_see_blurred_previews(live: Live, browser: Browser, screen: dict[str, int]) -> None:
    number = claimed(live)
    for name, address in (("leo", f"/review/tickets/{number}"), ("bob", f"/tickets/{number}")):
        context = browser.new_context(base_url=live.url, viewport=screen)
        page = context.new_page()
        sign_in(page, name)
        page.goto(address)
        preview = page.get_by_alt_text("附图 1 的模糊预览，看不清内容")
        preview.scroll_into_view_if_needed()
        assert preview.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160
        assert fits(page)
        assert serious_findings(page) == []
        context.close()
