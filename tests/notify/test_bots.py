"""Group bots against a real local server: good, refusing, busy, redirecting, slow and dead."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.notification_settings import Bot
from portal.notify import speaking
from portal.notify.channel import Channel, Outcome
from portal.notify.channels import dingtalk, feishu
from portal.notify.channels.dingtalk import Dingtalk
from portal.notify.channels.feishu import Feishu
from portal.notify.channels.wecom import Wecom
from tests.notify.outgoings import outgoing
from tests.notify.servers import dead_port, http_server

SECRET = "SECinvented"
Make = Callable[[str], Channel]
MAKERS: dict[str, Make] = {
    "wecom": lambda url: Wecom({"": Bot(url)}),
    "dingtalk": lambda url: Dingtalk({"": Bot(url, SECRET)}),
    "feishu": lambda url: Feishu({"": Bot(url, SECRET)}),
}
every_bot = pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))


@every_bot
def test_a_code_of_zero_is_success_and_the_message_names_event_number_and_delivery(make: Make) -> None:
    with http_server() as server:
        result = make(f"{server.url}/send?key=k").send(outgoing(queue="general", link="https://p.example/tickets/R1"))
    assert result.outcome is Outcome.OK
    (request,) = server.received
    text = request.body.decode()
    for part in ("一线通", "有新问题", "RC2026110001", "日常队列", "https://p.example/tickets/R1", "12345678"):
        assert part in text


@every_bot
@pytest.mark.parametrize(
    ("answer", "outcome", "error"),
    [
        ({"body": b'{"errcode": 93000, "code": 19001}'}, Outcome.PERMANENT, "refused"),
        ({"body": b'{"errcode": -1, "code": -1}'}, Outcome.RETRY, "server"),
        ({"body": b"ok"}, Outcome.RETRY, "server"),
        ({"body": b'{"errcode": "0", "code": false}'}, Outcome.RETRY, "server"),
        ({"status": 500}, Outcome.RETRY, "server"),
        ({"status": 404}, Outcome.PERMANENT, "refused"),
        ({"status": 429, "headers": {"Retry-After": "120"}}, Outcome.RETRY, "busy"),
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, Outcome.RETRY, "redirected"),
    ],
)
def test_it_judges_every_other_answer(make: Make, answer: dict, outcome: Outcome, error: str) -> None:
    with http_server(**answer) as server:
        result = make(server.url).send(outgoing())
    assert (result.outcome, result.error) == (outcome, error)
    assert len(server.received) == 1  # a redirect is not followed
    assert result.after == (timedelta(seconds=120) if answer.get("status") == 429 else None)


@pytest.mark.parametrize(
    ("name", "body", "minutes"),
    [
        ("wecom", b'{"errcode": 45009}', 1),
        ("dingtalk", b'{"errcode": 130101}', 10),
        ("feishu", b'{"code": 9499}', 1),
    ],
)
def test_a_bot_that_was_sent_too_much_rests(name: str, body: bytes, minutes: int) -> None:
    with http_server(body=body) as server:
        result = MAKERS[name](server.url).send(outgoing())
    assert (result.outcome, result.after) == (Outcome.RETRY, timedelta(minutes=minutes))


@every_bot
def test_a_slow_one_and_a_dead_one_are_tried_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "_READ_SECONDS", 0.2)
    may_end = threading.Event()
    with http_server(before=lambda: may_end.wait(5)) as server:
        assert make(server.url).send(outgoing()).error == "timeout"
        may_end.set()
    assert make(f"http://127.0.0.1:{dead_port()}").send(outgoing()).error == "unreachable"


def test_a_queue_has_its_own_bot_or_the_common_one_or_none() -> None:
    with http_server() as common, http_server() as own:
        bots = Wecom({"": Bot(common.url), "his": Bot(own.url)})
        bots.send(outgoing("his"))
        bots.send(outgoing("general"))
        assert (len(common.received), len(own.received)) == (1, 1)
        assert Wecom({"his": Bot(own.url)}).send(outgoing("general")).outcome is Outcome.DROPPED


def test_dingtalk_signs_time_and_secret_in_the_address() -> None:
    with http_server() as server:
        Dingtalk({"": Bot(f"{server.url}/robot/send?access_token=t", SECRET)}).send(outgoing())
    asked = parse_qs(urlsplit(server.received[0].path).query)
    time = asked["timestamp"][0]
    keyed = hmac.new(SECRET.encode(), f"{time}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert (asked["access_token"], asked["sign"]) == (["t"], [base64.b64encode(keyed).decode()])
    assert len(time) == 13


def test_feishu_signs_nothing_keyed_with_time_and_secret() -> None:
    with http_server() as server:
        Feishu({"": Bot(server.url, SECRET)}).send(outgoing())
    fields = server.received[0].fields
    keyed = hmac.new(f"{fields['timestamp']}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    assert fields["sign"] == base64.b64encode(keyed).decode()
    assert len(fields["timestamp"]) == 10


def test_signatures_are_those_that_openssl_makes() -> None:
    assert dingtalk.sign("this is secret", 1577262236757) == "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
    assert feishu.sign("demo", 1599360473) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_wecom_takes_2048_bytes_and_no_broken_sign() -> None:
    with http_server() as server:
        Wecom({"": Bot(server.url)}).send(outgoing(link="https://p.example/" + "x" * 3000))
    assert len(server.received[0].fields["markdown"]["content"].encode()) <= 2048


@every_bot
def test_its_address_is_in_no_repr(make: Make) -> None:
    assert "geheim" not in repr(make("https://bot.example/send?key=geheim")) and SECRET not in repr(make("x"))
