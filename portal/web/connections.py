"""Bounds the connections of one server process in number and time, so that idle or slow ones keep nobody out.

A connection is idle until the head of its next request has arrived whole. Over a limit the oldest idle one makes room;
if none is idle, the new one is told 503.
"""

import asyncio
import logging
import resource
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from portal import addresses
from portal.settings import Network

HEAD_SECONDS = 10  # for the head of a request, and for silence between two requests
LINGER_SECONDS = 10  # for a client that still sends after its answer
UNREAD_ANSWER_SECONDS = 60
MOST_HEAD_BYTES = 64 * 1024
MOST = 2048
MOST_PER_ADDRESS = 256  # a county behind one address has a few hundred at work at most; idle ones make room
_OTHER_HANDLES = 256  # database, pictures, logs
_BUSY = "现在使用的人太多，请过一会儿再试".encode()
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(_BUSY), _BUSY)
)
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"  # no page fits
)
_logger = logging.getLogger("portal.connections")


@dataclass
class _Peer:
    """The connections of one address."""

    everyone: set["BoundedProtocol"] = field(default_factory=set)
    idle: dict["BoundedProtocol", None] = field(default_factory=dict)  # oldest first

    def oldest_idle(self) -> "BoundedProtocol | None":
        """Those that have never sent a request go first."""
        strangers = (connection for connection in self.idle if not connection.has_asked)
        return next(strangers, next(iter(self.idle), None))


class Connections:
    """All connections of this process. Proxies that are trusted count only in all: they carry everybody."""

    def __init__(self, trusted: tuple[Network, ...]) -> None:
        self.trusted = trusted
        handles = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.most = MOST if handles == resource.RLIM_INFINITY else max(16, min(MOST, handles - _OTHER_HANDLES))
        self.count = 0
        self._peers: dict[str, _Peer] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._was_full = False

    def enter(self, connection: "BoundedProtocol") -> bool:
        """Whether the new connection may stay; makes room for it if an idle one can go."""
        client = addresses.parsed(connection.client[0]) if connection.client else None
        is_counted = client is not None and not addresses.is_in(client, self.trusted)
        connection.peer = addresses.limited(str(client)) if is_counted else ""
        peer = self._peers.get(connection.peer)
        if peer and connection.peer and len(peer.everyone) >= MOST_PER_ADDRESS and not self._make_room(peer):
            return False
        if self.count >= self.most and not self._make_room(self._largest_with_idle()):
            return False
        self.count += 1
        self._peers.setdefault(connection.peer, _Peer()).everyone.add(connection)
        if self._sweeper is None:
            self._sweeper = connection.loop.call_later(1, self._sweep, connection.loop)
        return True

    def leave(self, connection: "BoundedProtocol") -> None:
        peer = self._peers.get(connection.peer)
        if peer is None or connection not in peer.everyone:
            return
        peer.everyone.discard(connection)
        peer.idle.pop(connection, None)
        self.count -= 1
        if not peer.everyone:
            del self._peers[connection.peer]

    def rest(self, connection: "BoundedProtocol") -> None:
        """The connection is idle from now on."""
        peer = self._peers.get(connection.peer)
        if peer and connection in peer.everyone:
            peer.idle[connection] = None

    def work(self, connection: "BoundedProtocol") -> None:
        if peer := self._peers.get(connection.peer):
            peer.idle.pop(connection, None)

    def _largest_with_idle(self) -> _Peer | None:
        crowds = (peer for peer in self._peers.values() if peer.idle)
        return max(crowds, key=lambda peer: len(peer.everyone), default=None)

    def _make_room(self, peer: _Peer | None) -> bool:
        if not self._was_full:
            self._was_full = True
            _logger.warning(
                "连接数到了上限，空闲的连接被关闭 (connection limit reached, idle ones are closed): %d", self.count
            )
        oldest = peer.oldest_idle() if peer else None
        if oldest is None:
            return False
        self.leave(oldest)
        oldest.transport.close()
        return True

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        everyone = [connection for peer in self._peers.values() for connection in peer.everyone]
        for connection in everyone:
            connection.close_if_late(now)
        if self._was_full and self.count < self.most // 8:
            self._was_full = False
            _logger.warning("连接数恢复正常 (connections are back to normal): %d", self.count)
        self._sweeper = loop.call_later(1, self._sweep, loop) if self._peers else None


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 that counts its connection, and closes it when the client is late or sends too large a head."""

    peer = ""
    has_asked = False
    _deadline: float | None = None
    _head_bytes = 0  # received since the last whole head or piece of a body
    _unread: tuple[int, float] = (0, 0.0)  # bytes of the answer that wait to be sent, and since when

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table: Connections = self.config.loaded_app.state.connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not self.table.enter(self):
            transport.write(_REFUSAL)
            transport.close()
            return
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self.table.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.has_asked and self._deadline is not None:
            self._deadline = self.loop.time() + HEAD_SECONDS

    def on_headers_complete(self) -> None:
        self._head_bytes = 0
        self._deadline = None
        self.has_asked = True
        self.table.work(self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle.response_complete:  # the answer did not wait for the body
            self._rest()

    def on_response_complete(self) -> None:
        has_next = bool(self.pipeline)
        is_read = not self.cycle.more_body
        super().on_response_complete()
        if has_next:
            return
        if is_read:
            self._rest()
        else:
            self._deadline = self.loop.time() + LINGER_SECONDS

    def close_if_late(self, now: float) -> None:
        """Close what has missed its deadline, or has not read any of its answer for long."""
        waiting = self.transport.get_write_buffer_size()
        if waiting != self._unread[0]:
            self._unread = (waiting, now)
        if waiting and now - self._unread[1] > UNREAD_ANSWER_SECONDS:
            self.transport.abort()
        elif self._deadline is not None and now > self._deadline:
            self.table.leave(self)
            self.transport.close()

    def _rest(self) -> None:
        self._deadline = self.loop.time() + HEAD_SECONDS
        self.table.rest(self)
