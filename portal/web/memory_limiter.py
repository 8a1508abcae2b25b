"""Limits the calls of one address within a time, in this process's memory: for reads that must cost no write."""

import threading
import time

from portal.addresses import limited
from portal.errors import TooManyRequestsError

_MOST_ADDRESSES = 20_000


class Pace:
    """At most `most` calls, or other units, within `minutes` from one address.

    A whole county may share one address: be generous.
    """

    def __init__(self, most: int, minutes: int = 1) -> None:
        self.most = most
        self._seconds = minutes * 60
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def count(self, address: str, amount: int = 1) -> None:
        """Count one call, or `amount` units. What is refused does not count.

        Raises:
            TooManyRequestsError: with the seconds until the next window.
        """
        address = limited(address)
        window, second = divmod(int(time.monotonic()), self._seconds)
        with self._lock:
            if window != self._window or len(self._counts) >= _MOST_ADDRESSES:
                self._window, self._counts = window, {}
            counted = self._counts.get(address, 0) + amount
            if counted <= self.most:
                self._counts[address] = counted
        if counted > self.most:
            raise TooManyRequestsError("请求太频繁，请稍后再试", self._seconds - second)
