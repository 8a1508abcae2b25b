"""The figures of a period that is not frozen, counted in the request: over many tickets that takes seconds.

What took long is kept for a hundred times as long, a quarter of an hour at most, so that reading it again and again
costs a hundredth of a processor; the page says of when it is. What is counted at once is counted each time.
"""

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import Engine

from portal import clock
from portal.db import Database
from portal.errors import StorageUnavailableError
from portal.kpi.books import freezing
from portal.kpi.figures.periods import Period
from portal.kpi.figures.sources import Scope

LONG = 2.0  # seconds
TIMES, AT_MOST = 100, timedelta(minutes=15)
MOST_WAITING = 8  # requests; each takes one of the threads that serve all pages
_MOST_KEPT = 20
_MANY = "正在统计这一期的数字，请过一会儿再打开"
Key = tuple[str, str]


@dataclass(frozen=True)
class Counted:
    """Figures as they were at a moment; until when they may be shown."""

    content: dict[str, Any]
    as_of: datetime
    until: datetime


@dataclass
class _Kept:
    """Of one database in this process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    counted: dict[Key, Counted] = field(default_factory=dict)
    counting: dict[Key, threading.Lock] = field(default_factory=dict)
    places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(MOST_WAITING))


_kept: "weakref.WeakKeyDictionary[Engine, _Kept]" = weakref.WeakKeyDictionary()
_guard = threading.Lock()


def figures(database: Database, period: Period, queue: str) -> Counted:
    """One request counts, the others wait for it, or take what there was before.

    Only the one that counts holds a connection: whoever waits must keep nobody from filing. Call it outside a session.

    Raises:
        StorageUnavailableError: many requests wait already.
    """
    with _guard:
        kept = _kept.setdefault(database.engine, _Kept())
    return _once(kept, (period.name, queue), lambda: _count(database, period, queue))


def _count(database: Database, period: Period, queue: str) -> Counted:
    now, begin = clock.now(), perf_counter()
    with database.read() as session:
        content = freezing.content_of(session, Scope(period, freezing.queues_of(queue), now), queue)
    took = perf_counter() - begin
    stays = min(AT_MOST, timedelta(seconds=took * TIMES)) if took >= LONG else timedelta(0)
    return Counted(content, now, now + stays)


def _once(kept: _Kept, key: Key, count: Callable[[], Counted]) -> Counted:
    with kept.lock:
        older, busy = kept.counted.get(key), kept.counting.setdefault(key, threading.Lock())
    if older is not None and _counts_still(older):
        return older
    if not busy.acquire(blocking=False):
        if older is not None and clock.now() <= older.until + AT_MOST:
            return older
        if not kept.places.acquire(blocking=False):
            raise StorageUnavailableError(_MANY)
        busy.acquire()
        kept.places.release()
    try:
        with kept.lock:
            newer = kept.counted.get(key)
        if newer is not None and newer is not older and _counts_still(newer):
            return newer
        found = count()
        with kept.lock:
            if len(kept.counted) >= _MOST_KEPT:
                kept.counted.clear()
            kept.counted.pop(key, None)
            if found.until > found.as_of:
                kept.counted[key] = found
        return found
    finally:
        busy.release()


def _counts_still(found: Counted) -> bool:
    return found.as_of <= clock.now() < found.until
