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

    Every method raises StorageUnavailableError while the store cannot be used.
    """

    def prepare(self) -> None: ...

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes: ...

    def delete(self, key: str) -> None: ...

    def stored(self) -> Iterator[tuple[str, datetime]]: ...

    def is_writable(self) -> bool: ...


def new_key() -> str:
    """128 random bits in hex: contains nothing of the client's file name or the report."""
    return secrets.token_hex(16)
