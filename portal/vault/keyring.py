"""The keyring file: the keys that wrap data keys, and the secret behind every keyed hash."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from portal import clock
from portal.vault.suites import NONCE_BYTES, SealBrokenError, derive_key, suite_of_code

_KEY_BYTES = 32
_VERSION = 1


class KeyringError(Exception):
    """The keyring is missing, unreadable, malformed or another one: the portal does not start (SECURITY F11, F12)."""


class KeyProvider(Protocol):
    """Wraps and unwraps data keys; the key itself never leaves it."""

    @property
    def active_key_id(self) -> str: ...

    @property
    def index_secret(self) -> bytes: ...

    def wrap(self, suite_code: int, data_key: bytes, place: bytes) -> tuple[str, bytes]: ...

    def unwrap(self, key_id: str, suite_code: int, wrapped: bytes, place: bytes) -> bytes: ...


@dataclass(frozen=True, repr=False)
class Keyring:
    """Keys by id, one of them active; `index_secret` feeds the blind index, receipts and form tokens."""

    active_key_id: str
    keys: Mapping[str, bytes]
    index_secret: bytes

    def wrap(self, suite_code: int, data_key: bytes, place: bytes) -> tuple[str, bytes]:
        """The active key's id and the wrapped data key, bound to `place`."""
        suite = suite_of_code(suite_code)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self.active_key_id, nonce + suite.encrypt(
            self._key(self.active_key_id, suite_code), nonce, data_key, place
        )

    def unwrap(self, key_id: str, suite_code: int, wrapped: bytes, place: bytes) -> bytes:
        """The data key; SealBrokenError when it is not ours, altered or moved."""
        key = self._key(key_id, suite_code)
        return suite_of_code(suite_code).decrypt(key, wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], place)

    def _key(self, key_id: str, suite_code: int) -> bytes:
        suite = suite_of_code(suite_code)
        if key_id not in self.keys:
            raise SealBrokenError
        return derive_key(self.keys[key_id], f"wrap {suite.name}", suite.key_bytes)

    def fingerprint(self) -> str:
        """A check value of the index secret: tells a swapped keyring without revealing it."""
        return derive_key(self.index_secret, "keyring fingerprint", 8).hex()


def new_keyring() -> Keyring:
    """Fresh random keys."""
    key_id = f"k{clock.now():%Y%m%d}-{secrets.token_hex(3)}"
    return Keyring(key_id, {key_id: secrets.token_bytes(_KEY_BYTES)}, secrets.token_bytes(_KEY_BYTES))


class FileKeyProvider:
    """The keyring file, read again whenever it changes: a portal that serves follows a rotation at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = _stamp_of(path)
        self._keyring = load_keyring(path)

    @property
    def keyring(self) -> Keyring:
        """The keyring as it is now; the last good one while the file cannot be read or is another installation's."""
        stamp = _stamp_of(self.path)
        if stamp not in (None, self._stamp):
            with suppress(KeyringError):
                self._adopt(load_keyring(self.path), stamp)
        return self._keyring

    def _adopt(self, keyring: Keyring, stamp: tuple[int, int] | None) -> None:
        if keyring.index_secret == self._keyring.index_secret:
            self._keyring, self._stamp = keyring, stamp

    @property
    def active_key_id(self) -> str:
        """The key that wraps new data keys."""
        return self.keyring.active_key_id

    @property
    def index_secret(self) -> bytes:
        """Never rotated: blind indexes and receipts depend on it."""
        return self._keyring.index_secret

    def wrap(self, suite_code: int, data_key: bytes, place: bytes) -> tuple[str, bytes]:
        """As `Keyring.wrap`."""
        return self.keyring.wrap(suite_code, data_key, place)

    def unwrap(self, key_id: str, suite_code: int, wrapped: bytes, place: bytes) -> bytes:
        """As `Keyring.unwrap`."""
        return self.keyring.unwrap(key_id, suite_code, wrapped, place)


def _stamp_of(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def with_new_key(keyring: Keyring) -> Keyring:
    """The keyring with one more key, which is now the active one."""
    fresh = new_keyring()
    keys = {**keyring.keys, fresh.active_key_id: fresh.keys[fresh.active_key_id]}
    return Keyring(fresh.active_key_id, keys, keyring.index_secret)


def without_key(keyring: Keyring, key_id: str) -> Keyring:
    """The keyring without a retired key; the active one cannot be retired."""
    if key_id == keyring.active_key_id or key_id not in keyring.keys:
        raise KeyringError(f"key {key_id} is active or unknown and cannot be retired")
    return Keyring(
        keyring.active_key_id,
        {name: key for name, key in keyring.keys.items() if name != key_id},
        keyring.index_secret,
    )


def load_keyring(path: Path) -> Keyring:
    """Read and check the file.

    Raises:
        KeyringError: missing, unreadable, readable by others, or malformed.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise KeyringError(f"keyring {path}: must not be readable by others (chmod 600)")
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = {name: _decoded(text) for name, text in content["keys"].items()}
        keyring = Keyring(content["active"], keys, _decoded(content["index_secret"]))
        if content.get("version") != _VERSION or keyring.active_key_id not in keys:
            raise ValueError
    except OSError as error:
        raise KeyringError(f"keyring {path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyringError(f"keyring {path}: is damaged") from error
    return keyring


def make_keyring(path: Path) -> None:
    """Put a fresh keyring where there is none; of replicas that start together one wins and all use its file."""
    aside = _written_aside(path, new_keyring())
    try:
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()
    _sync_folder(path.parent)


def save_keyring(path: Path, keyring: Keyring) -> None:
    """Put the file in place of the one that is there, durably: whoever reads sees the old one or the new one."""
    os.replace(_written_aside(path, keyring), path)
    _sync_folder(path.parent)


def _written_aside(path: Path, keyring: Keyring) -> Path:
    content = {
        "version": _VERSION,
        "active": keyring.active_key_id,
        "keys": {name: base64.b64encode(key).decode() for name, key in keyring.keys.items()},
        "index_secret": base64.b64encode(keyring.index_secret).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    return aside


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _decoded(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != _KEY_BYTES:
        raise ValueError
    return key
