"""Around every request: an id, security headers, and a log line without values."""

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.web.links import link_prefixes
from portal.web.log_output import loggable

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PICTURE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
YEAR = "public, max-age=31536000, immutable"
_logger = logging.getLogger("portal.access")


def _harmless(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header field that costs little to read: cookies without backslashes, which the portal never sets.

    `http.cookies` of Python before 3.11.10 (CVE-2024-7592) takes quadratic time for a quoted value full of them.
    """
    return name, value.replace(b"\\", b"") if name == b"cookie" else value


class RequestFrame:
    """Pure ASGI, so that bodies stream through unchanged. An unexpected error ends here: servers would log its text."""

    def __init__(self, app: ASGIApp, is_https: bool, on_error: Callable[[Request, Exception], Response]) -> None:
        self.app = app
        self.on_error = on_error
        self.links: tuple[str, ...] | None = None  # set by the first request, when all routes exist
        self.headers = [
            (b"x-content-type-options", b"nosniff"),
            # Not no-referrer: browsers then post forms with `Origin: null`, and the origin check would refuse them.
            (b"referrer-policy", b"same-origin"),
            (b"x-frame-options", b"DENY"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]
        if is_https:
            self.headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        scope = {**scope, "headers": [_harmless(name, value) for name, value in scope["headers"]]}
        if is_head:
            scope["method"] = "GET"  # the same guard and the same headers as the page, without its body
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._framed(list(message.get("headers", [])), request_id)
            elif is_head:
                message["body"] = b""
            await send(message)

        try:
            await self.app(scope, receive, framed)
        except Exception as error:
            response = self.on_error(Request(scope, receive), error)
            if not status:
                await response(scope, receive, framed)
        finally:
            held: ExitStack = scope["state"].get("held", ExitStack())
            held.close()  # what the request's body took of this process
            self._log(scope, status, time.perf_counter() - started, request_id)

    def _framed(self, headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in headers}
        own = [
            *self.headers,
            (b"content-security-policy", PAGE_POLICY.encode()),
            (b"cache-control", b"no-store, private"),
            (b"x-request-id", request_id.encode()),
        ]
        return headers + [(name, value) for name, value in own if name not in present]

    def _log(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        # The path without its query: no typed value reaches a log (SECURITY A-14, D-15).
        if self.links is None:
            self.links = link_prefixes(scope["app"].routes)
        path = loggable(scope["path"])
        path = next((start + "…" for start in self.links if path.startswith(start)), path)
        _logger.info("%s %s %s %d %.0fms", request_id, scope["method"], path, status, seconds * 1000)
