"""One encrypted file with the database and its screenshots at one moment, made while the portal serves.

The keyring is not in it: without the keyring the file is worth nothing, to a thief and to its owner.
"""

import hashlib
import json
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import exists, or_, select

from portal import __version__, clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.holdings import Register
from portal.runtime import Runtime
from portal.sentences import said
from portal.storage.blobs import BlobMissingError
from portal.upkeep.dumps import Snapshot, snapshot
from portal.upkeep.room import ensure_room, size_of
from portal.vault.models import VaultState
from portal.vault.streams import OpeningReader, Readable, SealingWriter, StreamCutError
from portal.vault.suites import SealBrokenError
from portal.vault.vault import Vault

FORMAT = 1
PLACE = "backup"
DATABASE, MANIFEST = "database", "manifest"
_BLOCK = 1 << 20
_TRIES = 5


class BackupError(Exception):
    """No backup was made, or a file is not a whole backup; one sentence."""


class _VanishedError(Exception):
    """A screenshot was destroyed after the database was copied and before its own copy: the copy is too old."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `missing` are screenshots whose file was lost before."""

    format: int
    portal: str
    made_at: str
    database: str
    schema: str
    fingerprint: str
    counts: dict[str, int]
    database_sha256: str
    blobs: dict[str, str]
    missing: list[str]


def make(runtime: Runtime, folder: Path, target: Path, actor: Actor) -> Manifest:
    """Write a backup to `target`: to a temporary file, renamed once it is complete and on disk.

    Args:
        folder: for the nameless temporary copy of the database; the data folder.

    Raises:
        BackupError: `target` exists, or screenshots kept changing. DumpError: the database could not be copied.
        NoRoomError: the disk would be full.
    """
    if target.exists():
        raise BackupError(said("is_there", place=target))
    database, pictures = size_of(runtime.database)
    ensure_room(_added({folder: database}, target.parent, database + pictures))
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        manifest = _written(runtime, folder, aside)
        os.link(aside, target)  # fails if it has been created since
    except FileExistsError as error:
        raise BackupError(said("is_there", place=target)) from error
    finally:
        aside.unlink(missing_ok=True)
    _sync_folder(target.parent)
    with runtime.database.transaction() as session:
        saved: Particulars = {"reports": manifest.counts["reports"], "pictures": len(manifest.blobs)}
        trail.record(session, Tag.BACKUP_MADE, actor, particulars=saved)
    return manifest


def _added(needed: dict[Path, int], folder: Path, size: int) -> dict[Path, int]:
    return needed | {folder: needed.get(folder, 0) + size}


def check(path: Path, vault: Vault) -> Manifest:
    """Read a backup to its end, verify every part, and return its manifest.

    Raises:
        BackupError: truncated, altered, or sealed with another key.
    """
    sums: dict[str, str] = {}
    manifest: Manifest | None = None
    for name, content in parts(path, vault):
        if name == MANIFEST:
            manifest = _parsed(b"".join(content))
        else:
            sums[name] = _sum_of(content)
    expected = {DATABASE: manifest.database_sha256, **manifest.blobs} if manifest else None
    if manifest is None or sums != expected:
        raise BackupError(said("backup_parts", path=path))
    return manifest


