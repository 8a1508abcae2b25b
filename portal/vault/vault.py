"""Seals values and pictures, and opens one at a time for a caller who has already written the trail."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.sensitive_text.exact_form import exact_form
from portal.vault.keyring import KeyProvider
from portal.vault.masks import MASKS
from portal.vault.models import DataKey, SealedValue
from portal.vault.suites import NONCE_BYTES, SUITES, SealBrokenError, derive_key, suite_of_code

_MAGIC = b"YX1"
_HEADER_BYTES = len(_MAGIC) + 1 + 16
REPORT = "report"
CREDENTIALS = "credentials"
# Whoever knows these must not learn from equal indexes that two people share one, or a name.
_NEVER_INDEXED = ("password", "name")


@dataclass(frozen=True)
class OpenedKey:
    """A data key in memory for one operation; its repr shows no key."""

    id: uuid.UUID
    suite_code: int
    key: bytes

    def __repr__(self) -> str:
        return f"OpenedKey({self.id})"


class Vault:
    """The only access to the ciphers. Sealed bytes name their suite and data key and are bound to their place."""

    def __init__(self, keyring: KeyProvider, suite: str) -> None:
        self.keyring = keyring
        self.suite = SUITES[suite]
        self._index_key = derive_key(keyring.index_secret, "blind index")
        self._hash_key = derive_key(keyring.index_secret, "keyed hash")

    def new_data_key(self, owner_id: uuid.UUID, purpose: str) -> tuple[OpenedKey, DataKey]:
        """A new data key for one owner and purpose, and its wrapped row for the caller to add."""
        row_id, key = uuid.uuid4(), secrets.token_bytes(self.suite.key_bytes)
        key_id, wrapped = self.keyring.wrap(self.suite.code, key, _key_place(row_id, purpose))
        row = DataKey(
            id=row_id,
            owner_id=owner_id,
            purpose=purpose,
            suite=self.suite.name,
            key_id=key_id,
            key_wrapped=wrapped,
            created_at=clock.now(),
        )
        return OpenedKey(row_id, self.suite.code, key), row

    def data_key(self, session: Session, owner_id: uuid.UUID, purpose: str) -> OpenedKey:
        """The owner's key for this purpose; created if there is none."""
        row = session.scalars(
            select(DataKey).where(DataKey.owner_id == owner_id, DataKey.purpose == purpose).limit(1)
        ).first()
        if row:
            return self._unwrapped(row)
        key, made = self.new_data_key(owner_id, purpose)
        session.add(made)
        session.flush()
        return key

    def seal(self, key: OpenedKey, place: str, plaintext: bytes) -> bytes:
        """Ciphertext with a header that names suite and data key, bound to `place` (table|column|row id)."""
        suite = suite_of_code(key.suite_code)
        header = _MAGIC + bytes([key.suite_code]) + key.id.bytes
        nonce = secrets.token_bytes(NONCE_BYTES)
        return header + nonce + suite.encrypt(key.key, nonce, plaintext, header + place.encode())

    def open(self, session: Session, place: str, sealed: bytes) -> bytes:
        """Raises SealBrokenError if the bytes were altered, moved or foreign, or their data key was destroyed."""
        row = session.get(DataKey, data_key_id_of(sealed))
        if row is None:
            raise SealBrokenError
        return self.open_with(self._unwrapped(row), place, sealed)

    def open_with(self, key: OpenedKey, place: str, sealed: bytes) -> bytes:
        """Like `open`, with a data key that is already unwrapped."""
        if data_key_id_of(sealed) != key.id or sealed[3] != key.suite_code:
            raise SealBrokenError
        nonce_end = _HEADER_BYTES + NONCE_BYTES
        nonce, body = sealed[_HEADER_BYTES:nonce_end], sealed[nonce_end:]
        return suite_of_code(key.suite_code).decrypt(key.key, nonce, body, sealed[:_HEADER_BYTES] + place.encode())

    def sealed_value(
        self,
        key: OpenedKey,
        *,
        owner_id: uuid.UUID,
        field: str,
        value: str,
        mask: str,
        position: int = 0,
        label: str = "",
    ) -> SealedValue:
        """The row of one secret: sealed, masked, and, unless a password or name, with a blind index (SECURITY C-8)."""
        row_id = uuid.uuid4()
        return SealedValue(
            id=row_id,
            owner_id=owner_id,
            field=field,
            position=position,
            label=label,
            value_sealed=self.seal(key, value_place(field, row_id), value.encode()),
            value_masked=MASKS[mask](value),
            value_index=None if mask in _NEVER_INDEXED else self.blind_index(value),
            data_key_id=key.id,
            created_at=clock.now(),
        )

    def open_value(self, session: Session, row: SealedValue) -> str:
        """The secret of one row. Callers write the trail first."""
        if row.value_sealed is None:
            raise SealBrokenError
        return self.open(session, value_place(row.field, row.id), row.value_sealed).decode()

    def index_of(self, session: Session, row: SealedValue) -> str | None:
        """The blind index of a stored value, which stays in here."""
        return self.blind_index(self.open_value(session, row))

    def blind_index(self, value: str) -> str | None:
        """A keyed hash for finding a value by equality, under any field; useless without the key. None for nothing."""
        form = exact_form(value)
        return self.suite.keyed_hash(self._index_key, form.encode()).hex() if form else None

    def blind_indexes(self, value: str) -> list[str]:
        """The hashes of every suite, so that values sealed under another suite are found too."""
        form = exact_form(value).encode()
        return [suite.keyed_hash(self._index_key, form).hex() for suite in SUITES.values()] if form else []

    def rewrap(self, row: DataKey) -> None:
        """Wrap a data key with the active key; the data that it sealed do not change."""
        key = self._unwrapped(row)
        row.key_id, row.key_wrapped = self.keyring.wrap(key.suite_code, key.key, _key_place(row.id, row.purpose))

    def check_data_key(self, row: DataKey) -> None:
        """Raises SealBrokenError if the data key cannot be unwrapped."""
        self._unwrapped(row)

    def reseal(self, session: Session, key: OpenedKey, row: SealedValue) -> None:
        """Seal a stored value with another data key, and compute the blind index of that key's suite."""
        if row.value_sealed is not None:
            value = self.open_value(session, row)
            row.value_sealed = self.seal(key, value_place(row.field, row.id), value.encode())
            row.value_index = self.blind_index(value) if row.value_index else None
        row.data_key_id = key.id

    def keyed_hash(self, purpose: str, text: str) -> str:
        """For query codes, draft and session tokens: stored hashes cannot be brute-forced without the key."""
        return hmac.new(self._hash_key, f"{purpose}|{text}".encode(), hashlib.sha256).hexdigest()

    def signer(self, purpose: str) -> Callable[[str], str]:
        """A keyed hash with a separate key, for modules that do not import the vault."""
        key = derive_key(self.keyring.index_secret, purpose)
        return lambda text: hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def _unwrapped(self, row: DataKey) -> OpenedKey:
        code = SUITES[row.suite].code
        place = _key_place(row.id, row.purpose)
        return OpenedKey(row.id, code, self.keyring.unwrap(row.key_id, code, row.key_wrapped, place))


def data_key_id_of(sealed: bytes) -> uuid.UUID:
    if len(sealed) < _HEADER_BYTES + NONCE_BYTES or sealed[:3] != _MAGIC:
        raise SealBrokenError
    return uuid.UUID(bytes=bytes(sealed[4:_HEADER_BYTES]))


def value_place(field: str, row_id: uuid.UUID) -> str:
    """Binds a sealed value to its row and field: moved elsewhere it does not open (SECURITY C-4)."""
    return f"sealed_values|{field}|{row_id}"


def _key_place(row_id: uuid.UUID, purpose: str) -> bytes:
    return f"data_keys|{purpose}|{row_id}".encode()
