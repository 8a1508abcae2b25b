"""The line breaks, comes back, or crawls: nothing that was given is lost, and it is said what to do (UX 3, states)."""

import pytest
from playwright.sync_api import expect

from tests.factories.pictures import whole_screen
from tests.journeys.test_filing import SITUATION, fill, go_on, paste, png, to_screenshots, until

pytestmark = pytest.mark.browser


def test_a_picture_waits_for_the_line_and_then_goes_by_itself(page):
    to_screenshots(page)
    paste(page, whole_screen())
    expect(page.locator(".screenshot").first).to_contain_text("已收到")
    page.context.set_offline(True)
    paste(page, whole_screen(1920, 1080))
    waiting = page.locator(".screenshot").nth(1)
    expect(waiting).to_contain_text("网络断开，已填内容还在，恢复后点“重试”")
    expect(waiting.get_by_role("button", name="重试")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("网络断开")
    page.context.set_offline(False)
    expect(waiting).to_contain_text("1920 × 1080 像素，整屏，已收到")
    expect(page.locator(".screenshot").first).to_contain_text("1366 × 768 像素，整屏，已收到")
    expect(waiting.get_by_role("button", name="重试")).to_be_hidden()
    go_on(page, "identity")


def test_retry_pressed_while_the_line_is_still_down_keeps_the_picture(page):
    to_screenshots(page)
    page.context.set_offline(True)
    paste(page, whole_screen())
    item = page.locator(".screenshot")
    expect(item).to_contain_text("网络断开")
    item.get_by_role("button", name="重试").click()
    expect(item).to_contain_text("网络断开")
    page.context.set_offline(False)
    expect(item).to_contain_text("整屏，已收到")


def test_continue_does_not_run_past_a_picture_that_is_waiting(page):
    to_screenshots(page)
    paste(page, whole_screen())
    expect(page.locator(".screenshot").first).to_contain_text("已收到")
    page.context.set_offline(True)
    paste(page, whole_screen(1920, 1080))
    expect(page.locator(".screenshot--failed")).to_be_visible()
    page.locator(".actions .button--primary").click()
    expect(page.locator("#live")).to_contain_text("第 2 张还没有传完，请先重试或删除")
    told = page.locator(".actions [data-told]")  # beside the button that was pressed, wherever the page stands
    expect(told).to_contain_text("第 2 张没有传完，其他内容都在")
    expect(told.get_by_role("button", name="重试")).to_be_focused()
    expect(told.get_by_role("button", name="重试")).to_be_in_viewport()
    expect(page.locator(".screenshot--failed").get_by_role("button", name="重试")).to_be_visible()
    page.locator(".screenshot--failed").get_by_role("button", name="删除").click()
    expect(page.locator(".screenshot")).to_have_count(1)
    expect(told).to_be_hidden()
    page.context.set_offline(False)
    go_on(page, "identity")


def test_a_step_is_not_lost_to_the_browsers_own_error_page(page):
    page.goto("/report/general")
    fill(page, "general", SITUATION)
    page.context.set_offline(True)
    page.locator(".actions .button--primary").click()
    expect(page.locator(".offline")).to_have_text("网络断开，已填内容还在，恢复后再点“继续”")
    expect(page.locator("#live")).to_contain_text("网络断开")
    expect(page.locator("[name=institution]")).to_have_value("高唐县杨屯乡张四屯卫生室")
    page.context.set_offline(False)
    expect(page.locator(".offline")).to_have_count(0)
    go_on(page, "screenshots")


def test_a_slow_line_is_named_after_ten_seconds(page):
    to_screenshots(page)
    held = []
    page.route("**/pictures", lambda route: held.append(route))  # noqa: PLW0108
    page.clock.install()
    paste(page, whole_screen())
    item = page.locator(".screenshot")
    expect(item).to_contain_text("正在")
    until(page, lambda: held)
    expect(item).not_to_contain_text("网络较慢")
    page.clock.run_for(10_100)
    expect(item).to_contain_text("网络较慢，请不要关闭页面")
    expect(page.locator("#live")).to_contain_text("网络较慢")
    held[0].continue_()
    expect(item).to_contain_text("整屏，已收到")
    expect(item).not_to_contain_text("网络较慢")


def test_a_broken_picture_is_tried_again_without_touching_the_others(page):
    to_screenshots(page)
    tries = []

    def lose_the_second(route):
        tries.append(1)
        if len(tries) == 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/pictures", lose_the_second)
    page.locator("[name=screenshots]").set_input_files(
        [png(whole_screen(seed=1), "1.png"), png(whole_screen(1920, 1080), "2.png"), png(whole_screen(seed=3), "3.png")]
    )
    expect(page.locator(".screenshot .received")).to_have_count(3, timeout=15_000)
    assert len(tries) == 4
    page.reload()
    expect(page.locator(".screenshot")).to_have_count(3)
