"""Speaks HTTP with the address of a setting: no redirect, no proxy, certificates checked, a short answer."""

import functools
import json
import ssl
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
from portal.notify.cutting import cut_in_time, watched
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
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def says_no(self) -> bool:
        """A page instead of an answer, or JSON that plainly says that it was not taken."""
        found = self.fields()
        code = found.get("errcode")
        is_no = found.get("success") is False or found.get("ok") is False
        return is_no or self.body.lstrip()[:1] == b"<" or (isinstance(code, int) and code != 0)


class _Watched:
    """Before a connection of the library: it can be cut while its server drips."""

    def _new_conn(self) -> Any:
        return watched(super()._new_conn())  # type: ignore[misc]


class _Adapter(HTTPAdapter):
    """Trusts what the machine trusts, so that a deployment can add the authority of its own servers."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        super().init_poolmanager(*args, ssl_context=ssl.create_default_context(), **kwargs)
        pools = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {scheme: _watched_pool(pool) for scheme, pool in pools.items()}


@functools.cache
def _watched_pool(pool: Any) -> Any:
    """Made once, not for each message."""
    connection = type("WatchedConnection", (_Watched, pool.ConnectionCls), {})
    return type("WatchedPool", (pool,), {"ConnectionCls": connection})


def post(url: str, content: Mapping[str, Any] | bytes, headers: Mapping[str, str] | None = None) -> Answer | Result:
    """The answer, or the result where there was none. No error text leaves this function: it may name the address."""
    body = content if isinstance(content, bytes) else json_body(content)
    sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "yixiantong-portal", **(headers or {})}
    with cut_in_time() as conversation:
        answer = _posted(url, body, sent)
        return retry(DeliveryError.TIMEOUT) if conversation.is_cut else answer


def _posted(url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Result:
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.adapters["https://"] = session.adapters["http://"] = _Adapter()
            with session.post(
                url, data=body, headers=headers, timeout=(_CONNECT_SECONDS, _READ_SECONDS), allow_redirects=False,
                stream=True,
            ) as answer:  # fmt: skip
                return _read(answer)
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


def taken(answer: Answer | Result) -> Result:
    """As `judged`, but a 2xx whose body says no, or is a page, is worth another attempt."""
    if isinstance(answer, Answer) and 200 <= answer.status < 300 and answer.says_no:
        return retry(DeliveryError.SERVER, None, answer.status)
    return judged(answer)


def _read(answer: requests.Response) -> Answer | Result:
    if not answer.headers:  # cut within its head, which the library takes for a whole one
        return retry(DeliveryError.UNREACHABLE)
    body = b""
    for part in answer.iter_content(4096):
        body += part
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
