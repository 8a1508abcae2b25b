"""Room on disk, looked at before work begins that would fill it."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import func, select, text

from portal.db import Database
from portal.screenshots.models import Screenshot
from portal.sentences import said

_MEGABYTE = 2**20


class NoRoomError(Exception):
    """Too little room; nothing was begun."""


def ensure_room(needed: Mapping[Path, int]) -> None:
    """Needs of several folders on one disk are added up. Raises NoRoomError."""
    by_disk: dict[int, tuple[Path, int]] = {}
    for folder, size in needed.items():
        disk = os.stat(folder).st_dev
        first, total = by_disk.get(disk, (folder, 0))
        by_disk[disk] = first, total + size
    for folder, size in by_disk.values():
        free = shutil.disk_usage(folder).free
        if free < size:
            words = {"needed": -(-size // _MEGABYTE), "free": free // _MEGABYTE}
            raise NoRoomError(said("too_little_room", folder=folder.absolute(), **words))


def size_of(database: Database) -> tuple[int, int]:
    """Bytes of the database, and of all pictures that it names."""
    query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    if not database.is_sqlite:
        query = "SELECT pg_database_size(current_database())"
    with database.read() as session:
        pictures = session.scalar(select(func.coalesce(func.sum(Screenshot.byte_size), 0)))
        return int(session.scalar(text(query)) or 0), int(pictures or 0)
