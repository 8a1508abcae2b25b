"""`make pictures`: the form and the queue of a fresh demo, as a clinic's 1366×768 screen shows them."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from portal import demo
from portal.app import create_app
from portal.settings import load_settings
from tests.factories.live import launch, serving

HERE = Path(__file__).parent
SCREEN = {"width": 1349, "height": 768}


def main() -> None:
    """Write form.png and queue.png beside this file."""
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings({"PORTAL_DATA_DIR": name, "PORTAL_UPLOADS": f"{name}/uploads"})
        app = create_app(settings)
        passwords = demo.fill(app.state.runtime)
        with serving(app) as url, sync_playwright() as playwright, launch(playwright) as browser:
            _form(browser, url)
            _queue(browser, url, passwords["zhanggong"])


def _form(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport=SCREEN)
    page.goto(f"{url}/report/general")
    page.screenshot(path=HERE / "form.png")


def _queue(browser: Browser, url: str, password: str) -> None:
    page: Page = browser.new_page(viewport=SCREEN)
    page.goto(f"{url}/sign-in")
    page.fill("[name=username]", "zhanggong")
    page.fill("[name=password]", password)
    page.click("main button[type=submit], main button:not([type])")
    page.goto(f"{url}/queues/general?state=all")
    page.screenshot(path=HERE / "queue.png")


main()
