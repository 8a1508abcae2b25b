"""One sentence for whatever ends a command: what, where (setting or file), and what to do; never a password."""

import errno
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from portal.audit.checkpoints import CheckpointError
from portal.audit.export import ExportBrokenError
from portal.audit.problems import problem_label
from portal.audit.purge import PurgeRefusedError
from portal.errors import InvalidError, PortalError, StorageUnavailableError
from portal.migrations import SchemaError
from portal.sentences import said
from portal.settings import Settings, SettingsError
from portal.upkeep.rotation import NotCleanError
from portal.vault.keyring import KeyringError
from portal.watch.store_mark import WrongStoreError

_BY_ERRNO = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EROFS: "read_only",
    errno.ENOENT: "not_there",
    errno.ENOTDIR: "not_a_folder",
    errno.EISDIR: "a_folder",
    errno.EEXIST: "is_there",
}
_IN_ENGLISH: dict[type[Exception], str] = {
    SchemaError: "schema_newer",
    PurgeRefusedError: "trail_not_purged",
    CheckpointError: "checkpoints_broken",
    ExportBrokenError: "export_broken",
    KeyringError: "keyring",
    NotCleanError: "keys_not_clean",
}
_FULL = ("disk is full", "no space left", "could not extend file")


def sentence_of(error: BaseException, settings: Settings | None) -> str:
    """The sentence for `error`, in Chinese with its English twin."""
    text = _sentence(error, settings)
    return redacted(text, settings) if settings else text


def redacted(text: str, settings: Settings) -> str:
    """Without the secrets of the settings, whoever wrote them into it."""
    for secret in sorted(set(_secrets(settings)), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets(held: Any) -> Iterator[str]:
    """What `repr` does not show: whole values, and the passwords in addresses."""
    for field in fields(held):
        value = getattr(held, field.name)
        for part in value.values() if isinstance(value, Mapping) else (value,):
            if is_dataclass(part):
                yield from _secrets(part)
            elif not field.repr and part and "://" not in part:
                yield part
            elif not field.repr and part:
                yield from _in_address(part)


def _in_address(address: str) -> Iterator[str]:
    """Its password, and the key in its query; host and port may be said."""
    try:
        parts = urlsplit(address)
        yield from (part for part in (unquote(parts.password or ""), parts.password, parts.query) if part)
    except ValueError:
        yield address


def _sentence(error: BaseException, settings: Settings | None) -> str:
    """Empty for an error that this module does not know."""
    name = next((name for kind, name in _IN_ENGLISH.items() if isinstance(error, kind)), None)
    if name:
        return _twinned(name, str(error))
    if isinstance(error, SettingsError):
        return "settings: " + "\nsettings: ".join(error.faults)
    if isinstance(error, WrongStoreError) and settings:
        return said(f"store_{error.problem}", place=settings.uploads)
    database_error = _database_error(error)
    if database_error is not None and settings:
        return _of_database(database_error, settings)
    if isinstance(error, PortalError) and not isinstance(error.__cause__, OSError):
        return _refusal(error)
    cause = error.__cause__ if isinstance(error, PortalError) else error
    return _of_system(cause, settings) if isinstance(cause, OSError) else ""


def _refusal(error: PortalError) -> str:
    if isinstance(error, InvalidError):
        messages = "；".join(fault.message for fault in error.faults)
        return said("invalid", messages=messages, codes=", ".join(f"{f.field} {f.code}" for f in error.faults))
    if _is_twinned(error.message):
        return error.message
    return said("refused", message=error.message, status=error.status)


def _twinned(name: str, reason: str) -> str:
    """A reason in English gets its Chinese; one that has both stays."""
    return reason if _is_twinned(reason) else said(name, problem=reason, label=problem_label(reason))


def _is_twinned(text: str) -> bool:
    return text.endswith(")") and any("\u4e00" <= sign <= "\u9fff" for sign in text.partition("(")[0])


def _database_error(error: BaseException) -> SQLAlchemyError | sqlite3.Error | None:
    """The database's own error, also behind the polite sentence for visitors."""
    if isinstance(error, SQLAlchemyError | sqlite3.Error):
        return error
    cause = error.__cause__
    return cause if isinstance(error, StorageUnavailableError) and isinstance(cause, SQLAlchemyError) else None


def _of_database(error: SQLAlchemyError | sqlite3.Error, settings: Settings) -> str:
    place = _place(settings.database_url)
    own = error.orig if isinstance(error, DBAPIError) else error if isinstance(error, sqlite3.Error) else None
    lines = str(own or type(error).__name__).strip().splitlines()
    reason = lines[0].strip() if lines else type(error).__name__
    if any(sign in reason.lower() for sign in _FULL):
        return said("disk_full", place=place)
    if "database is locked" in reason:
        return said("database_busy", place=place)
    if "readonly database" in reason or "unable to open database file" in reason:
        return said("no_permission", place=f"{place} [PORTAL_DATABASE_URL]")
    if "not a database" in reason or "malformed" in reason:
        return said("database_damaged", place=place)
    return said("database_unreachable", place=place, reason=reason)


def _place(url: str) -> str:
    parts = make_url(url)
    if parts.host is None:
        return str(parts.database)
    return f"{parts.host}:{parts.port or 5432}/{parts.database}"


def _of_system(error: OSError, settings: Settings | None) -> str:
    place = _named(error.filename, settings)
    name = _BY_ERRNO.get(error.errno or 0)
    if name is None:
        return said("system_error", place=place, reason=error.strerror or type(error).__name__)
    return said(name, place=place)


def _named(filename: object, settings: Settings | None) -> str:
    """The file, with the setting that names it or a folder above it."""
    if not isinstance(filename, str | bytes | Path):
        return "文件"
    path = Path(filename.decode(errors="replace") if isinstance(filename, bytes) else filename)
    for name, folder in settings.folders().items() if settings else ():
        if path == folder or folder in path.parents or path in folder.parents:
            return f"{path} [{name}]"
    return str(path)


def trail_sentence(problem: str, seq: int | None = None) -> str:
    """What a check of the trail has found; the checks name it in English."""
    if seq is not None:
        return said("trail_broken", seq=seq, label=problem_label(problem), problem=problem)
    return _twinned("checkpoints_broken", problem)
