"""Whatever a server answers, or does not, an attempt ends in its time as retry or permanent, and holds nothing."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from portal.notification_settings import Bot
from portal.notify import cutting
from portal.notify.channel import Channel
from portal.notify.channels import mail
from portal.notify.channels.dingtalk import Dingtalk
from portal.notify.channels.feishu import Feishu
from portal.notify.channels.sms import Sms
from portal.notify.channels.webhook import Webhook
from portal.notify.channels.wecom import Wecom
from portal.notify.delivery import Lane
from tests.notify.outgoings import outgoing

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Answering = Callable[[socket.socket], object]


@contextlib.contextmanager
def raw_server(answer: Answering, *, speaks_first: bool = False) -> Iterator[int]:
    """The port of a server that does nothing but `answer`."""
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if not speaks_first:
                connection.recv(65536)
            answer(connection)

    def listen() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)


def whole(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def dripping(head: bytes, drop: bytes) -> Answering:
    """Something every 50 ms, for as long as anybody reads: no time limit of a single read ends it."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(0.05)

    return answer


# What the group bots make of an answer, and what webhook and SMS gateway do.
SAID: dict[str, tuple[bytes, str, str]] = {
    "garbage": (b"\x00\xff\x13\r\n\r\n", "retry unreachable", "retry unreachable"),
    "a page": (whole(b"\n <!doctype html><title>Login</title>"), "retry server", "retry server"),
    "half a body": (HEAD + b'Content-Length: 99\r\n\r\n{"errcode": 0', "retry unreachable", "retry unreachable"),
    "half a head": (b"HTTP/1.1 200 O", "retry unreachable", "retry unreachable"),
    "a code of its own": (
        whole(b'{"errcode": 93000, "code": 19001, "ok": false}'), "permanent refused", "retry server",
    ),
    "no success": (whole(b'{"success": false}'), "retry server", "retry server"),
    "a code that is a word": (whole(b'{"errcode": "0", "code": "0"}'), "retry server", "ok None"),
    "nested too deep": (whole(b"[" * 50_000), "retry server", "ok None"),
    "another codepage": (whole(b'{"errcode": 0, "code": 0, "m": "\xe9"}'), "retry server", "ok None"),
    "a redirect": (b"HTTP/1.1 302 x\r\nLocation: /\r\n\r\n", "retry redirected", "retry redirected"),
    "no status": (b"HTTP/1.1 042 x\r\nContent-Length: 0\r\n\r\n", "retry unreachable", "retry unreachable"),
    "a broken chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "retry unreachable", "retry unreachable"),
    "nothing": (b"", "retry unreachable", "retry unreachable"),
}  # fmt: skip


def speaking_to(port: int) -> tuple[list[Channel], list[Channel]]:
    url = f"http://127.0.0.1:{port}/hook?key=invented"
    bots = {"": Bot(url, "invented-phrase")}
    return (
        [Wecom({"": Bot(url)}), Dingtalk(bots), Feishu(bots)],
        [Webhook(url, "invented-phrase"), Sms(url, "invented", lambda _: "19900000000")],
    )


def outcome(channel: Channel) -> str:
    result = Lane(channel).send(outgoing())
    return f"{result.outcome} {result.error}"


@pytest.mark.parametrize("answer", SAID)
def test_every_channel_judges_what_it_is_told(answer: str) -> None:
    said, of_bots, of_others = SAID[answer]
    with raw_server(lambda connection: connection.sendall(said)) as port:
        bots, others = speaking_to(port)
        assert [outcome(channel) for channel in bots] == [of_bots] * 3
        assert [outcome(channel) for channel in others] == [of_others] * 2


@pytest.mark.parametrize(
    ("head", "drop"),
    [(HEAD, b"X: y\r\n"), (HEAD + b"Content-Length: 99999\r\n\r\n", b" "), (b"", b"HTTP/1.1 100 Continue\r\n\r\n")],
    ids=["head", "body", "continue"],
)
def test_a_server_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch, head: bytes, drop: bytes) -> None:
    monkeypatch.setattr(cutting, "CUT_SECONDS", 0.3)
    with raw_server(dripping(head, drop)) as port:
        lane = Lane(speaking_to(port)[1][0])
        assert lane.send(outgoing()).error == "timeout"
        assert not lane.is_hanging


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"\x00\xffgarbage\r\n", "retry server"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n<html>\r\n", "retry server"),
        (b"2" * 100_000, "retry server"),
        (b"", "retry unreachable"),
    ],
    ids=["garbage", "page", "endless line", "nothing"],
)
def test_a_mail_server_that_speaks_no_smtp(said: bytes, expected: str) -> None:
    with raw_server(lambda connection: connection.sendall(said), speaks_first=True) as port:
        sent = mail.Mail(f"smtp://127.0.0.1:{port}", "a@example.cn", lambda _: "b@example.cn")
        result = sent.send(outgoing())
    assert f"{result.outcome} {result.error}" == expected
    assert result.status_code is None or 200 <= result.status_code < 600


def test_a_mail_server_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "CUT_SECONDS", 0.3)
    with raw_server(dripping(b"", b"220-welcome\r\n"), speaks_first=True) as port:
        lane = Lane(mail.Mail(f"smtp://127.0.0.1:{port}", "a@example.cn", lambda _: "b@example.cn"))
        assert lane.send(outgoing()).error == "timeout"
        assert not lane.is_hanging
