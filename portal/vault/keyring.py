"""Keyrings, from a file or the environment: the keys that wrap data keys, and the secret behind every keyed hash."""

import base64
import fcntl
import json
import logging
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from portal import clock
from portal.sentences import said
from portal.vault.suites import NONCE_BYTES, SealBrokenError, derive_key, suite_of_code

KEY_BYTES = 32
_VERSION = 1
_ENVIRONMENT = "PORTAL_KEYRING_JSON"
Stamp = tuple[int, int]  # of a file: it changes when the file is replaced
_logger = logging.getLogger("portal.keyring")


class KeyringError(Exception):
    """The keyring is missing, unreadable, malformed or of other data: the portal does not start (SECURITY F11, F12)."""


class KeyProvider(Protocol):
    """Wraps and unwraps data keys without exposing its own keys.

    A provider that cannot be reached raises `errors.StorageUnavailableError`, which is never treated as a broken seal.
    """

    @property
    def place(self) -> str:
        """Where the keys are, as text for the command line."""

    @property
    def active_key_id(self) -> str:
        """The key that wraps new data keys."""

    @property
    def index_secret(self) -> bytes:
        """Never rotated: blind indexes, receipts and form tokens depend on it."""

    def key_ids(self) -> frozenset[str]:
        """All keys that can unwrap."""

    def is_available(self) -> bool:
        """Whether the active key works now."""

    def wrap(self, suite_code: int, data_key: bytes, place: bytes) -> tuple[str, bytes]:
        """The active key's id and the wrapped data key, bound to `place`."""

    def unwrap(self, key_id: str, suite_code: int, wrapped: bytes, place: bytes) -> bytes:
        """Raises SealBrokenError for an unknown key, and for data that were altered or moved."""

    def make_key(self) -> str:
        """Create a key, durably, and activate it; older keys stay."""

    def retire_key(self, key_id: str) -> None:
        """Destroy an inactive key. The caller has checked that it wraps no data."""


@dataclass(frozen=True, repr=False)
class TokenAddress:
    """A token of a hardware key store: its PKCS#11 library, label and PIN."""

    module: str
    label: str
    pin: str


@dataclass(frozen=True, repr=False)
class Keyring:
    """Keys by id, one of them active. `index_secret` is behind the blind index, receipts and form tokens.

    `retired` names the keys that were destroyed, so that a keyring without them is not taken for an older one.
    """

    active_key_id: str
    keys: Mapping[str, bytes]
    index_secret: bytes
    retired: frozenset[str] = frozenset()

    def wrap(self, suite_code: int, data_key: bytes, place: bytes) -> tuple[str, bytes]:
        suite = suite_of_code(suite_code)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self.active_key_id, nonce + suite.encrypt(
            self._key(self.active_key_id, suite_code), nonce, data_key, place
        )

    def unwrap(self, key_id: str, suite_code: int, wrapped: bytes, place: bytes) -> bytes:
        key = self._key(key_id, suite_code)
        return suite_of_code(suite_code).decrypt(key, wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], place)

    def _key(self, key_id: str, suite_code: int) -> bytes:
        suite = suite_of_code(suite_code)
        if key_id not in self.keys:
            raise SealBrokenError
        return derive_key(self.keys[key_id], f"wrap {suite.name}", suite.key_bytes)

    def fingerprint(self) -> str:
        return fingerprint(self.index_secret)

    def follows(self, other: "Keyring") -> bool:
        """Whether this is a later state of the other: it lacks no key but retired ones, and goes back in nothing."""
        is_forward = self.active_key_id not in other.keys or other.active_key_id in self.retired
        return (
            self.index_secret == other.index_secret
            and other.keys.keys() <= self.keys.keys() | self.retired
            and other.retired <= self.retired - self.keys.keys()
            and (is_forward or self.active_key_id == other.active_key_id)
        )


def fingerprint(index_secret: bytes) -> str:
    """A check value of the index secret: detects a swapped keyring without revealing the secret."""
    return derive_key(index_secret, "keyring fingerprint", 8).hex()


