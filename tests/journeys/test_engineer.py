"""An engineer works through the queue in a real browser: by keyboard, with script and without, on a PC and a phone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories.cast import password_of
from tests.factories.reports import file_report, general_fields
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, Live, say_why
from tests.journeys.looks import fits, serious_findings

pytestmark = pytest.mark.browser
PASSWORD = general_fields()["login_password"]


def sign_in(page: Page, name: str = "alice") -> None:
    page.goto("/sign-in")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(password_of(name))
    page.locator("main [type=submit]").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))


def claim(page: Page, number: str) -> None:
    page.goto(f"/tickets/{number}")
    page.get_by_role("button", name="领取").click()
    expect(page.get_by_text("已领取，现在由您处理")).to_be_visible()


def secret(page: Page, label: str) -> Any:
    return page.locator("[data-secret]").filter(has_text=label).first


def test_an_engineer_walks_the_queue_with_keys(live: Live, page: Page) -> None:
    numbers = [file_report(live.portal.runtime).number for _ in range(3)]
    sign_in(page)
    page.goto("/queues/general")
    for key in "jjjjk":
        page.keyboard.press(key)
    expect(page.locator(":focus")).to_have_text(numbers[1])
    page.locator("[name=q]").focus()
    page.keyboard.type("jk")
    expect(page.locator("[name=q]")).to_be_focused()
    page.get_by_role("button", name="快捷键（?）").click()
    page.get_by_role("button", name="关闭快捷键").click()
    expect(page.locator("dialog")).not_to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("[data-row-link]:focus")).to_have_count(0)
    page.keyboard.press("?")
    page.get_by_role("button", name="打开快捷键").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{numbers[0]}")


def test_a_value_is_shown_in_place_and_masked_again(live: Live, page: Page) -> None:
    number = file_report(live.portal.runtime).number
    sign_in(page)
    page.clock.install()
    claim(page, number)
    row = secret(page, "密码")
    row.locator("summary").click()
    row.get_by_role("button", name="查看（留记录）").click()
    expect(row.get_by_text("请选择查看原因")).to_be_visible()
    row.locator("select").select_option("排查登录")
    row.get_by_role("button", name="查看（留记录）").click()
    expect(row.locator(".revealed__value")).to_have_text(PASSWORD)
    expect(row.get_by_text(re.compile(r"已记录本次查看。\d+ 秒后自动隐藏"))).to_be_visible()
    expect(row.get_by_role("button", name="复制")).to_be_focused()
    assert serious_findings(page) == []
    expect(secret(page, "账号").locator("select")).to_have_value("排查登录")
    assert PASSWORD not in page.url + page.title()
    page.clock.run_for(61_000)
    expect(row.locator(".revealed__value")).to_have_count(0)
    expect(row.locator(".sealed__value")).to_have_text("••••••••")
    assert PASSWORD not in page.content()


def test_without_script_a_value_has_a_page_of_its_own(live: Live, browser: Browser) -> None:
    number = file_report(live.portal.runtime).number
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    claim(page, number)
    row = secret(page, "密码")
    row.locator("summary").click()
    row.locator("select").select_option("复现问题")
    row.get_by_role("button", name="查看（留记录）").click()
    expect(page.get_by_text(PASSWORD)).to_be_visible()
    page.get_by_role("link", name="隐藏并返回").click()
    page.wait_for_url(f"**/tickets/{number}")
    assert PASSWORD not in page.content()
    context.close()


def test_a_picture_is_looked_at_by_keys(live: Live, page: Page) -> None:
    number = file_report(live.portal.runtime).number
    sign_in(page)
    page.goto(f"/tickets/{number}")
    page.get_by_role("link", name="打开（留记录）").click()
    say_why(page)
    picture = page.locator("[data-picture]")
    expect(picture).to_be_visible()
    assert 600 < picture.evaluate("img => img.decode().then(() => img.naturalWidth)") <= 1366
    assert picture.evaluate("img => img.getBoundingClientRect().bottom <= innerHeight")
    page.keyboard.press("+")
    page.wait_for_url("**/pictures/1?size=full")
    assert page.locator("[data-picture]").evaluate("img => img.getBoundingClientRect().width") == 1366
    page.keyboard.press("-")
    page.wait_for_url("**/pictures/1")


def test_a_broken_picture_says_so(live: Live, page: Page) -> None:
    number = file_report(live.portal.runtime).number
    for blob in live.portal.settings.data_dir.rglob("uploads/**/*"):
        if blob.is_file():
            blob.write_bytes(blob.read_bytes()[:-20])
    sign_in(page)
    page.goto(f"/tickets/{number}/pictures/1")
    say_why(page)
    expect(page.get_by_text("附图无法打开", exact=True)).to_be_visible()


@pytest.mark.parametrize("screen", [CLINIC_SCREEN, PHONE_SCREEN], ids=["pc", "phone"])
def test_staff_pages_have_no_serious_findings_and_do_not_scroll_sideways(
    live: Live, browser: Browser, screen: dict[str, int]
) -> None:
    numbers = [file_report(live.portal.runtime).number for _ in range(2)]
    context = browser.new_context(base_url=live.url, viewport=screen, locale="zh-CN")
    page = context.new_page()
    sign_in(page)
    claim(page, numbers[0])
    addresses = (
        "/queues/general", "/queues/general?channel=qq", f"/tickets/{numbers[0]}", f"/tickets/{numbers[1]}",
        f"/tickets/{numbers[0]}/pictures/1",
    )  # fmt: skip
    for address in addresses:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        assert serious_findings(page) == [], address
        assert fits(page), address
    page.goto(f"/tickets/{numbers[0]}")
    page.locator("label.work-tab", has_text="备注").click()
    page.get_by_role("button", name="保存备注").click()
    expect(page.get_by_role("alert").get_by_text("请填写备注")).to_be_visible()
    assert serious_findings(page) == []
    context.close()
