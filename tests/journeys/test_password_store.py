"""What a Chromium of everyday use, without the switches of automation, would keep of what a clinic types.

It counts by itself how often it offered to keep a password (`Browser.getHistograms`).
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Playwright

from tests.factories.cast import password_of
from tests.factories.live import launch_options
from tests.factories.pictures import whole_screen
from tests.factories.reports import general_fields

pytestmark = pytest.mark.browser

_OFFERS = "PasswordBubble.DisplayDisposition"


class Everyday:
    """A browser with a profile of its own."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.browser.new_browser_cdp_session()

    def offers(self) -> int:
        """How often it has asked whether to keep a password."""
        self.page.wait_for_timeout(1500)
        counted = self.session.send("Browser.getHistograms", {"query": _OFFERS})["histograms"]
        return sum(each["count"] for each in counted)

    def without_script(self) -> None:
        own = self.page.context.new_cdp_session(self.page)
        own.send("Emulation.setScriptExecutionDisabled", {"value": True})


@contextmanager
def everyday_browser(playwright: Playwright, profile) -> Iterator[Everyday]:
    path = launch_options().get("executable_path") or playwright.chromium.executable_path
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command = [str(path), *flags, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{_port(profile)}")
        page = browser.contexts[0].new_page()
        page.set_default_timeout(10_000)
        yield Everyday(page)
        browser.close()
    finally:
        process.terminate()
        process.wait(10)


def _port(profile) -> str:
    told = profile / "DevToolsActivePort"
    for _ in range(300):
        if told.exists() and told.read_text():
            return told.read_text().split()[0]
        time.sleep(0.05)
    raise AssertionError("the browser did not start")


@pytest.fixture
def everyday(playwright, tmp_path):
    with everyday_browser(playwright, tmp_path / "profile") as made:
        yield made


def to_identity(page, url):
    """Fill the pages before the one that asks for secrets."""
    fields = general_fields()
    page.goto(f"{url}/report/general")
    for name in ("institution", "previous_system", "description"):
        page.locator(f"#field-{name}").fill(fields[name])
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/screenshots")
    page.locator('input[type="file"][name="screenshots"]').first.set_input_files(
        {"name": "1.png", "mimeType": "image/png", "buffer": whole_screen()}
    )
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/identity")


def fill_to_the_end(page, url):
    to_identity(page, url)
    fields = general_fields()
    for name in ("id_number", "login_account", "login_password"):
        page.locator(f"#field-{name}").press_sequentially(fields[name])
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/check")


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_it_offers_to_keep_nothing_of_a_report(live, everyday, has_script):
    if not has_script:
        everyday.without_script()
    fill_to_the_end(everyday.page, live.url)
    everyday.page.get_by_role("button", name="提交问题").click()
    everyday.page.wait_for_url("**/receipt")
    assert everyday.offers() == 0


def test_it_offers_to_keep_the_password_of_a_sign_in(live, everyday):
    """So the count above would have seen an offer."""
    everyday.page.goto(f"{live.url}/sign-in")
    everyday.page.locator("#field-username").press_sequentially("alice")
    everyday.page.locator("#field-password").press_sequentially(password_of("alice"))
    everyday.page.get_by_role("button", name="登录").click()
    everyday.page.wait_for_url("**/queues/**")
    assert everyday.offers() == 1


def test_a_reported_password_is_dotted_and_shown_by_its_button(live, page):
    to_identity(page, live.url)
    box = page.locator("#field-login_password")
    style = "box => [box.type, getComputedStyle(box).webkitTextSecurity]"
    assert box.evaluate(style) == ["text", "disc"]
    page.get_by_role("button", name="显示密码").click()
    assert box.evaluate(style) == ["text", "none"]
    page.get_by_role("button", name="隐藏密码").click()
    assert box.evaluate(style) == ["text", "disc"]


def test_where_it_cannot_be_dotted_it_is_a_password_box(live, page):
    page.add_init_script("""
        const known = CSS.supports;
        CSS.supports = (name, ...more) => name !== '-webkit-text-security' && known.call(CSS, name, ...more);
    """)
    to_identity(page, live.url)
    box = page.locator("#field-login_password")
    assert box.get_attribute("type") == "password"
    page.get_by_role("button", name="显示密码").click()
    assert box.get_attribute("type") == "text"
