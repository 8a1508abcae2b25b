"""A portal that listens, and a real Chromium in front of it.

`live` gives .url and .portal; `page` is a clinic's screen of 1366 x 768; `browser` makes more contexts.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from portal.app import create_app
from tests.conftest import settings_in
from tests.factories.live import launch, serving
from tests.factories.portals import Portal

# What is left of 1366 x 768 inside a maximised browser with a taskbar (UX 3).
# What a page fetches once it is at rest does not belong to the visit, however slow the machine is.
NOT_YET_AT_REST = """const soon = window.setTimeout;
window.setTimeout = (act, wait, ...more) => (wait >= 1500 ? 0 : soon(act, wait, ...more));"""
CLINIC_SCREEN = {"width": 1349, "height": 600}
PHONE_SCREEN = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Live:
    """A portal on a free port of this machine."""

    url: str
    portal: Portal


def say_why(page: Page) -> None:
    """Give the reason that a page asks for before a picture."""
    page.get_by_label("查看原因").select_option("核对数据")
    page.get_by_role("button", name="打开附图（留记录）").click()


@pytest.fixture
def live(sqlite_template: Path, tmp_path: Path) -> Iterator[Live]:
    """The whole portal behind a real server, on SQLite."""
    with live_portal(sqlite_template, tmp_path / "var") as made:
        yield made


@contextmanager
def live_portal(sqlite_template: Path, folder: Path, **changed: Any) -> Iterator[Live]:
    """The same with some settings changed, by their names in `Settings`."""
    shutil.copytree(sqlite_template, folder)
    settings = replace(settings_in(folder), **changed)
    portal = Portal(create_app(settings), settings)
    with serving(portal.app) as url:
        yield Live(url, portal)
    portal.close()


# Two pictures that a form waits for, checked while the machine does other things, take longer than the usual 5 s.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The only one of a run: its loop holds the thread, where a second one cannot start."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all journeys; each test gets contexts of its own."""
    made = launch(playwright)
    yield made
    made.close()


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:
    """A page at a clinic; relative addresses are the portal's. A script error fails the test."""
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN")
    context.set_default_timeout(10_000)
    made = context.new_page()
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on(
        "console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None
    )
    yield made
    context.close()
    assert not errors, errors
