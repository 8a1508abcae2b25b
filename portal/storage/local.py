"""Blobs as files in one folder: written to a temporary file, synced, then renamed."""

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from portal.errors import StorageUnavailableError
from portal.sentences import said
from portal.storage.blobs import BlobMissingError

_KEY = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{8}\.part")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)
_ROOT = os.O_RDONLY | os.O_DIRECTORY
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW

MARK = ".store"
_MOST_MARK = 4096


class LocalBlobStore:
    """`<root>/<first two hex digits>/<key>`. Symbolic links are never followed (SECURITY B-6)."""

    mark_seconds = 0.0

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self, *, may_make: bool = True) -> None:
        """Create the folder, or only look. Raises StorageUnavailableError if it cannot be used."""
        if not may_make:
            return
        with _translated():
            self.root.mkdir(parents=True, exist_ok=True)
        if not self.is_writable():
            raise StorageUnavailableError(said("store_unwritable", place=self.root))

    def put(self, key: str, data: bytes) -> None:
        """Durable on return: file and folder are synced. A failed write leaves no file behind."""
        path = self._path(key)
        temporary = f"{key}.{secrets.token_hex(4)}.part"
        with _translated():
            is_new_folder = not path.parent.is_dir()
            path.parent.mkdir(exist_ok=True)  # never the root: it is made once, by `prepare`
            with _opened(path.parent, _FOLDER) as folder:
                try:
                    _write_synced(temporary, data, folder)
                    os.rename(temporary, key, src_dir_fd=folder, dst_dir_fd=folder)
                except BaseException:
                    with suppress(OSError):
                        os.unlink(temporary, dir_fd=folder)
                    raise
                os.fsync(folder)
            if is_new_folder:
                with _opened(self.root, os.O_RDONLY) as root:
                    os.fsync(root)

    def get(self, key: str) -> bytes:
        """Read a blob.

        Raises:
            BlobMissingError: there is no such regular file.
            StorageUnavailableError: temporarily unreadable.
        """
        path = self._path(key)
        try:
            with (
                _opened(path.parent, _FOLDER) as folder,
                _opened(key, os.O_RDONLY | os.O_NOFOLLOW, folder) as handle,
                open(handle, "rb", closefd=False) as file,
            ):
                return file.read()
        except OSError as error:
            if error.errno in _ABSENT:
                raise BlobMissingError from error
            raise StorageUnavailableError("附图暂时不能读取，请稍后再试") from error

    def delete(self, key: str) -> None:
        """Remove a blob, or an incomplete `.part` file listed by `stored`. A missing one is not an error."""
        with _translated():
            (self.root / key[:2] / key if _PART.fullmatch(key) else self._path(key)).unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every stored name with the time it was written, including incomplete `.part` files."""
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir()):
            if folder.is_dir() and not folder.is_symlink() and re.fullmatch(r"[0-9a-f]{2}", folder.name):
                for path in sorted(folder.iterdir()):
                    with suppress(FileNotFoundError):
                        yield path.name, datetime.fromtimestamp(path.lstat().st_mtime, UTC)

    def is_writable(self) -> bool:
        """Creates and removes a small file."""
        probe = self.root / f".probe-{secrets.token_hex(4)}"
        try:
            probe.write_bytes(b"")
            probe.unlink()
        except OSError:
            return False
        return True

    def mark(self) -> bytes | None:
        """The content of the mark file; None if there is none, or no folder."""
        try:
            with _opened(self.root, _ROOT) as root, _opened(MARK, os.O_RDONLY | os.O_NOFOLLOW, root) as handle:
                return os.read(handle, _MOST_MARK)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise StorageUnavailableError("附图存储暂时不能读取，请稍后再试") from error

    def put_mark(self, content: bytes) -> None:
        """Written aside, synced, then renamed."""
        temporary = f"{MARK}.{secrets.token_hex(4)}"
        with _translated(), _opened(self.root, _ROOT) as root:
            _write_synced(temporary, content, root)
            os.rename(temporary, MARK, src_dir_fd=root, dst_dir_fd=root)
            os.fsync(root)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("not a blob key")
        return self.root / key[:2] / key


def _write_synced(name: str, data: bytes, folder: int) -> None:
    with _opened(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, folder) as handle:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)


@contextmanager
def _opened(path: Path | str, flags: int, folder: int | None = None) -> Iterator[int]:
    handle = os.open(path, flags, 0o600, dir_fd=folder)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageUnavailableError("存储空间不足，附图没有保存，请稍后再试", 507) from error
        raise StorageUnavailableError("附图暂时不能保存，请稍后再试") from error
