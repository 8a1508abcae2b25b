"""Receives a posted body: cut when it comes too slowly, counted over all connections.

Small bodies wait in memory until they are whole; what exceeds that waits on disk, encrypted with a key that only this
process's memory holds: no plaintext of an upload ever touches the disk.
"""

import asyncio
import logging
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Protocol

from starlette.requests import Request

from portal.errors import PortalError

MB = 1024 * 1024
MAX_SECONDS = 600  # 2 KB a second is enough for a screenshot; an endless slow body is cut off (SECURITY F18)
WINDOW_SECONDS = 20
LEAST_PER_WINDOW = 20 * 1024  # a body that brings less within a window is cut
IN_MEMORY = 16 * MB  # of all bodies that are not whole yet
IN_MEMORY_EACH = MB
IN_ALL = 512 * MB
LARGE = 12 * MB  # more than a few screenshots: such bodies leave room for smaller ones
LARGE_IN_ALL = 384 * MB
AT_WORK = 32 * MB  # of smaller bodies that are whole and being answered; one large one at a time beside them
TURN_SECONDS = 20
_FLUSH = 256 * 1024
_logger = logging.getLogger("portal.receiving")


class BodyTooLargeError(PortalError):
    """More bytes than allowed; reading stopped at the limit."""

    status = 413

    def __init__(self) -> None:
        super().__init__("一次提交的内容太大。请分几次添加图片，每张不超过 10 MB")


class BusyError(PortalError):
    """Too many bytes are being received or worked on; nothing of this body was kept."""

    status = 503
    retry_after = 15

    def __init__(self) -> None:
        super().__init__("现在提交的人太多，内容没有收下。请过半分钟再提交一次")


class StreamCipher(Protocol):
    """Encrypts one stream with a key of its own."""

    @property
    def encrypt(self) -> Callable[[bytes], bytes]: ...

    def decryption(self) -> Callable[[bytes], bytes]: ...


class BodiesInFlight:
    """Counts the bytes of all bodies of this process."""

    def __init__(self, folder: Path, new_cipher: Callable[[], StreamCipher]) -> None:
        self.folder = folder
        self.new_cipher = new_cipher
        self.in_memory = 0
        self.in_all = 0
        self._at_work = 0
        self._has_large = False
        self._lock = threading.Lock()
        self._told_at = -3600.0

    def add(self, amount: int, size: int, *, in_memory: int) -> None:
        """Count `amount` more bytes of a body that has `size` with them.

        Raises:
            BusyError: over the ceiling.
        """
        with self._lock:
            if amount > 0 and self.in_all + amount > (LARGE_IN_ALL if size > LARGE else IN_ALL):
                self._tell()
                raise BusyError
            self.in_all += amount
            self.in_memory += in_memory

    @contextmanager
    def turn(self, size: int) -> Iterator[None]:
        """Holds the memory of a whole body while it is answered.

        Raises:
            BlockingIOError: not now.
        """
        with self._lock:
            is_large = size > LARGE
            if self._has_large if is_large else self._at_work and self._at_work + size > AT_WORK:
                raise BlockingIOError
            if is_large:
                self._has_large = True
            else:
                self._at_work += size
        try:
            yield
        finally:
            with self._lock:
                if is_large:
                    self._has_large = False
                else:
                    self._at_work -= size

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told_at > 600:
            self._told_at = now
            _logger.warning("同时上传的内容到了上限 (ceiling of bodies in flight reached): %d MB", self.in_all // MB)


class _Body:
    """One body while it arrives."""

    def __init__(self, all_bodies: BodiesInFlight) -> None:
        self.size = 0
        self._all = all_bodies
        self._pending: list[bytes] = []
        self._held = 0
        self._spool: IO[bytes] | None = None
        self._cipher = all_bodies.new_cipher()

    async def add(self, chunk: bytes) -> None:
        self._all.add(len(chunk), self.size + len(chunk), in_memory=len(chunk))
        self.size += len(chunk)
        self._held += len(chunk)
        self._pending.append(chunk)
        if self._spool is None:
            is_full = self._held > IN_MEMORY_EACH or self._all.in_memory > IN_MEMORY
        else:
            is_full = self._held > _FLUSH
        if is_full:
            await asyncio.to_thread(self._flush)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The whole body, once."""
        if self._spool is not None:
            self._spool.seek(0)
            decrypt = self._cipher.decryption()
            while chunk := await asyncio.to_thread(self._spool.read, _FLUSH):
                yield decrypt(chunk)
        while self._pending:
            yield self._pending.pop(0)

    def close(self) -> None:
        self._all.add(-self.size, 0, in_memory=-self._held)
        self._pending.clear()
        if self._spool is not None:
            self._spool.close()

    def _flush(self) -> None:
        data = b"".join(self._pending)
        try:
            if self._spool is None:
                self._spool = tempfile.TemporaryFile(dir=self._all.folder)  # noqa: SIM115  (nameless; closed with the body)
            self._spool.write(self._cipher.encrypt(data))
        except OSError as error:
            raise PortalError("存储空间不足，内容没有收下，请稍后再试", 507) from error
        self._pending.clear()
        self._all.add(0, 0, in_memory=-self._held)
        self._held = 0


@asynccontextmanager
async def received(request: Request, bodies: BodiesInFlight, limit: int) -> AsyncIterator[AsyncGenerator[bytes, None]]:
    """The whole body in chunks. Its bytes count until the request ends.

    Raises:
        BodyTooLargeError, BusyError, ClientDisconnect.
        PortalError: 408, it came too slowly.
    """
    state = request.scope.setdefault("state", {})
    if state.get("is_body_taken"):
        raise RuntimeError("the body has been read before")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise BodyTooLargeError
    state["is_body_taken"] = True
    body = _Body(bodies)
    try:
        async for chunk in _timely(request):
            if body.size + len(chunk) > limit:
                raise BodyTooLargeError
            await body.add(chunk)
        await _take_turn(state, bodies, body.size)
        yield body.chunks()
    finally:
        body.close()


async def _timely(request: Request) -> AsyncIterator[bytes]:
    """The chunks as they come, while enough of them come in every window."""
    loop = asyncio.get_running_loop()
    stream, end = request.stream(), loop.time() + MAX_SECONDS
    fresh, window_end = 0, loop.time() + WINDOW_SECONDS
    try:
        while True:
            async with asyncio.timeout_at(min(end, window_end)):
                chunk = await anext(stream, None)
            if chunk is None:
                return
            yield chunk
            fresh += len(chunk)
            if fresh >= LEAST_PER_WINDOW:
                fresh, window_end = 0, loop.time() + WINDOW_SECONDS
    except TimeoutError as error:
        raise PortalError("网络太慢，内容没有传完，请重新提交", 408) from error


async def _take_turn(state: dict[str, ExitStack], bodies: BodiesInFlight, size: int) -> None:
    held = state.setdefault("held", ExitStack())
    end = time.monotonic() + TURN_SECONDS
    while True:
        try:
            held.enter_context(bodies.turn(size))
        except BlockingIOError:
            if time.monotonic() > end:
                raise BusyError from None
            await asyncio.sleep(0.05)
        else:
            return
