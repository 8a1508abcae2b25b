"""A portal that listens, and a real Chromium in front of it.

`live` gives .url and .portal; `page` is a clinic's screen of 1366 x 768; `browser` makes more contexts.
"""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from portal.app import create_app
from tests.conftest import settings_in
from tests.factories.portals import Portal

# What is left of 1366 x 768 inside a maximised browser with a taskbar (UX 3).
CLINIC_SCREEN = {"width": 1349, "height": 600}
PHONE_SCREEN = {"width": 390, "height": 844}
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


@dataclass(frozen=True)
class Live:
    """A portal on a free port of this machine."""

    url: str
    portal: Portal


@pytest.fixture
def live(sqlite_template: Path, tmp_path: Path) -> Iterator[Live]:
    """The whole portal behind a real server, on SQLite."""
    folder = tmp_path / "var"
    shutil.copytree(sqlite_template, folder)
    settings = settings_in(folder)
    portal = Portal(create_app(settings), settings)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(portal.app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Live(f"http://127.0.0.1:{listener.getsockname()[1]}", portal)
        server.should_exit = True
        thread.join(10)
    portal.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys; each test gets contexts of its own."""
    with sync_playwright() as playwright:
        options: dict[str, Any] = {"executable_path": _CHROMIUM} if Path(_CHROMIUM).exists() else {}
        made = playwright.chromium.launch(chromium_sandbox=False, args=_FLAGS, **options)
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
