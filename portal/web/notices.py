"""What an operator could overlook.

Settings speak at the start, on 系统 and in `/readyz`. What a caller has caused is said once in the log and stays on
系统 until the next start: it holds addresses, which `/readyz` shows to nobody.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from portal.settings import Settings
from portal.web import log_output

_MOST = 20  # a caller chooses what stands in a header
_logger = logging.getLogger("portal.notices")


@dataclass(frozen=True)
class Notice:
    """One sentence in Chinese, with its English twin."""

    chinese: str
    english: str

    def __str__(self) -> str:
        return f"{self.chinese} ({self.english})"


class Notices:
    """The notices of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[str, Notice] = {}

    def say(self, key: str, notice: Notice) -> None:
        """Log it, unless this was done under the same key."""
        with self._lock:
            if key in self._said or len(self._said) >= _MOST:
                return
            self._said[key] = notice
        _logger.warning("%s", notice)

    def __iter__(self) -> Iterator[Notice]:
        with self._lock:
            yield from tuple(self._said.values())


def standing(settings: Settings) -> list[Notice]:
    """What holds as long as nothing is changed."""
    found = of_settings(settings)
    if lost := log_output.lost_lines():
        found.append(
            Notice(
                f"日志有 {lost} 行没有写出去，请检查日志的去处",
                f"{lost} lines of the log could not be written",
            )
        )
    return found


def of_settings(settings: Settings) -> list[Notice]:
    """What the settings alone tell."""
    found = []
    if settings.is_https and not settings.trusted_proxies:
        found.append(
            Notice(
                "PORTAL_BASE_URL 是 https，但 PORTAL_TRUSTED_PROXIES 没有写代理的地址："
                "所有访问者会被当成同一个地址，限制和记录都不准",
                "PORTAL_BASE_URL is https, but PORTAL_TRUSTED_PROXIES lists no proxy: "
                "all visitors count as one address in limits and in the trail",
            )
        )
    return found


def unlisted_proxy(address: str) -> Notice:
    return Notice(
        f"{address} 发来了转发请求头，但它不在 PORTAL_TRUSTED_PROXIES 里，所以请求头没有采用",
        f"{address} sends forwarding headers but is not in PORTAL_TRUSTED_PROXIES, so they are ignored",
    )
