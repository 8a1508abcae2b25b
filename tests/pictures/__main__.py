"""`make pictures`: the form, the queue and the board of a fresh demo, as a screen of 1366×768 shows them."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from portal import demo, worker
from portal.app import create_app
from portal.settings import load_settings
from tests.factories.live import launch, serving

HERE = Path(__file__).parent
SCREEN = {"width": 1349, "height": 768}


def main() -> None:
    """Write the pictures beside this file."""
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings({"PORTAL_DATA_DIR": name, "PORTAL_UPLOADS": f"{name}/uploads"})
        app = create_app(settings)
        made = demo.fill(app.state.runtime, days=demo.HISTORY_DAYS, rounds=worker.work_round)
        assert made is not None
        with serving(app) as url, sync_playwright() as playwright, launch(playwright) as browser:
            take(browser, url, made.passwords)


def take(browser: Browser, url: str, passwords: dict[str, str]) -> None:
    """All pictures of a demo that is served."""
    page = browser.new_page(viewport=SCREEN, locale="zh-CN")
    page.goto(f"{url}/report/general")
    page.screenshot(path=HERE / "form.png")
    for name, path, picture in (
        ("zhanggong", "/queues/general?state=all", "queue"),
        ("zhuguan", "/desk/board", "board"),
    ):
        page = _signed_in(browser, url, name, passwords[name])
        page.goto(f"{url}{path}")
        page.screenshot(path=HERE / f"{picture}.png")


def _signed_in(browser: Browser, url: str, name: str, password: str) -> Page:
    page = browser.new_page(viewport=SCREEN, locale="zh-CN")
    page.goto(f"{url}/sign-in")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.click("main button[type=submit], main button:not([type])")
    page.wait_for_load_state()
    return page


if __name__ == "__main__":
    main()