def new_keyring() -> Keyring:
    key_id = new_key_id()
    return Keyring(key_id, {key_id: secrets.token_bytes(KEY_BYTES)}, secrets.token_bytes(KEY_BYTES))


def new_key_id() -> str:
    """The date, for people, and random digits."""
    return f"k{clock.now():%Y%m%d}-{secrets.token_hex(3)}"


def key_date(key_id: str) -> date | None:
    """The date in a key id; None if the id is not in our format."""
    if not re.fullmatch(r"k[0-9]{8}-[0-9a-f]{6}", key_id):
        return None
    try:
        return date(int(key_id[1:5]), int(key_id[5:7]), int(key_id[7:9]))
    except ValueError:
        return None


class EnvironmentKeyProvider:
    """A keyring from an environment variable, which this process cannot change."""

    def __init__(self, text: str) -> None:
        self._keyring = parsed_keyring(text, _ENVIRONMENT)

    @property
    def place(self) -> str:
        return _ENVIRONMENT

    @property
    def keyring(self) -> Keyring:
        return self._keyring

    @property
    def active_key_id(self) -> str:
        return self.keyring.active_key_id

    @property
    def index_secret(self) -> bytes:
        return self._keyring.index_secret

    def key_ids(self) -> frozenset[str]:
        return frozenset(self.keyring.keys)

    def is_available(self) -> bool:
        return True  # the keys are in memory

    def wrap(self, suite_code: int, data_key: bytes, place: bytes) -> tuple[str, bytes]:
        return self.keyring.wrap(suite_code, data_key, place)

    def unwrap(self, key_id: str, suite_code: int, wrapped: bytes, place: bytes) -> bytes:
        return self.keyring.unwrap(key_id, suite_code, wrapped, place)

    def make_key(self) -> str:
        """Always refused: a process cannot change its environment for the next one."""
        raise KeyringError(
            f"the keyring comes from {_ENVIRONMENT}: put the output of `keys new` there, restart, and run keys rotate"
        )

    def retire_key(self, key_id: str) -> None:
        """Always refused, like `make_key`."""
        raise KeyringError(f"the keyring comes from {_ENVIRONMENT}: take {key_id} out of it there")


class FileKeyProvider(EnvironmentKeyProvider):
    """The keyring file. It is read again whenever it changes, so that a running portal follows a rotation.

    It never goes back: a file that lacks a key in use, such as an older copy, is not adopted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = stamp_of(path)
        self._keyring = load_keyring(path)
        self._refused: Stamp | None = None

    @property
    def place(self) -> str:
        return f"file {self.path}"

    @property
    def keyring(self) -> Keyring:
        """The current keyring; the last valid one while the file is unreadable, older or of another installation."""
        stamp = stamp_of(self.path)
        if stamp == self._stamp:
            self._refused = None
        elif stamp is not None:
            try:
                self._adopt(load_keyring(self.path), stamp)
            except KeyringError as error:
                self._refuse(stamp, str(error))
        return self._keyring

    def is_available(self) -> bool:
        """Whether the file is the keyring in use: a restart would take another one, or find none."""
        if stamp_of(self.path) is None:
            self._refuse((0, 0), f"keyring {self.path}: is gone")
        return bool(self.keyring.keys) and self._refused is None

    def make_key(self) -> str:
        """Reads the file under a lock, so that two processes do not overwrite each other's keys."""
        with locked_folder(self.path.parent):
            keyring = with_new_key(self._on_disk())
            save_keyring(self.path, keyring)
        return keyring.active_key_id

    def retire_key(self, key_id: str) -> None:
        """Raises KeyringError for an active or unknown key."""
        with locked_folder(self.path.parent):
            save_keyring(self.path, without_key(self._on_disk(), key_id))

    def remove_key(self, key_id: str) -> None:
        """Destroy a key, even the active one, once hardware keys wrap the data; the last key takes the file with it."""
        with locked_folder(self.path.parent):
            keyring = self._on_disk()
            rest = {name: key for name, key in keyring.keys.items() if name != key_id}
            left = Keyring(max(rest, default=""), rest, keyring.index_secret, keyring.retired | {key_id})
            if rest:
                save_keyring(self.path, left)
            else:
                self.path.unlink()
                sync_folder(self.path.parent)
        self._keyring = left

    def _on_disk(self) -> Keyring:
        keyring = load_keyring(self.path)
        if not keyring.follows(self._keyring):
            raise KeyringError(said("keyring_older", path=self.path))
        return keyring

    def _adopt(self, keyring: Keyring, stamp: Stamp) -> None:
        if not keyring.follows(self._keyring):
            self._refuse(stamp, f"keyring {self.path}: is another one, or lacks a key that is in use")
            return
        self._keyring, self._stamp, self._refused = keyring, stamp, None

    def _refuse(self, stamp: Stamp, reason: str) -> None:
        """Logged once for each state of the file; the keys in memory stay."""
        if stamp != self._refused:
            _logger.error("%s; the keys in memory stay in use. Put the right file back before a restart", reason)
        self._refused = stamp


