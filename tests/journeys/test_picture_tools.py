"""标注 and 涂黑 in a real browser, by mouse, finger and keyboard; and the verdict before anything is sent."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from portal.screenshots import service
from portal.screenshots.inspection import InspectionLimits, inspect
from portal.screenshots.models import Screenshot
from tests.factories.clinic import stored_files
from tests.factories.pictures import crop_of_screen, draw_screen, encode, photo_of_screen, whole_screen
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, live_portal
from tests.journeys.looks import serious_findings
from tests.journeys.test_filing import go_on, paste, png, to_screenshots

pytestmark = pytest.mark.browser

RED = (224, 32, 32)
BLACK = (0, 0, 0)


def stored(live):
    """The one picture on the server, its row and its pixels."""
    runtime = live.portal.runtime
    with runtime.database.read() as session:
        row = session.scalars(select(Screenshot)).one()
        content = service.open_picture(session, runtime.vault, runtime.blobs, row)
    return row, Image.open(io.BytesIO(content)).convert("RGB")


def with_picture(page, content=None, name="screen.png"):
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files(png(content or whole_screen(), name))
    expect(page.locator(".screenshot[data-picture]")).to_contain_text("像素")
    return page.locator(".screenshot").get_attribute("data-picture")


def open_editor(page, tool):
    page.locator(".screenshot").get_by_role("button", name=tool).click()
    editor = page.locator("dialog.editor")
    expect(editor).to_be_visible()
    return editor


def finish(page, before):
    page.get_by_role("button", name="完成").click()
    expect(page.locator("dialog.editor")).to_have_count(0, timeout=15_000)
    expect(page.locator(f'.screenshot:not([data-picture="{before}"]) .received')).to_contain_text(
        re.compile("已收到|已确认"), timeout=15_000
    )


def drag(page, start, end):
    """From one place of the picture to another; both in shares of its sides."""
    frame = page.locator(".editor__image").bounding_box()
    points = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in (start, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=5)
    page.mouse.up()


def test_a_cover_by_mouse_is_black_on_the_server_at_unchanged_size(page, live):
    before = with_picture(page)
    original = stored(live)[1]
    open_editor(page, "涂黑")
    drag(page, (0.25, 0.25), (0.5, 0.5))
    finish(page, before)
    row, picture = stored(live)
    assert (row.width, row.height) == picture.size == original.size == (1366, 768)
    covered = picture.crop((345, 195, 680, 381))
    assert covered.getextrema() == ((0, 0),) * 3
    assert original.crop((345, 195, 680, 381)).getextrema() != ((0, 0),) * 3
    outside = (0, 0, 1366, 185)
    assert picture.crop(outside).tobytes() == original.crop(outside).tobytes()
    assert len(stored_files(live.portal)) == 1, "the original is gone"
    assert str(row.id) != before
    go_on(page, "identity")


def test_mark_and_cover_by_keyboard_alone(page, live):
    before = with_picture(page)
    button = page.locator(".screenshot").get_by_role("button", name="标注")
    button.focus()
    page.keyboard.press("Enter")
    live_region = page.locator("dialog.editor [role=status]")
    expect(page.locator("dialog.editor .editor__sheet")).to_be_focused()
    page.keyboard.press("Enter")
    expect(live_region).to_contain_text("已加红框 1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect(live_region).to_contain_text("左 520，上 307，宽 342，高 162 像素")
    page.keyboard.press("Enter")
    expect(live_region).to_contain_text("红框 1已放好")
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    expect(live_region).to_contain_text("已删除红框 2")
    for _ in range(8):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.dataset.tool") == "cover":
            break
    page.keyboard.press("Enter")
    page.locator(".editor__sheet").press("Enter")
    expect(live_region).to_contain_text("已加涂黑 2")
    for _ in range(30):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    for _ in range(8):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("'done' in document.activeElement.dataset"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(f'.screenshot:not([data-picture="{before}"]) .received')).to_contain_text(
        re.compile("已收到|已确认"), timeout=15_000
    )
    picture = stored(live)[1]
    assert picture.size == (1366, 768)
    assert [picture.getpixel(at) for at in ((520, 307), (861, 468), (522, 400))] == [RED] * 3
    assert picture.crop((512, 67, 854, 221)).getextrema() == ((0, 0),) * 3
    expect(page.locator(".screenshot").get_by_role("button", name="标注")).to_be_focused()


def test_undo_and_esc_leave_the_picture_as_it_was(page, live):
    before = with_picture(page)
    open_editor(page, "涂黑")
    drag(page, (0.1, 0.1), (0.3, 0.3))
    drag(page, (0.5, 0.5), (0.6, 0.6))
    expect(page.locator(".editor__box")).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(page.locator(".editor__box")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog.editor")).to_contain_text("刚才画的就不要了")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.editor")).to_have_count(0)
    assert str(stored(live)[0].id) == before
    open_editor(page, "标注")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.editor")).to_have_count(0)


def test_a_box_can_be_moved_and_resized_by_mouse_and_never_leaves_the_picture(page, live):
    before = with_picture(page)
    open_editor(page, "涂黑")
    drag(page, (0.2, 0.2), (0.3, 0.3))
    drag(page, (0.25, 0.25), (0.95, 0.95))
    grip = page.locator(".editor__grip").bounding_box()
    page.mouse.move(grip["x"] + 12, grip["y"] + 12)
    page.mouse.down()
    page.mouse.move(2000, 2000, steps=4)
    page.mouse.up()
    finish(page, before)
    picture = stored(live)[1]
    assert picture.getpixel((1365, 767)) == BLACK and picture.getpixel((1300, 720)) == BLACK
    assert picture.getpixel((300, 180)) != BLACK
    assert picture.size == (1366, 768)


def test_a_finger_covers_on_a_phone(browser, live):
    context = browser.new_context(
        base_url=live.url, viewport=PHONE_SCREEN, locale="zh-CN", has_touch=True, is_mobile=True
    )
    page = context.new_page()
    before = with_picture(page)
    page.locator(".screenshot").get_by_role("button", name="涂黑").tap()
    frame = page.locator(".editor__image").bounding_box()
    touch = page.context.new_cdp_session(page)
    places = [(frame["x"] + s * frame["width"], frame["y"] + s * frame["height"]) for s in (0.25, 0.4, 0.5)]
    for kind, (x, y) in zip(("touchStart", "touchMove", "touchMove"), places, strict=True):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".editor__box--cover")).to_have_count(1)
    finish(page, before)
    assert stored(live)[1].crop((360, 200, 660, 370)).getextrema() == ((0, 0),) * 3
    context.close()


def test_after_a_reload_the_editor_loads_the_picture_from_the_server(page, live):
    with_picture(page)
    page.reload()
    before = page.locator(".screenshot").get_attribute("data-picture")
    open_editor(page, "标注")
    drag(page, (0.25, 0.25), (0.75, 0.75))
    finish(page, before)
    assert stored(live)[1].getpixel((342, 400)) == RED


def test_an_edited_photo_keeps_its_tag_its_answer_and_its_size(page, live):
    before = with_picture(page, photo_of_screen(orientation=6), "photo.jpg")
    expect(page.locator(".screenshot--ask")).to_contain_text("手机拍摄")
    with page.expect_response("**/confirmation"):
        page.get_by_role("button", name="是整个屏幕").click()
    open_editor(page, "涂黑")
    drag(page, (0.4, 0.4), (0.6, 0.6))
    finish(page, before)
    expect(page.locator(".screenshot")).to_contain_text("手机拍摄")
    expect(page.locator(".screenshot .received")).to_contain_text("已确认是整屏")
    row, picture = stored(live)
    assert row.is_photo and row.is_confirmed and picture.size == (1536, 2048)
    assert max(picture.getpixel((768, 1024))) < 8
    go_on(page, "identity")


def test_an_edit_that_does_not_get_through_keeps_the_page_from_going_on(page, live):
    """Else the picture would be filed uncovered."""
    before = with_picture(page)
    open_editor(page, "涂黑")
    drag(page, (0.25, 0.25), (0.5, 0.5))
    page.context.set_offline(True)
    page.get_by_role("button", name="完成").click()
    broken = page.locator(".screenshot--failed")
    expect(broken).to_contain_text("网络断开")
    page.evaluate("document.querySelector('form[data-pictures]').requestSubmit()")
    expect(page.locator("#live")).to_contain_text("请先重试或删除")
    page.context.set_offline(False)
    expect(page.locator(f'.screenshot:not([data-picture="{before}"]) .received')).to_contain_text("已收到")
    assert stored(live)[1].getpixel((500, 300)) == BLACK
    go_on(page, "identity")


def test_the_editor_is_loaded_only_when_asked_for(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    with_picture(page)
    assert not [url for url in asked if "picture-editor" in url]
    open_editor(page, "标注")
    assert len([url for url in asked if "picture-editor" in url]) == 2


@pytest.mark.parametrize("viewport", [{"width": 1349, "height": 600}, {"width": 320, "height": 640}], ids=["pc", "320"])
def test_the_editor_is_accessible_and_fits(page, viewport):
    page.set_viewport_size(viewport)
    with_picture(page)
    editor = open_editor(page, "涂黑")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert serious_findings(page) == []
    box = editor.get_by_role("button", name="完成").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= viewport["width"] and box["height"] >= 44
    assert editor.evaluate("e => e.scrollWidth <= e.clientWidth")


# The verdict before anything is sent.


@pytest.mark.parametrize("size", [(420, 180), (999, 700), (1200, 540), (1366, 200), (500, 1300)])
def test_what_is_too_small_is_refused_at_once_in_the_servers_own_words(page, size):
    to_screenshots(page)
    posts = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    content = crop_of_screen(*size) if size[1] < 1000 else encode(draw_screen(1920, 1400).crop((7, 0, 507, 1300)))
    page.locator("[name=screenshots]").set_input_files(png(content))
    expect(page.locator("#field-screenshots-error")).to_have_text(
        "错误：" + inspect(content, hint=None, limits=InspectionLimits()).message
    )
    # The picture stays here; that one was refused, and why, is told for the figures in a few bytes.
    assert [address for address in posts if not address.endswith("/pictures/refusals")] == []


@pytest.mark.parametrize(("least", "is_kept"), [((1000, 560), True), ((1400, 800), False)])
def test_the_verdict_before_sending_follows_the_settings(browser, sqlite_template, tmp_path, least, is_kept):
    """PORTAL_MIN_SCREENSHOT: what one portal takes, the script of another refuses at once, in its server's words."""
    with live_portal(sqlite_template, tmp_path / "var", min_screenshot=least) as portal:
        screen = {"width": 1920, "height": 1080}
        context = browser.new_context(base_url=portal.url, viewport=CLINIC_SCREEN, screen=screen, locale="zh-CN")
        page = context.new_page()
        to_screenshots(page)
        posts = []
        page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        page.locator("[name=screenshots]").set_input_files(png(whole_screen(1024, 768)))
        if is_kept:
            expect(page.locator(".screenshot .received")).to_contain_text("1024 × 768 像素，")
        else:
            limits = InspectionLimits(min_width=least[0], min_height=least[1])
            message = inspect(whole_screen(1024, 768), hint=None, limits=limits).message
            assert "至少 1400 × 800 像素" in message
            expect(page.locator("#field-screenshots-error")).to_have_text("错误：" + message)
        assert any(address.endswith("/pictures") for address in posts) == is_kept
        context.close()


