"""The signed webhook against a real local server."""

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from portal.notify import speaking
from portal.notify.channel import Outcome
from portal.notify.channels.webhook import Webhook, sign
from tests.notify.outgoings import ID, outgoing
from tests.notify.servers import dead_port, http_server

SECRET = "invented-webhook-phrase"


def test_the_body_has_the_six_fields_and_its_signature_holds() -> None:
    with http_server(status=204, body=b"") as server:
        result = Webhook(server.url, SECRET).send(outgoing("", queue="general", state="submitted"))
    assert (result.outcome, result.status_code) == (Outcome.OK, 204)
    (request,) = server.received
    assert request.fields == {
        "id": str(ID), "event": "report-filed", "number": "RC2026110001", "queue": "general", "state": "submitted",
        "at": "2026-11-27T02:00:00+00:00",
    }  # fmt: skip
    found = re.fullmatch(r"t=([0-9]+),v1=([0-9a-f]{64})", request.headers["X-Portal-Signature"])
    assert found and abs(time.time() - int(found[1])) < 60
    expected = hmac.new(SECRET.encode(), f"{found[1]}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert found[2] == expected
    assert request.headers["X-Portal-Delivery"] == str(ID)


def test_the_signature_is_the_one_that_openssl_makes() -> None:
    assert sign("k", 1764210000, b'{"id":"1"}') == "c3aa00e70b8e8d04fd6801e6a5c9ab657a6ab8ab7b7b6f89d27ed19b6b976115"


def test_an_event_of_no_ticket_has_neither_queue_nor_state() -> None:
    with http_server() as server:
        Webhook(server.url, SECRET).send(outgoing(""))
    assert (server.received[0].fields["queue"], server.received[0].fields["state"]) == (None, None)


@pytest.mark.parametrize(
    ("answer", "outcome", "error", "after"),
    [
        ({"status": 200}, Outcome.OK, None, None),
        ({"status": 307, "headers": {"Location": "http://127.0.0.1:1/inner"}}, Outcome.RETRY, "redirected", None),
        ({"status": 400}, Outcome.PERMANENT, "refused", None),
        ({"status": 408}, Outcome.RETRY, "busy", timedelta(minutes=1)),
        ({"status": 429, "headers": {"Retry-After": "90"}}, Outcome.RETRY, "busy", timedelta(seconds=90)),
        ({"status": 429, "headers": {"Retry-After": "999999999"}}, Outcome.RETRY, "busy", timedelta(days=1)),
        ({"status": 429, "headers": {"Retry-After": "nonsense"}}, Outcome.RETRY, "busy", timedelta(minutes=1)),
        ({"status": 500}, Outcome.RETRY, "server", None),
        ({"status": 503, "headers": {"Retry-After": "30"}}, Outcome.RETRY, "server", timedelta(seconds=30)),
    ],
)
def test_it_judges_the_answer(answer: dict, outcome: Outcome, error: str | None, after: timedelta | None) -> None:
    with http_server(**answer) as server:
        result = Webhook(server.url, SECRET).send(outgoing(""))
    assert (result.outcome, result.error, result.after) == (outcome, error, after)
    assert len(server.received) == 1


def test_retry_after_may_be_a_moment() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    with http_server(status=429, headers={"Retry-After": moment}) as server:
        after = Webhook(server.url, SECRET).send(outgoing("")).after
    assert after is not None and timedelta(minutes=4) < after <= timedelta(minutes=5)


def test_no_more_than_64_kilobytes_of_an_answer_are_read() -> None:
    with http_server(body=b"x" * 500_000) as server:
        answer = speaking.post(server.url, b"{}")
    assert isinstance(answer, speaking.Answer) and len(answer.body) == 64 * 1024


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server() as proxy, http_server() as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert Webhook(server.url, SECRET).send(outgoing("")).is_ok
    assert (len(proxy.received), len(server.received)) == (0, 1)


def test_a_certificate_of_nobody_is_not_trusted(tls_server: str) -> None:
    result = Webhook(tls_server, SECRET).send(outgoing(""))
    assert (result.outcome, result.error) == (Outcome.RETRY, "certificate")


def test_a_server_that_is_gone_is_tried_again() -> None:
    result = Webhook(f"http://127.0.0.1:{dead_port()}/geheim", SECRET).send(outgoing(""))
    assert (result.error, result.after) == ("unreachable", None)
    assert "geheim" not in repr(result) and "geheim" not in repr(Webhook("https://x/geheim", SECRET))
