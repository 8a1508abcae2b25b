"""Prepares this process for serving: file handles, core dumps, the allocator. Each step is harmless where it fails."""

import contextlib
import ctypes
import resource
from collections.abc import Callable

MOST_HANDLES = 65_536
_ARENA_MAX, _ARENAS = -8, 2  # the first is of glibc's malloc.h
_PR_SET_DUMPABLE = 4  # of prctl.h


def prepare() -> None:
    """Call first in every process that serves: limits pass to children, the allocator's options do not."""
    for step in (_raise_handle_limit, _forbid_core_dumps, _settle_allocator):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            step()


def _raise_handle_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_HANDLES if hard == resource.RLIM_INFINITY else min(MOST_HANDLES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _forbid_core_dumps() -> None:
    """A dump would hold the keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _libc("prctl")(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _settle_allocator() -> None:
    """Two arenas for all threads: glibc gives each thread one, and each keeps the memory of the largest picture.

    A fixed threshold for big blocks would save some more, and costs a tenth of the processor's time per report.
    """
    _libc("mallopt")(_ARENA_MAX, _ARENAS)


def _libc(name: str) -> Callable[..., int]:
    found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    return found
