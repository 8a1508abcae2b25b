"""How fast this machine is at the moment, for limits that a slow one may not turn red."""

import re
import time

_WORK, _TEXT = re.compile("a{1,40}?b"), "a" * 20_000


def pace() -> float:
    """CPU seconds for forty steps at each of 20,000 signs; other work on the machine only makes one dearer."""
    best = float("inf")
    for _ in range(4):
        begin = time.thread_time()
        _WORK.search(_TEXT)
        best = min(best, time.thread_time() - begin)
    return best
