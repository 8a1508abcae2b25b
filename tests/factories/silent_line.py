"""A line that goes dead while it looks alive: the socket stays open, and nothing comes through."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class SilentLine:
    """Forwards to a portal until `is_dead`; what is sent then is swallowed, and never answered."""

    def __init__(self, url: str) -> None:
        self.target = (urlsplit(url).hostname or "", urlsplit(url).port or 80)
        self.is_dead = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.sockets: list[socket.socket] = [self.listener]
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                far = socket.create_connection(self.target)
                self.sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while content := one.recv(65536):
                if not self.is_dead:
                    other.sendall(content)
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for one in self.sockets:
            with suppress(OSError):
                one.close()


@contextmanager
def silent_line(url: str) -> Iterator[SilentLine]:
    line = SilentLine(url)
    try:
        yield line
    finally:
        line.close()
