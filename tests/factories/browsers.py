"""A browser without a network: it calls the application in the thread of the test."""

import httpx2
from fastapi import FastAPI

from tests.factories import loops


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
    """Runs each request, background tasks included, to its end."""

    def __init__(self, app: FastAPI, address: str) -> None:
        self._asgi = httpx2.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        return loops.run(self._answer(request))

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._asgi.handle_async_request(request)
        content = b"".join([part async for part in answer.stream])
        return httpx2.Response(answer.status_code, headers=answer.headers, content=content)
