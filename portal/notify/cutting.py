"""Ends a conversation that takes too long: a time limit for each read never ends a server that drips."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CUT_SECONDS = 9.5  # so that the thread of an attempt ends in its time
_here = threading.local()


@dataclass
class Conversation:
    """The connections of one attempt; `is_cut` once its time is over."""

    is_cut: bool = False
    _sockets: list[socket.socket] = field(default_factory=list, repr=False)

    def cut(self) -> None:
        self.is_cut = True
        for held in self._sockets:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for held in self._sockets:
            held.close()


@contextmanager
def cut_in_time() -> Iterator[Conversation]:
    """Every connection that this thread makes in the block and hands to `watched` ends after `CUT_SECONDS`."""
    conversation = Conversation()
    timer = threading.Timer(CUT_SECONDS, conversation.cut)
    timer.daemon = True
    timer.start()
    _here.conversation = conversation
    try:
        yield conversation
    finally:
        _here.conversation = None
        timer.cancel()
        conversation.close()


def watched(connection: socket.socket) -> socket.socket:
    """The same connection; a twin of it is kept, because TLS takes the plain one away."""
    conversation: Conversation | None = getattr(_here, "conversation", None)
    if conversation is not None:
        conversation._sockets.append(connection.dup())
    return connection
