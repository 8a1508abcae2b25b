"""One token of a hardware key store over PKCS#11: AES keys by label that never leave it. Needs the extra `hsm`."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import NoSuchKey, NoSuchToken, PinIncorrect, PinLocked, PKCS11Error, UserAlreadyLoggedIn
from pkcs11.mechanisms import GCMParams

from portal.errors import StorageUnavailableError
from portal.vault.keyring import KEY_BYTES, KeyringError, TokenAddress
from portal.vault.suites import NONCE_BYTES, SealBrokenError

_Result = TypeVar("_Result")
# While a token is unavailable, requests fail at once instead of queueing behind its time-outs.
_PAUSE_SECONDS = 1.0
# A library has one state per process, shared by all sessions, so calls are serialised.
_LOCK = threading.RLock()
# How often each library was reinitialised: older handles may now refer to another key.
_generations: dict[str, int] = {}


class TokenUnavailableError(StorageUnavailableError):
    """The token cannot be reached. Nothing was saved; service resumes when the token is back."""

    def __init__(self) -> None:
        super().__init__("密码机暂时连不上，现在不能保存或查看敏感信息。请稍后再试")


class Token:
    """AES-GCM inside the token. Reconnects by itself; safe to share between threads."""

    def __init__(self, address: TokenAddress) -> None:
        self.address = address
        self._session: pkcs11.Session | None = None
        self._generation = -1
        self._keys: dict[str, Any] = {}
        self._retry_at = 0.0
        self._is_pin_refused = False

    def open(self) -> None:
        """Connect for the first time.

        Raises:
            KeyringError: says in one sentence what is missing.
        """
        with _LOCK:
            try:
                try:
                    self._connect()
                except NoSuchToken:  # a library may know only the tokens present when it was initialised
                    self._generation = _generations.get(self.address.module, -1)
                    self._connect(reconnect=True)
            except PKCS11Error as error:
                raise KeyringError(self._reason(error)) from error

    def key_ids(self) -> frozenset[str]:
        """The labels of all AES keys."""
        query = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
        return self._with_session(
            lambda session: frozenset(str(key[Attribute.LABEL]) for key in session.get_objects(query))
        )

    def make_key(self, key_id: str) -> None:
        """An AES-256 key that cannot be exported."""

        def make(session: pkcs11.Session) -> None:
            session.generate_key(
                KeyType.AES,
                KEY_BYTES * 8,
                id=key_id.encode(),
                label=key_id,
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template={Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )

        self._with_session(make)

    def destroy_key(self, key_id: str) -> None:
        """Cannot be undone. Raises SealBrokenError when there is no such key."""

        def destroy(session: pkcs11.Session) -> None:
            self._key(session, key_id).destroy()
            self._keys.pop(key_id, None)

        self._with_session(destroy)

    def encrypt(self, key_id: str, nonce: bytes, plaintext: bytes, place: bytes) -> bytes:
        """AES-256-GCM ciphertext and tag, bound to `place`."""
        return self._with_session(lambda session: _encrypted(self._key(session, key_id), nonce, plaintext, place))

    def decrypt(self, key_id: str, nonce: bytes, ciphertext: bytes, place: bytes) -> bytes:
        """Raises SealBrokenError for an unknown key, and for data that were altered or moved."""

        def decrypt(session: pkcs11.Session) -> bytes:
            key = self._key(session, key_id)
            try:
                return bytes(
                    key.decrypt(ciphertext, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce, aad=place))
                )
            except PKCS11Error as error:
                # Tokens report "general error" for a wrong tag too. If this call works, it was the tag.
                _encrypted(key, secrets.token_bytes(NONCE_BYTES), b"trial", b"trial")
                raise SealBrokenError from error

        return self._with_session(decrypt)

    def _with_session(self, work: Callable[[pkcs11.Session], _Result]) -> _Result:
        """Runs `work`; after a failure once more with a new connection."""
        with _LOCK:
            if time.monotonic() < self._retry_at:
                raise TokenUnavailableError
            if self._session is not None and self._generation == _generations.get(self.address.module):
                try:
                    return work(self._session)
                except PKCS11Error:
                    self._session = None
            try:
                return work(self._connect(reconnect=True))
            except NoSuchKey as error:  # the token is available, the key is missing
                raise SealBrokenError from error
            except PKCS11Error as error:
                self._session, self._generation = None, _generations.get(self.address.module, -1)
                self._retry_at = time.monotonic() + _PAUSE_SECONDS
                raise TokenUnavailableError from error

    def _connect(self, *, reconnect: bool = False) -> pkcs11.Session:
        if self._is_pin_refused:
            raise PinIncorrect  # a refused PIN is not tried again: attempts are limited
        module = self.address.module
        library = pkcs11.lib(module)
        if reconnect and self._generation == _generations.get(module):
            library.reinitialize()  # a library that lost its token does not find it again otherwise
            _generations[module] = _generations.get(module, 0) + 1
        _generations.setdefault(module, 0)
        self._keys.clear()
        token = library.get_token(token_label=self.address.label)
        try:
            session = token.open(rw=True, user_pin=self.address.pin)
        except UserAlreadyLoggedIn:  # by another vault in this process
            session = token.open(rw=True)
        except PinIncorrect:
            self._is_pin_refused = True
            raise
        self._session, self._generation = session, _generations[module]
        return session

    def _key(self, session: pkcs11.Session, key_id: str) -> Any:
        if key_id not in self._keys:
            found = session.get_key(object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=key_id)
            self._keys[key_id] = found
        return self._keys[key_id]

    def _reason(self, error: PKCS11Error) -> str:
        if isinstance(error, NoSuchToken):
            return f"there is no PKCS#11 token {self.address.label}"
        if isinstance(error, PinIncorrect):
            return f"PKCS#11 token {self.address.label}: the PIN is wrong"
        if isinstance(error, PinLocked):
            return f"PKCS#11 token {self.address.label}: the PIN is locked"
        if "loading" in str(error):
            return f"PKCS#11 module {self.address.module} cannot be loaded"
        return f"PKCS#11 token {self.address.label}: {type(error).__name__}"


def _encrypted(key: Any, nonce: bytes, plaintext: bytes, place: bytes) -> bytes:
    return bytes(key.encrypt(plaintext, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce, aad=place)))
