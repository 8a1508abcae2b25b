"""How much drafts may hold, screenshots and texts: whoever files nothing must not fill the disk (SECURITY A-13)."""

import shutil
import threading
import time
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from portal.db import Database
from portal.errors import StorageUnavailableError
from portal.reports.draft_models import Draft
from portal.runtime import Runtime
from portal.screenshots.models import Screenshot

MOST_BYTES = 20 * 1024**3
MOST_SHARE = 4  # one part in four of the room that there is without them
_KNOWN_SECONDS = 5

_lock = threading.Lock()
_known: WeakKeyDictionary[Database, tuple[float, int]] = WeakKeyDictionary()


def ensure_room(runtime: Runtime, size: int) -> None:
    """Judge `size` more bytes for a draft, before they are read.

    Raises:
        StorageUnavailableError: all drafts together hold too much.
    """
    held = _held_lately(runtime.database)
    free = shutil.disk_usage(runtime.settings.data_dir).free
    if held + size > min(MOST_BYTES, (held + free) // MOST_SHARE):
        words = f"存储空间不足，暂时不能保存，请稍后再试{runtime.settings.or_call}"
        raise StorageUnavailableError(words, 507)


def held_bytes(database: Database) -> int:
    """What drafts that are not filed hold."""
    of_drafts = select(func.sum(Screenshot.byte_size)).join(Draft, Draft.id == Screenshot.owner_id)
    texts = select(func.sum(func.length(Draft.answers_sealed)))
    with database.read() as session:
        pictures = session.scalar(of_drafts.where(Draft.ticket_id.is_(None))) or 0
        return pictures + (session.scalar(texts) or 0)


def _held_lately(database: Database) -> int:
    """Counted anew every few seconds."""
    with _lock:
        until, held = _known.get(database, (0.0, 0))
        if time.monotonic() >= until:
            held = held_bytes(database)
            _known[database] = (time.monotonic() + _KNOWN_SECONDS, held)
        return held
