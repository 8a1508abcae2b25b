"""How much the screenshots of drafts may hold: whoever files nothing must not fill the disk (SECURITY A-13)."""

import shutil
import threading
import time

from sqlalchemy import func, select

from portal.errors import StorageUnavailableError
from portal.reports.draft_models import Draft
from portal.runtime import Runtime
from portal.screenshots.models import Screenshot
from portal.web.memory_limiter import Pace

MB = 1024 * 1024
MOST_BYTES = 20 * 1024 * MB
MOST_SHARE = 4  # one part in four of the room that is left without them
MEGABYTES_PER_HOUR = 8192  # from one address, per process: 3,000 reports of a shared line need about 6,000
_KNOWN_SECONDS = 5

_pace = Pace(MEGABYTES_PER_HOUR, minutes=60)


class DraftRoom:
    """The bytes that open drafts hold; counted anew every few seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held, self._until = 0, 0.0

    def held(self, runtime: Runtime) -> int:
        with self._lock:
            if time.monotonic() >= self._until:
                self._held = held_bytes(runtime)
                self._until = time.monotonic() + _KNOWN_SECONDS
            return self._held


def held_bytes(runtime: Runtime) -> int:
    """What the screenshots of drafts that are not filed hold."""
    of_drafts = select(func.sum(Screenshot.byte_size)).join(Draft, Draft.id == Screenshot.owner_id)
    with runtime.database.read() as session:
        return session.scalar(of_drafts.where(Draft.ticket_id.is_(None))) or 0


def ensure_room(runtime: Runtime, room: DraftRoom, address: str, size: int) -> None:
    """Judge `size` more bytes for a draft from this address, before they are read.

    Raises:
        TooManyRequestsError: this address has sent too much within the hour.
        StorageUnavailableError: all drafts together hold too much.
    """
    held = room.held(runtime)
    free = shutil.disk_usage(runtime.settings.data_dir).free
    if held + size > min(MOST_BYTES, (held + free) // MOST_SHARE):
        raise StorageUnavailableError("存储空间不足，暂时不能添加图片，请稍后再试，或拨打服务电话", 507)
    _pace.count(address, max(1, -(-size // MB)))
