"""Prepares this process for serving: file handles, core dumps, the allocator. Each step is harmless where it fails."""

import contextlib
import ctypes
import resource
from collections.abc import Callable

MOST_HANDLES = 65_536
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # glibc's malloc.h
_PR_SET_DUMPABLE = 4


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
    """Give freed pictures back to the system.

    glibc raises its threshold for big blocks with each one that is freed, and gives each thread an arena of its own;
    both keep the memory of pictures for ever.
    """
    set_option = _libc("mallopt")
    set_option(_MMAP_THRESHOLD, 256 * 1024)
    set_option(_TRIM_THRESHOLD, 256 * 1024)
    set_option(_ARENA_MAX, 2)


def _libc(name: str) -> Callable[..., int]:
    found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    return found