def test_the_small_screen_of_this_very_pc_goes_to_the_server(browser, live):
    """UX 0.1: only the server refuses what may be the reporter's own screen."""
    context = browser.new_context(
        base_url=live.url, screen={"width": 800, "height": 600}, viewport={"width": 800, "height": 500}
    )
    page = context.new_page()
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files(png(whole_screen(800, 600)))
    expect(page.locator(".screenshot")).to_contain_text("800 × 600 像素，整屏，已收到")
    context.close()


def test_a_bitmap_from_paint_goes_over_the_line_as_a_small_png(page, live):
    to_screenshots(page)
    bitmap = encode(draw_screen(), "BMP")
    with page.expect_request("**/pictures") as sent:
        page.locator("[name=screenshots]").set_input_files({"name": "a.bmp", "mimeType": "image/bmp", "buffer": bitmap})
    expect(page.locator(".screenshot")).to_contain_text("1366 × 768 像素，整屏，已收到")
    assert int(sent.value.all_headers()["content-length"]) < len(bitmap) / 10
    assert stored(live)[1].tobytes() == draw_screen().convert("RGB").tobytes()


def test_eight_at_once_are_six_and_a_clear_sentence(page):
    to_screenshots(page)
    page.locator("[name=screenshots]").set_input_files([png(whole_screen(seed=n), f"{n}.png") for n in range(1, 9)])
    expect(page.locator(".screenshot .received")).to_have_count(6)
    expect(page.locator("[data-slot-status]")).to_have_text("每处最多 6 张，后面 2 张没有添加")
    paste(page, whole_screen())
    expect(page.locator("[data-slot-status]")).to_have_text("每处最多 6 张，请先删除一张")
    page.locator(".screenshot").first.get_by_role("button", name="删除").click()
    expect(page.locator(".screenshot")).to_have_count(5)
    expect(page.locator(".screenshot").first).to_contain_text("附图 1：")
