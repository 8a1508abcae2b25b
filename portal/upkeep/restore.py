"""Restores a backup, completely or not at all: everything is verified and prepared aside, then swapped in one step."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, text

from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.problems import problem_label
from portal.audit.tags import Tag
from portal.db import Base, Database
from portal.holdings import Register
from portal.retention import schedule
from portal.retention.models import Tombstone
from portal.runtime import Runtime
from portal.sentences import said
from portal.settings import Settings
from portal.storage.blobs import BlobMissingError, BlobStore
from portal.storage.stores import store_for
from portal.upkeep import backup
from portal.upkeep.backup import DATABASE, MANIFEST, BackupError, Manifest
from portal.upkeep.dumps import Staging, staging
from portal.upkeep.room import ensure_room
from portal.vault import binding
from portal.vault.binding import BoundMark
from portal.vault.models import DataKey, VaultState
from portal.vault.start import vault_of
from portal.vault.streams import StreamCutError, label_of
from portal.vault.suites import SealBrokenError
from portal.vault.vault import Vault
from portal.watch import store_mark
from portal.worker import bind_seals

_FOLDER = ".restoring"


@dataclass(frozen=True)
class Restored:
    """What was restored, how many later destructions were repeated, and whether the checkpoints were started over."""

    manifest: Manifest
    destroyed_again: int
    has_new_checkpoints: bool


def restore(settings: Settings, path: Path, actor: Actor, *, may_replace: bool = False) -> Restored:
    """Restore a backup into an empty database, or with `may_replace` over one that holds data.

    The portal must be stopped. Until the very last step the existing data stay as they are; screenshots are only added,
    and the next sweep deletes those that nothing names.

    Raises:
        BackupError: the file, with what is wrong. KeyringError: the keys are not those of the backup.
        DumpError: the database could not be prepared or swapped. SchemaError: a newer version made it.
    """
    with _workplace(settings) as folder:
        ensure_room({folder: path.stat().st_size})
        vault = _vault_of_backup(settings, path, folder)
        manifest = backup.check(path, vault)
        target = staging(settings.database_url)
        if target.holds_data() and not may_replace:
            raise BackupError(said("needs_replace"))
        try:
            repeated = _prepare(settings, path, folder, vault, manifest, target, actor)
            target.swap()
        finally:
            target.discard()
    return Restored(manifest, repeated, _settle(settings))


def clear_leftovers(settings: Settings) -> None:
    """Remove the copy left beside the database by a killed restore: it may hold data that must be destroyed."""
    shutil.rmtree(settings.data_dir / _FOLDER, ignore_errors=True)
    if settings.database_url.startswith("sqlite"):
        staging(settings.database_url).discard()


def _prepare(
    settings: Settings, path: Path, folder: Path, vault: Vault, manifest: Manifest, target: Staging, actor: Actor
) -> int:
    """Verify the staged database, migrate it to this schema, repeat later destructions and add its screenshots."""
    _save_tombstones(settings, target)
    contents = backup.parts(path, vault)
    _load_database(contents, folder, target)
    _check_database(target.url, manifest)
    # Not the real uploads: what is destroyed again here was destroyed there already.
    aside = replace(
        settings,
        data_dir=folder,  # nothing in the real one changes before the swap
        database_url=target.url,
        uploads=str(folder / "uploads"),
        audit_checkpoints=folder / "checkpoints",
    )
    runtime, scratch, blobs = make_runtime(aside), store_for(aside), store_for(settings)
    try:
        scratch.prepare()
        store_mark.adopt(runtime.database, scratch)
        store_mark.ensure_not_foreign(blobs, runtime.database)
        repeated = schedule.reapply(runtime, schedule.tombstone_file(settings))
        _finish_database(runtime, manifest, actor)
        with runtime.database.read() as session:
            named = [select(held.column(name)) for held, name in Register.of(session.info).blobs()]
            wanted = {name for query in named for name in session.scalars(query)}
        blobs.prepare()
        _put_blobs(blobs, contents, wanted)
        store_mark.adopt(runtime.database, blobs)
        if binding.is_older(runtime.database):
            BoundMark(settings.data_dir).remove()  # it was about the data that are replaced
    finally:
        runtime.database.dispose()
    return repeated


def _save_tombstones(settings: Settings, target: Staging) -> None:
    """Destructions known to the database that is replaced must not be lost with it."""
    if not target.holds_data():
        return
    database = Database(settings.database_url)
    try:
        with database.engine.connect() as connection:
            has_table = database.engine.dialect.has_table(connection, Tombstone.__tablename__)
        if has_table:
            schedule.sync_file(database, schedule.tombstone_file(settings))
    finally:
        database.dispose()


def _load_database(contents: Iterator[tuple[str, Iterator[bytes]]], folder: Path, target: Staging) -> None:
    name, content = next(contents)
    if name != DATABASE:
        raise BackupError(said("backup_no_database"))
    dump = folder / "dump"
    with dump.open("xb") as file:
        for block in content:
            file.write(block)
    target.load(dump)
    dump.unlink(missing_ok=True)


def _check_database(url: str, manifest: Manifest) -> None:
    """Rows are counted before anything is changed; then the chain of the trail is checked."""
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            counts = {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in manifest.counts}  # noqa: S608
    finally:
        database.dispose()
    if counts != manifest.counts:
        raise BackupError(said("backup_counts"))


def _finish_database(runtime: Runtime, manifest: Manifest, actor: Actor) -> None:
    with runtime.database.read() as session:
        broken = trail.verify(session, verifier=runtime.checkpoints.signer).first_break
    if broken:
        raise BackupError(
            said("backup_trail", seq=broken.seq, problem=broken.problem, label=problem_label(broken.problem))
        )
    with runtime.database.transaction() as session:
        # Sessions that were ended after the backup must not become valid again.
        for held in Register.of(session.info).held:
            if held.ends_at_restore:
                session.execute(delete(held.model))
        trail.record(session, Tag.BACKUP_RESTORED, actor, particulars={"made_at": manifest.made_at})


def _put_blobs(blobs: BlobStore, contents: Iterator[tuple[str, Iterator[bytes]]], wanted: set[str]) -> None:
    """Add the screenshots that the new database names. Blob names are random and never reused, so nothing is lost."""
    for name, content in contents:
        data = b"".join(content)
        if name == MANIFEST or name not in wanted:
            continue
        stored = _stored_sum(blobs, name)
        if stored == hashlib.sha256(data).digest():
            continue
        if stored is not None:
            blobs.delete(name)  # damaged; a store may refuse to write over it
        blobs.put(name, data)


def _stored_sum(blobs: BlobStore, name: str) -> bytes | None:
    try:
        return hashlib.sha256(blobs.get(name)).digest()
    except BlobMissingError:
        return None


def _vault_of_backup(settings: Settings, path: Path, folder: Path) -> Vault:
    """The configured keys, which must be those of the backup: a scratch database says which ones it expects."""
    label = _label(path)
    kind = "sqlite" if settings.database_url.startswith("sqlite") else "postgresql"
    _check_format(path, label, kind)
    scratch = Database(f"sqlite:///{(folder / 'keys.db').absolute()}")
    try:
        expected = [Base.metadata.tables[model.__tablename__] for model in (VaultState, DataKey)]
        Base.metadata.create_all(scratch.engine, tables=expected)
        with scratch.transaction() as session:
            session.add(VaultState(id=1, fingerprint=str(label["fingerprint"]), key_id=str(label["key_id"])))
        return vault_of(scratch, settings)
    finally:
        scratch.dispose()


def _check_format(path: Path, label: dict[str, Any], kind: str) -> None:
    made = label["format"]
    if not isinstance(made, int) or made < 1:
        raise BackupError(said("backup_none", path=path))
    if made > backup.FORMAT:
        raise BackupError(said("backup_newer", path=path, made=made, known=backup.FORMAT))
    if label["database"] != kind:
        raise BackupError(said("backup_kind", path=path, made=label["database"], wanted=kind))


def _label(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            label = label_of(file)
    except StreamCutError as error:
        raise BackupError(said("backup_cut", path=path)) from error
    except SealBrokenError as error:
        raise BackupError(said("backup_none", path=path)) from error
    is_newer = isinstance(label.get("format"), int) and label["format"] > backup.FORMAT
    if not is_newer and not {"format", "database", "fingerprint", "key_id"} <= set(label):
        raise BackupError(said("backup_none", path=path))
    return label


@contextmanager
def _workplace(settings: Settings) -> Iterator[Path]:
    folder = settings.data_dir / _FOLDER
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settle(settings: Settings) -> bool:
    """Bind what an older version sealed. Checkpoints signed after the backup contradict it: their file is set aside
    and a new one started.
    """
    runtime = make_runtime(settings)
    try:
        bind_seals(runtime)
        if runtime.checkpoints.verify().is_whole:
            return False
        runtime.checkpoints.start_over()
        return True
    finally:
        runtime.database.dispose()
