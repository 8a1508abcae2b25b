"""Speaks HTTP with the address of a setting: no redirect, no proxy, certificates checked, a short answer."""

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import SSLError, Timeout

from portal import clock
from portal.notify.channel import Result, ok, permanent, retry
from portal.notify.models import DeliveryError

TIMEOUT_SECONDS = 10
_CONNECT_SECONDS, _READ_SECONDS = 5, 9
_LARGEST_ANSWER = 64 * 1024
_LONGEST_RETRY_AFTER = 24 * 60 * 60
_COME_AGAIN = (408, 425, 429)
_PLEASE_WAIT = timedelta(minutes=1)


@dataclass(frozen=True)
class Answer:
    """What the other side said. Its body is hidden from every repr: it may hold anything."""

    status: int
    body: bytes = field(repr=False)
    retry_after: timedelta | None = None

    def fields(self) -> Mapping[str, Any]:
        """The JSON object of the body; empty if it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class _SystemTrust(HTTPAdapter):
    """Trusts what the machine trusts, so that a deployment can add the authority of its own servers."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        return super().init_poolmanager(*args, ssl_context=ssl.create_default_context(), **kwargs)


def post(url: str, content: Mapping[str, Any] | bytes, headers: Mapping[str, str] | None = None) -> Answer | Result:
    """The answer, or the result where there was none. No error text leaves this function: it may name the address."""
    body = content if isinstance(content, bytes) else json_body(content)
    sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "yixiantong-portal", **(headers or {})}
    started = time.monotonic()
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.adapters["https://"] = _SystemTrust()
            with session.post(
                url, data=body, headers=sent, timeout=(_CONNECT_SECONDS, _READ_SECONDS), allow_redirects=False,
                stream=True,
            ) as answer:  # fmt: skip
                return _read(answer, started)
    except SSLError:
        return retry(DeliveryError.CERTIFICATE)
    except Timeout:
        return retry(DeliveryError.TIMEOUT)
    except (requests.RequestException, OSError, ValueError):
        return retry(DeliveryError.UNREACHABLE)


def json_body(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def judged(answer: Answer | Result) -> Result:
    """By the status alone: 2xx is taken, 4xx refused, everything else worth another attempt."""
    if isinstance(answer, Result):
        return answer
    status, after = answer.status, answer.retry_after
    if 200 <= status < 300:
        return ok(status)
    if 300 <= status < 400:
        return retry(DeliveryError.REDIRECTED, None, status)
    if status in _COME_AGAIN:
        return retry(DeliveryError.BUSY, after or _PLEASE_WAIT, status)
    if 400 <= status < 500:
        return permanent(status)
    return retry(DeliveryError.SERVER, after, status)


def _read(answer: requests.Response, started: float) -> Answer | Result:
    body = b""
    for part in answer.iter_content(4096):
        body += part
        if time.monotonic() - started > TIMEOUT_SECONDS:
            return retry(DeliveryError.TIMEOUT, None, answer.status_code)
        if len(body) >= _LARGEST_ANSWER:
            break
    return Answer(answer.status_code, body[:_LARGEST_ANSWER], _retry_after(answer.headers.get("Retry-After", "")))


def _retry_after(text: str) -> timedelta | None:
    """Seconds or a moment, as HTTP writes it, at most a day; None for anything else."""
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=min(int(text), _LONGEST_RETRY_AFTER))
    try:
        left = (parsedate_to_datetime(text) - clock.now()).total_seconds()
    except (TypeError, ValueError):
        return None
    return timedelta(seconds=min(max(left, 0), _LONGEST_RETRY_AFTER))
