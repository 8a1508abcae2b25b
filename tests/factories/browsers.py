"""A browser without a network: it calls the application in the thread of the test."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
from fastapi import FastAPI


class PlainBrowser(httpx2.Client):
    """Cookies of its own; redirects are not followed unless asked for. An error of the portal is an answer, as outside.

    Starlette's test client starts a thread and an event loop for every request, which took a tenth of the run.
    """

    def __init__(self, app: FastAPI, address: str) -> None:
        super().__init__(
            transport=_InThread(app, address),
            base_url="http://portal.test",
            headers={"user-agent": "testclient"},
            follow_redirects=False,
        )


class _InThread(httpx2.BaseTransport):
    """Runs each request, background tasks included, to its end in the loop of this thread."""

    def __init__(self, app: FastAPI, address: str) -> None:
        self._asgi = httpx2.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        if not _is_loop_running():
            return self._run(request)
        with ThreadPoolExecutor(1) as other:  # Playwright keeps a loop running in the thread of a journey
            return other.submit(self._run, request).result()

    def _run(self, request: httpx2.Request) -> httpx2.Response:
        return _own.loop.run_until_complete(self._answer(request))

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._asgi.handle_async_request(request)
        content = b"".join([part async for part in answer.stream])
        return httpx2.Response(answer.status_code, headers=answer.headers, content=content)


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Own(threading.local):
    """An event loop for each thread that tests use."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        self.loop.close()


_own = _Own()
