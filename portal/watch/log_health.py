"""Whether the process can still write its log: a closed pipe and a full disk say nothing by themselves."""

import os
import select
import stat
import sys

_LEAST_FREE_BYTES = 1024 * 1024
CLOSED, FULL = "closed", "full"
PROBLEM_LABELS = {CLOSED: "没有程序再读取日志（管道已关闭）", FULL: "日志所在的磁盘已满"}


def problem(handle: int | None = None) -> str | None:
    """A key of `PROBLEM_LABELS`, or None. Without a handle, that of standard error."""
    try:
        number = sys.stderr.fileno() if handle is None else handle
        kind = os.fstat(number).st_mode
    except (OSError, ValueError, AttributeError):
        return CLOSED
    if stat.S_ISREG(kind):
        disk = os.fstatvfs(number)
        return FULL if disk.f_bavail * disk.f_frsize < _LEAST_FREE_BYTES else None
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
        return CLOSED if _is_closed(number) else None
    return None


def _is_closed(number: int) -> bool:
    poll = select.poll()
    poll.register(number, 0)
    return any(event & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(0))
