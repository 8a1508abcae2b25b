"""Prepares this process for serving: file handles, core dumps, the allocator, collection of rubbish.

Each step is harmless where it fails.
"""

import contextlib
import ctypes
import gc
import resource
import threading
import time
from collections.abc import Callable, Iterator

MOST_HANDLES = 65_536
_ARENA_MAX, _ARENAS = -8, 2  # the first is of glibc's malloc.h
_TRIM_SECONDS = 5
_QUIET_SHARE = 0.1  # of one processor
_PR_SET_DUMPABLE = 4  # of prctl.h


def prepare() -> None:
    """Call first in every process that serves: limits pass to children, the allocator's options do not."""
    for step in (_raise_handle_limit, _forbid_core_dumps, _settle_allocator):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            step()


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """What is loaded and built in here stays to the end, so Python never looks through it for rubbish.

    It would at every start for a fifth of the time, and later in every some hundredth request. The rubbish of the start
    itself (some 50,000 small objects) stays too: to find it costs a third of a second.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _raise_handle_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_HANDLES if hard == resource.RLIM_INFINITY else min(MOST_HANDLES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _forbid_core_dumps() -> None:
    """A dump would hold the keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _libc("prctl")(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _settle_allocator() -> None:
    """Two arenas for all threads, and freed memory goes back to the system in quiet moments.

    glibc gives each thread an arena, and each keeps the memory of the largest picture. A fixed threshold for big blocks
    would give it back at once, and costs a tenth of the processor's time per report.
    """
    _libc("mallopt")(_ARENA_MAX, _ARENAS)
    trim = _libc("malloc_trim")
    threading.Thread(target=_trim_when_quiet, args=(trim,), name="memory", daemon=True).start()


def _trim_when_quiet(trim: Callable[..., int]) -> None:
    """Not while there is work: the same memory would be asked for again at once."""
    used = time.process_time()
    while True:
        time.sleep(_TRIM_SECONDS)
        before, used = used, time.process_time()
        if used - before < _QUIET_SHARE * _TRIM_SECONDS:
            trim(0)


def _libc(name: str) -> Callable[..., int]:
    found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    return found
