"""A portal that listens on a free port, and the Chromium that opens it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Playwright

_CHROMIUM = Path("/usr/bin/chromium")
# The same engine without the windows around it: the journeys cost half as much as in the whole browser.
_SHELL = Path("/usr/bin/chromium-headless-shell")
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The address at which the app answers, for the length of the block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium, also as root; of several the one that costs least."""
    shell = {"executable_path": _SHELL} if _SHELL.exists() else {}
    return playwright.chromium.launch(**{**launch_options(), **shell})


def launch_options(*flags: str) -> dict[str, Any]:
    """How the whole Chromium is started here, with its own store and more flags if need be."""
    executable = {"executable_path": _CHROMIUM} if _CHROMIUM.exists() else {}
    return {**executable, "chromium_sandbox": False, "args": [*_FLAGS, *flags]}
