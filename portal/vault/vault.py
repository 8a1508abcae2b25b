"""Seals values and pictures, and opens one at a time for a caller who has already written the trail."""

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.sensitive_text.exact_form import exact_form
from portal.vault.keyring import KeyProvider
from portal.vault.masks import MASKS
from portal.vault.models import DataKey, SealedValue
from portal.vault.suites import (
    NONCE_BYTES,
    SUITES,
    TAG_BYTES,
    ListForgedError,
    MaskForgedError,
    SealBrokenError,
    SealMovedError,
    derive_key,
    suite_of_code,
)

_MAGIC, _OLDER_MAGIC = b"YX2", b"YX1"
_HEADER_BYTES = len(_MAGIC) + 1 + 16
# In front of a wrapped data key that is bound to its owner. Older ones begin with their nonce, and are shorter.
_BOUND_KEY = b"YK2"
REPORT = "report"
CREDENTIALS = "credentials"
CONTACT = "contact"  # of people who belong to no report
# Whoever knows these must not learn from equal indexes that two people share one, or a name.
_NEVER_INDEXED = ("password", "name")


@dataclass(frozen=True)
class Place:
    """Where a ciphertext belongs: moved to another table, field, row or owner it does not open (SECURITY C-4).

    Attributes:
        field: the name of what is sealed. owner_id: the owner of its data key: a report, a draft, a person.
    """

    table: str
    field: str
    owner_id: uuid.UUID
    row_id: uuid.UUID | str

    def bound(self) -> bytes:
        """As associated data. JSON keeps the parts apart, whatever a field is called."""
        return json.dumps([self.table, self.field, str(self.owner_id), str(self.row_id)]).encode()

    def older(self) -> bytes:
        """The associated data of values sealed before the owner became a part of it: their key is bound to it."""
        return f"{self.table}|{self.field}|{self.row_id}".encode()


@dataclass(frozen=True)
class OpenedKey:
    """A data key in memory for one operation; its repr shows no key."""

    id: uuid.UUID
    owner_id: uuid.UUID
    suite_code: int
    key: bytes

    def __repr__(self) -> str:
        return f"OpenedKey({self.id})"


