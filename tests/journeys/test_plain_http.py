"""An intranet without TLS under a name of its own: no secure context, and everything works (UX 8)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories.live import launch_options
from tests.factories.pictures import whole_screen
from tests.journeys.conftest import CLINIC_SCREEN, Live
from tests.journeys.test_filing import IDENTITY, SITUATION, fill, go_on, paste

pytestmark = pytest.mark.browser


@pytest.fixture
def intranet(browser: Browser, live: Live) -> Iterator[Page]:
    """A page at http://clinic.test, which browsers do not trust as they trust this machine's own address."""
    options = launch_options("--host-resolver-rules=MAP clinic.test 127.0.0.1")
    made = browser.browser_type.launch(**options)
    page = made.new_page(base_url=live.url.replace("127.0.0.1", "clinic.test"), viewport=CLINIC_SCREEN, locale="zh-CN")
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    made.close()
    assert errors == []


def test_paste_pictures_and_copy_work_without_a_secure_context(intranet: Page) -> None:
    page = intranet
    page.goto("/report/general")
    assert page.evaluate("[isSecureContext, typeof navigator.clipboard]") == [False, "undefined"]
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")
    paste(page, whole_screen())
    expect(page.locator(".screenshot")).to_contain_text("1366 × 768 像素，整屏，已收到")
    tool = page.locator(".screenshot").get_by_role("button", name="涂黑")
    tool.click()
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    go_on(page, "identity")
    fill(page, "general", IDENTITY)
    go_on(page, "check")
    go_on(page, "receipt")
    code = page.locator("#receipt-code").inner_text()
    page.locator("[data-copy=receipt-code]").click()
    page.goto("/track")
    page.locator("[name=query_code]").focus()
    page.keyboard.press("Control+v")

    assert re.sub(r"\s", "", page.locator("[name=query_code]").input_value()) == code
