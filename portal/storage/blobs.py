"""The interface of all blob stores."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from portal.errors import PortalError


class BlobMissingError(PortalError):
    """The row exists, but not its blob. That record reports it; all others still work (SECURITY F14)."""

    status = 404

    def __init__(self) -> None:
        super().__init__("附图文件缺失，已记录，请联系管理员")


class BlobStore(Protocol):
    """Keys come from `new_key`; `put` returns only after the bytes are durable.

    `mark_seconds` is how long a mark that was right stays so: a folder may be unmounted at any time.

    Every method raises StorageUnavailableError while the store cannot be used.
    """

    @property
    def mark_seconds(self) -> float: ...

    def prepare(self, *, may_make: bool = True) -> None:
        """Ready for use; a store that is not there is made only with `may_make`. Raises StorageUnavailableError."""

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes: ...

    def delete(self, key: str) -> None: ...

    def stored(self) -> Iterator[tuple[str, datetime]]: ...

    def is_writable(self) -> bool: ...

    def mark(self) -> bytes | None:
        """What `put_mark` has written; None if the store has no mark. Raises StorageUnavailableError."""

    def put_mark(self, content: bytes) -> None:
        """Write the mark that names this store, durably."""


def new_key() -> str:
    """128 random bits in hex: contains nothing of the client's file name or the report."""
    return secrets.token_hex(16)
