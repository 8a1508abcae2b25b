"""Limits the calls of one address per minute, in this process's memory: for reads that must cost no write."""

import threading
import time

from portal.errors import TooManyRequestsError
from portal.web.addresses import limited

_MOST_ADDRESSES = 20_000


class Pace:
    """At most `most` calls a minute from one address. A whole county may share one address: be generous."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: dict[str, int] = {}

    def count(self, address: str) -> None:
        """Count one call.

        Raises:
            TooManyRequestsError: with the seconds until the next minute.
        """
        address = limited(address)
        minute, second = divmod(int(time.monotonic()), 60)
        with self._lock:
            if minute != self._minute or len(self._counts) >= _MOST_ADDRESSES:
                self._minute, self._counts = minute, {}
            self._counts[address] = calls = self._counts.get(address, 0) + 1
        if calls > self.most:
            raise TooManyRequestsError("请求太频繁，请稍后再试", 60 - second)
