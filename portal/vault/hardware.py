"""Keys in a hardware key store. An older keyring stays readable as long as it wraps any data."""

import base64
import json
import logging
import secrets
from pathlib import Path

from portal.errors import StorageUnavailableError
from portal.sentences import said
from portal.vault.keyring import (
    KEY_BYTES,
    EnvironmentKeyProvider,
    FileKeyProvider,
    KeyringError,
    Stamp,
    locked_folder,
    make_private,
    new_key_id,
    read_private,
    save_private,
    stamp_of,
)
from portal.vault.suites import NONCE_BYTES, SealBrokenError, suite_of_code
from portal.vault.token import Token

_VERSION = 1
_SECRET_PLACE = b"index secret"
_logger = logging.getLogger("portal.keyring")


class HardwareKeyProvider:
    """Wraps data keys inside the token, with its active key.

    Not every token can compute our keyed hashes, so the index secret is kept wrapped in a file beside the data,
    together with the active key's id. The file is read again whenever it changes.
    """

    def __init__(self, token: Token, path: Path, older: EnvironmentKeyProvider | None) -> None:
        self._token = token
        self._path = path
        self._stamp = stamp_of(path)
        self._refused: Stamp | None = None
        self._active, self._index_secret, self._former = _read(token, path)
        self._older = older if older and older.index_secret == self._index_secret else None

    @property
    def place(self) -> str:
        place = f"PKCS#11 token {self._token.address.label}"
        return f"{place}, older keys in {self._older.place}" if self._older and self._older.key_ids() else place

    @property
    def active_key_id(self) -> str:
        """As the file names it now; the last valid one while the file cannot be read, or is an older one."""
        stamp = stamp_of(self._path)
        if stamp == self._stamp:
            self._refused = None
        elif stamp is not None and stamp != self._refused:
            try:
                active, index_secret, former = _read(self._token, self._path)
            except KeyringError as error:
                _logger.error("%s; the key in memory stays in use", error)
                self._refused = stamp
                return self._active
            if index_secret == self._index_secret and self._active in {active, *former}:
                self._active, self._former, self._stamp, self._refused = active, former, stamp, None
            else:
                _logger.error("%s names another or an older key; the key in memory stays in use", self._path)
                self._refused = stamp
        return self._active

    @property
    def index_secret(self) -> bytes:
        """Unwrapped once, at the start."""
        return self._index_secret

    def key_ids(self) -> frozenset[str]:
        """The token's keys and those of the older keyring."""
        return self._token.key_ids() | (self._older.key_ids() if self._older else frozenset())

    def is_available(self) -> bool:
        """Whether the token responds, its active key works, and the file names it."""
        try:
            self._token.encrypt(self.active_key_id, secrets.token_bytes(NONCE_BYTES), b"trial", b"trial")
        except (StorageUnavailableError, SealBrokenError):
            return False
        return self._refused is None and stamp_of(self._path) is not None

    def wrap(self, suite_code: int, data_key: bytes, place: bytes) -> tuple[str, bytes]:
        """Wraps with AES, whatever suite the data key is for."""
        key_id, nonce = self.active_key_id, secrets.token_bytes(NONCE_BYTES)
        return key_id, nonce + self._token.encrypt(key_id, nonce, data_key, _bound(suite_code, place))

    def unwrap(self, key_id: str, suite_code: int, wrapped: bytes, place: bytes) -> bytes:
        if self._older and key_id in self._older.key_ids():
            return self._older.unwrap(key_id, suite_code, wrapped, place)
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        return self._token.decrypt(key_id, nonce, body, _bound(suite_code, place))

    def make_key(self) -> str:
        """A crash midway leaves an unused key in the token."""
        with locked_folder(self._path.parent):
            key_id, active = new_key_id(), self.active_key_id
            if self._refused is not None:
                raise KeyringError(said("keyring_older", path=self._path))
            self._token.make_key(key_id)
            former = (*self._former, active)
            save_private(self._path, _written(self._token, key_id, self._index_secret, former))
        return key_id

    def retire_key(self, key_id: str) -> None:
        """Raises KeyringError for an active or unknown key."""
        if key_id == self.active_key_id or key_id not in self.key_ids():
            raise KeyringError(said("keyring_active", key=key_id))
        if self._older is None or key_id not in self._older.key_ids():
            self._token.destroy_key(key_id)
        elif isinstance(self._older, FileKeyProvider):
            self._older.remove_key(key_id)
        else:
            self._older.retire_key(key_id)


def first_token_file(token: Token, path: Path, expected: str | None, older: EnvironmentKeyProvider | None) -> None:
    """Set up a token, for a new installation or beside the keyring that wraps the existing data.

    Args:
        expected: the key id that the database expects; None when there are no data.
        older: the keyring that belongs to the data.

    Raises:
        KeyringError: there are data, but no keyring that belongs to them.
    """
    known = token.key_ids()
    if expected is not None and (older is None or expected not in known | older.key_ids()):
        raise KeyringError(said("keyring_missing", path=path))
    index_secret = older.index_secret if older else secrets.token_bytes(KEY_BYTES)
    active = expected if expected in known else None
    if active is None:
        active = new_key_id()
        token.make_key(active)
    make_private(path, _written(token, active, index_secret))


def _read(token: Token, path: Path) -> tuple[str, bytes, tuple[str, ...]]:
    """The active key's id, the index secret, and the ids that were active before."""
    try:
        content = json.loads(read_private(path))
        active, sealed = content["active"], base64.b64decode(content["index_secret"], validate=True)
        former = tuple(str(key_id) for key_id in content.get("former", ()))
        if content["version"] != _VERSION or not isinstance(active, str):
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise KeyringError(said("keyring_damaged", name=f"keyring {path}")) from error
    try:
        return active, token.decrypt(active, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _SECRET_PLACE), former
    except SealBrokenError as error:
        problem = "cannot be opened with it" if active in token.key_ids() else "the key is not there"
        raise KeyringError(f"PKCS#11 token {token.address.label}, key {active}, for {path}: {problem}") from error


def _written(token: Token, active: str, index_secret: bytes, former: tuple[str, ...] = ()) -> str:
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + token.encrypt(active, nonce, index_secret, _SECRET_PLACE)
    content = {"version": _VERSION, "active": active, "index_secret": base64.b64encode(sealed).decode()}
    return json.dumps(content | {"former": list(former)})


def _bound(suite_code: int, place: bytes) -> bytes:
    return suite_of_code(suite_code).name.encode() + b"|" + place
