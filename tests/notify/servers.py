"""Local servers of the protocols that channels speak, which answer as a test wants and keep what they received."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class HttpServer:
    """`status`, `headers` and `body` are its next answers; `before` is called first and may wait."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"errcode": 0, "code": 0}'
    before: Callable[[], None] = lambda: None
    received: list[Received] = field(default_factory=list)
    url: str = ""


@contextmanager
def http_server(**answers: Any) -> Iterator[HttpServer]:
    server = HttpServer(**answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.received.append(Received(self.path, dict(self.headers), body))
            server.before()
            self.send_response(server.status)
            for name, value in server.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(server.body)))
            self.end_headers()
            self.wfile.write(server.body)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()


@dataclass
class SmtpServer:
    """`answers` replaces the answer to a command, as `RCPT`; `before` is called with every command."""

    answers: dict[str, str] = field(default_factory=dict)
    before: Callable[[str], None] = lambda command: None
    mails: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def smtp_server(**answers: Any) -> Iterator[SmtpServer]:
    server = SmtpServer(**answers)

    class Handler(socketserver.StreamRequestHandler):
        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self._say(server.answers.get("CONNECT", "220 mail.example ESMTP"))
            while raw := self.rfile.readline():
                command = raw.decode().strip()
                word = command[:4].upper()
                server.commands.append(command)
                server.before(word)
                if word == "DATA" and "DATA" not in server.answers:
                    self._say("354 go on")
                    server.mails.append(self._content())
                    self._say(server.answers.get("CONTENT", "250 taken"))
                    continue
                if word == "RCPT":
                    server.recipients.append(command)
                default = {"EHLO": "250 mail.example", "QUIT": "221 bye"}.get(word, "250 ok")
                self._say(server.answers.get(word, default))
                if word == "QUIT":
                    return

        def _content(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
                lines.append(line)
            return "".join(lines)

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True

    listener = Listener(("127.0.0.1", 0), Handler)
    server.port = listener.server_address[1]
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()


def dead_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
