"""Coroutines in tests, also in a thread where Playwright keeps a loop running once a journey has been there."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Own(threading.local):
    """An event loop for each thread that tests use."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        self.loop.close()


_own = _Own()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """To its end, in the loop of this thread or, if that is taken, of another."""
    if not _is_loop_running():
        return _own.loop.run_until_complete(work)
    with ThreadPoolExecutor(1) as other:
        return other.submit(run, work).result()


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