class Vault:
    """The only access to the ciphers. Sealed bytes name their suite and data key and are bound to their place.

    Args:
        accepts_unbound: whether data keys that are not bound to their owner may open: only until an older
            version's keys have all been bound.
        accepts_unlisted: the same for data keys without a list of what they have sealed.
    """

    def __init__(
        self,
        keyring: KeyProvider,
        suite: str,
        accepts_unbound: Callable[[], bool] = lambda: False,
        accepts_unlisted: Callable[[], bool] = lambda: False,
    ) -> None:
        self.keyring = keyring
        self.suite = SUITES[suite]
        self._accepts_unbound = accepts_unbound
        self.accepts_unlisted = accepts_unlisted
        self._index_key = derive_key(keyring.index_secret, "blind index")
        self._hash_key = derive_key(keyring.index_secret, "keyed hash")
        self._proof_key = derive_key(keyring.index_secret, "proof of a mask")
        self._list_key = derive_key(keyring.index_secret, "proof of a list")

    def new_data_key(self, owner_id: uuid.UUID, purpose: str) -> tuple[OpenedKey, DataKey]:
        """A new data key for one owner and purpose, and its wrapped row for the caller to add."""
        row_id, key = uuid.uuid4(), secrets.token_bytes(self.suite.key_bytes)
        row = DataKey(
            id=row_id, owner_id=owner_id, purpose=purpose, suite=self.suite.name, created_at=clock.now()
        )  # fmt: skip
        self.list_rows(row, {})
        self._wrap(row, self.suite.code, key)
        return OpenedKey(row_id, owner_id, self.suite.code, key), row

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

    def seal(self, key: OpenedKey, place: Place, plaintext: bytes) -> bytes:
        """Ciphertext with a header that names suite and data key, bound to `place`.

        Raises:
            SealMovedError: the key is another owner's.
        """
        if key.owner_id != place.owner_id:
            raise SealMovedError
        suite = suite_of_code(key.suite_code)
        header = _MAGIC + bytes([key.suite_code]) + key.id.bytes
        nonce = secrets.token_bytes(NONCE_BYTES)
        return header + nonce + suite.encrypt(key.key, nonce, plaintext, header + place.bound())

    def open(self, session: Session, place: Place, sealed: bytes) -> bytes:
        """The plaintext.

        Raises:
            SealMovedError: the bytes belong to another owner. SealBrokenError: they were altered, moved within the
                owner or are foreign, or their data key was destroyed.
        """
        row = session.get(DataKey, data_key_id_of(sealed))
        if row is None:
            raise SealBrokenError
        return self.open_with(self._unwrapped(row), place, sealed)

    def open_with(self, key: OpenedKey, place: Place, sealed: bytes) -> bytes:
        """Like `open`, with a data key that is already unwrapped."""
        if data_key_id_of(sealed) != key.id or sealed[3] != key.suite_code:
            raise SealBrokenError
        if key.owner_id != place.owner_id:
            raise SealMovedError
        header, nonce_end = sealed[:_HEADER_BYTES], _HEADER_BYTES + NONCE_BYTES
        where = place.bound() if header.startswith(_MAGIC) else place.older()
        suite = suite_of_code(key.suite_code)
        return suite.decrypt(key.key, sealed[_HEADER_BYTES:nonce_end], sealed[nonce_end:], header + where)

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
        row = SealedValue(
            id=row_id,
            owner_id=owner_id,
            field=field,
            position=position,
            label=label,
            value_sealed=self.seal(key, Place(SealedValue.__tablename__, field, owner_id, row_id), value.encode()),
            value_masked=MASKS[mask](value),
            value_index=None if mask in _NEVER_INDEXED else self.blind_index(value),
            data_key_id=key.id,
            created_at=clock.now(),
        )
        row.proof = self.proof_of(row)
        return row

    def open_value(self, session: Session, row: SealedValue) -> str:
        """The secret of one row. Callers write the trail first.

        Raises:
            MaskForgedError: the mask or the index beside it is not the value's. SealBrokenError: as `open`.
        """
        if row.value_sealed is None or row.data_key_id != data_key_id_of(row.value_sealed):
            raise SealBrokenError
        self.check_mask(row)
        value = self.open(session, place_of(row), row.value_sealed).decode()
        if row.value_index is not None and row.value_index not in self.blind_indexes(value):
            raise MaskForgedError
        return value

    def check_mask(self, row: SealedValue) -> None:
        """Also for a value that was destroyed: what is left of it is its mask.

        Raises:
            MaskForgedError: owner, field, position, label or mask are not those that were stored.
        """
        is_emptied = row.value_sealed is None and not row.value_masked
        if is_emptied or (row.proof is None and self._accepts_unbound()):
            return
        if row.proof is None or not hmac.compare_digest(row.proof, self.proof_of(row)):
            raise MaskForgedError

    def proof_of(self, row: SealedValue) -> str:
        """A keyed hash over what is displayed of a value and where: it outlives the value's destruction."""
        shown = [str(row.id), str(row.owner_id), row.field, row.position, row.label, row.value_masked]
        return hmac.digest(self._proof_key, json.dumps(shown).encode(), "sha256").hex()

    def list_rows(self, key: DataKey, rows: Mapping[str, str]) -> None:
        """Note beside a data key which rows it has sealed: table and id, each with its field."""
        key.listed = json.dumps(rows, ensure_ascii=False)
        key.list_proof = self._list_proof(key)

    def listed_rows(self, key: DataKey) -> dict[str, str] | None:
        """What `list_rows` noted; None if nothing was noted yet.

        Raises:
            ListForgedError: the list is not the one that was noted for this key.
        """
        if key.listed is None:
            return None
        if key.list_proof is None or not hmac.compare_digest(key.list_proof, self._list_proof(key)):
            raise ListForgedError
        rows: dict[str, str] = json.loads(key.listed)
        return rows

    def _list_proof(self, key: DataKey) -> str:
        listed = [str(key.id), str(key.owner_id), key.purpose, key.listed]
        return hmac.digest(self._list_key, json.dumps(listed).encode(), "sha256").hex()

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

    def rewrap(self, row: DataKey, *, may_be_unbound: bool = False) -> None:
        """Wrap a data key with the active key, bound to its owner; the data that it sealed do not change."""
        key = self._unwrapped(row, may_be_unbound=may_be_unbound)
        self._wrap(row, key.suite_code, key.key)

    def check_data_key(self, row: DataKey) -> None:
        """Raises SealBrokenError if the data key cannot be unwrapped."""
        self._unwrapped(row)

    def reseal(self, session: Session, key: OpenedKey, row: SealedValue) -> None:
        """Seal a stored value with another data key, and compute the blind index of that key's suite."""
        if row.value_sealed is not None:
            value = self.open_value(session, row)
            row.value_sealed = self.seal(key, place_of(row), value.encode())
            row.value_index = self.blind_index(value) if row.value_index else None
        row.data_key_id = key.id

    def keyed_hash(self, purpose: str, text: str) -> str:
        """For query codes, draft and session tokens: stored hashes cannot be brute-forced without the key."""
        return hmac.new(self._hash_key, f"{purpose}|{text}".encode(), hashlib.sha256).hexdigest()

    def signer(self, purpose: str) -> Callable[[str], str]:
        """A keyed hash with a separate key, for modules that do not import the vault."""
        key = derive_key(self.keyring.index_secret, purpose)
        return lambda text: hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def _wrap(self, row: DataKey, suite_code: int, key: bytes) -> None:
        row.key_id, wrapped = self.keyring.wrap(suite_code, key, _key_place(row))
        row.key_wrapped = _BOUND_KEY + wrapped

    def _unwrapped(self, row: DataKey, *, may_be_unbound: bool = False) -> OpenedKey:
        if row.suite not in SUITES:
            raise SealBrokenError
        code, wrapped = SUITES[row.suite].code, row.key_wrapped
        if is_bound(row):
            wrapped, place = wrapped[len(_BOUND_KEY) :], _key_place(row)
        elif may_be_unbound or self._accepts_unbound():
            place = _older_key_place(row)
        else:
            raise SealBrokenError
        return OpenedKey(row.id, row.owner_id, code, self.keyring.unwrap(row.key_id, code, wrapped, place))


def data_key_id_of(sealed: bytes) -> uuid.UUID:
    if len(sealed) < _HEADER_BYTES + NONCE_BYTES or sealed[:3] not in (_MAGIC, _OLDER_MAGIC):
        raise SealBrokenError
    return uuid.UUID(bytes=bytes(sealed[4:_HEADER_BYTES]))


def place_of(row: SealedValue) -> Place:
    return Place(SealedValue.__tablename__, row.field, row.owner_id, row.id)


def is_bound(row: DataKey) -> bool:
    """Whether a data key's wrapping names its owner. An older one is shorter than its suite's key in this form."""
    return row.key_wrapped.startswith(_BOUND_KEY) and len(row.key_wrapped) == _bound_length(row)


def _bound_length(row: DataKey) -> int:
    return len(_BOUND_KEY) + NONCE_BYTES + SUITES[row.suite].key_bytes + TAG_BYTES


def _key_place(row: DataKey) -> bytes:
    return f"{DataKey.__tablename__}|{row.purpose}|{row.id}|{row.owner_id}".encode()


def _older_key_place(row: DataKey) -> bytes:
    return f"{DataKey.__tablename__}|{row.purpose}|{row.id}".encode()