def stamp_of(path: Path) -> Stamp | None:
    """Changes when a file is replaced; None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def with_new_key(keyring: Keyring) -> Keyring:
    """Adds a key and makes it the active one."""
    fresh = new_keyring()
    keys = {**keyring.keys, fresh.active_key_id: fresh.keys[fresh.active_key_id]}
    return replace(keyring, active_key_id=fresh.active_key_id, keys=keys)


def without_key(keyring: Keyring, key_id: str) -> Keyring:
    """Raises KeyringError for an active or unknown key."""
    if key_id == keyring.active_key_id or key_id not in keyring.keys:
        raise KeyringError(said("keyring_active", key=key_id))
    rest = {name: key for name, key in keyring.keys.items() if name != key_id}
    return replace(keyring, keys=rest, retired=keyring.retired | {key_id})


def load_keyring(path: Path) -> Keyring:
    """Raises KeyringError if the file is missing, unreadable, readable by others, or malformed."""
    return parsed_keyring(read_private(path), f"keyring {path}")


def parsed_keyring(text: str, name: str) -> Keyring:
    """Raises KeyringError for malformed text; the message has `name`, never the content."""
    try:
        content = json.loads(text)
        keys = {key_id: _decoded(key) for key_id, key in content["keys"].items()}
        retired = frozenset(str(key_id) for key_id in content.get("retired", ()))
        keyring = Keyring(content["active"], keys, _decoded(content["index_secret"]), retired)
        if content.get("version") != _VERSION or keyring.active_key_id not in keys:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyringError(said("keyring_damaged", name=name)) from error
    return keyring


def keyring_text(keyring: Keyring) -> str:
    """The format that `parsed_keyring` reads."""
    return json.dumps(
        {
            "version": _VERSION,
            "active": keyring.active_key_id,
            "keys": {name: base64.b64encode(key).decode() for name, key in keyring.keys.items()},
            "index_secret": base64.b64encode(keyring.index_secret).decode(),
            "retired": sorted(keyring.retired),
        }
    )


def make_keyring(path: Path) -> None:
    """Create the file unless it exists. Of replicas that start together one creates it and all use it."""
    make_private(path, keyring_text(new_keyring()))


def save_keyring(path: Path, keyring: Keyring) -> None:
    """Replace the file atomically and durably."""
    save_private(path, keyring_text(keyring))


def read_private(path: Path) -> str:
    """Raises KeyringError if the file is unreadable, or readable by others."""
    try:
        if path.stat().st_mode & 0o077 and not path.is_dir():  # a folder cannot be read at all
            raise KeyringError(said("keyring_open", path=path))
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise KeyringError(said("keyring_unreadable", path=path, reason=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise KeyringError(said("keyring_damaged", name=f"keyring {path}")) from error


def make_private(path: Path, text: str) -> None:
    """Create a file with mode 0600, durably; an existing one stays."""
    temporary = _written_beside(path, text)
    try:
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def save_private(path: Path, text: str) -> None:
    """Create or replace a file with mode 0600, durably."""
    os.replace(_written_beside(path, text), path)
    sync_folder(path.parent)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Lets one process at a time change keys; the lock ends with that process, even if it crashes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make created, renamed and deleted names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written_beside(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _decoded(text: Any) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError
    return key
