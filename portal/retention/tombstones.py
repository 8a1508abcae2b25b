"""The list of destructions outside the database: a restored backup must not bring back what was destroyed."""

import fcntl
import json
import logging
import os
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from portal.retention.models import Tombstone

FILE_NAME = "destroyed.jsonl"
_logger = logging.getLogger("portal.tombstones")


class TombstoneFile:
    """One JSON line per destruction: what, whose, which data keys, when. It holds no secret."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, stones: Iterable[Tombstone]) -> None:
        """Append lines, durably; a line cut off by a crash stays unreadable and does not spoil the next."""
        lines = "".join(_line(stone) for stone in stones)
        if not lines:
            return
        is_new = not self.path.exists()
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                lines = "\n" + lines
            view = memoryview(lines.encode())
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            _sync_folder(self.path.parent)

    def read(self) -> Iterator[Tombstone]:
        """Every destruction, oldest first. An unreadable line is logged and skipped."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                stone = _parsed(line)
                if stone is not None:
                    yield stone
                elif line.strip():
                    _logger.warning("%s line %d cannot be read", self.path.name, number)


def _line(stone: Tombstone) -> str:
    content = {
        "id": str(stone.id),
        "what": stone.what,
        "owner": str(stone.owner_id),
        "keys": list(stone.data_key_ids),
        "at": stone.destroyed_at.isoformat(),
    }
    return json.dumps(content) + "\n"


def _parsed(line: str) -> Tombstone | None:
    try:
        content = json.loads(line)
        return Tombstone(
            id=uuid.UUID(content["id"]),
            what=str(content["what"]),
            owner_id=uuid.UUID(content["owner"]),
            data_key_ids=[str(uuid.UUID(key)) for key in content["keys"]],
            destroyed_at=datetime.fromisoformat(content["at"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