def parts(path: Path, vault: Vault) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every part by name; each must be read before the next.

    Raises:
        BackupError: truncated, altered, or sealed with another key.
    """
    with path.open("rb") as file:
        with _backup_errors(path):
            reader = OpeningReader(file, vault.keyring, PLACE)
        while head := _next_head(path, reader):
            name, size = head
            yield name, _content(path, reader, size)


def _next_head(path: Path, reader: Readable) -> tuple[str, int] | None:
    """Name and size of the next part; None at the verified end."""
    with _backup_errors(path):
        header = _read_exactly(reader, 2, may_end=True)
        if not header:
            return None
        (length,) = struct.unpack(">H", header)
        name = _read_exactly(reader, length).decode()
        (size,) = struct.unpack(">Q", _read_exactly(reader, 8))
        return name, size


@contextmanager
def _backup_errors(path: Path) -> Iterator[None]:
    """Errors while the file is read, as one sentence."""
    try:
        yield
    except StreamCutError as error:
        raise BackupError(said("backup_cut", path=path)) from error
    except (SealBrokenError, struct.error, UnicodeDecodeError) as error:
        raise BackupError(said("backup_damaged", path=path)) from error


def _written(runtime: Runtime, folder: Path, aside: Path) -> Manifest:
    for _ in range(_TRIES):
        try:
            with aside.open("xb") as file:
                os.fchmod(file.fileno(), 0o600)
                manifest = _write(runtime, folder, file)
                file.flush()
                os.fsync(file.fileno())
            return manifest
        except _VanishedError:
            aside.unlink()
    raise BackupError(said("backup_unsettled"))


def _write(runtime: Runtime, folder: Path, to: BinaryIO) -> Manifest:
    with runtime.database.read() as session:
        fingerprint = session.get_one(VaultState, 1).fingerprint
    label = {
        "format": FORMAT,
        "portal": __version__,
        "made_at": clock.now().isoformat(timespec="seconds"),
        "database": "sqlite" if runtime.database.is_sqlite else "postgresql",
        "fingerprint": fingerprint,
    }
    writer = SealingWriter(to, runtime.vault.keyring, runtime.vault.suite, PLACE, label)
    with snapshot(runtime.database, folder) as state:
        register = Register.of(runtime.database.session_info)
        facts, keys = _facts(state, register), _blob_names(state, register)
        database_sum = _write_part(writer, DATABASE, os.fstat(state.file.fileno()).st_size, _blocks(state.file))
    blobs, missing = {}, []
    for key in keys:
        try:
            content = runtime.blobs.get(key)
        except BlobMissingError:
            _ensure_still_named(runtime, key)
            missing.append(key)
        else:
            blobs[key] = _write_part(writer, key, len(content), [content])
    manifest = Manifest(**label, **facts, database_sha256=database_sum, blobs=blobs, missing=missing)  # type: ignore[arg-type]
    text = json.dumps(asdict(manifest)).encode()
    _write_part(writer, MANIFEST, len(text), [text])
    writer.finish()
    return manifest


def _facts(state: Snapshot, register: Register) -> dict[str, Any]:
    """The schema, and how many rows each table holds."""
    tables = [held.table for held in register.held]
    return {
        "schema": str(state.rows("SELECT version_num FROM alembic_version")[0][0]),
        "counts": {table: int(state.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables},  # noqa: S608
    }


def _blob_names(state: Snapshot, register: Register) -> list[str]:
    queries = [f"SELECT {name} FROM {held.table}" for held, name in register.blobs()]  # noqa: S608
    return sorted(str(row[0]) for query in queries for row in state.rows(query))


def _ensure_still_named(runtime: Runtime, key: str) -> None:
    """A missing file whose row exists was lost before; if the row is missing too, it was just destroyed."""
    with runtime.database.read() as session:
        named = [exists().where(held.column(name) == key) for held, name in Register.of(session.info).blobs()]
        if not session.scalar(select(or_(*named))):
            raise _VanishedError


def _write_part(writer: SealingWriter, name: str, size: int, content: Iterable[bytes]) -> str:
    digest, written = hashlib.sha256(), 0
    writer.write(struct.pack(">H", len(name)) + name.encode() + struct.pack(">Q", size))
    for block in content:
        digest.update(block)
        written += writer.write(block)
    if written != size:
        raise BackupError(said("backup_size", name=name))
    return digest.hexdigest()


def _parsed(content: bytes) -> Manifest:
    try:
        return Manifest(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise BackupError(said("backup_manifest")) from error


def _content(path: Path, reader: Readable, size: int) -> Iterator[bytes]:
    while size:
        with _backup_errors(path):
            block = reader.read(min(size, _BLOCK))
            if not block:
                raise SealBrokenError
        size -= len(block)
        yield block


def _read_exactly(reader: Readable, size: int, *, may_end: bool = False) -> bytes:
    data = b""
    while len(data) < size and (block := reader.read(size - len(data))):
        data += block
    if len(data) < size and not (may_end and not data):
        raise SealBrokenError
    return data


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block


def _sum_of(content: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in content:
        digest.update(block)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
