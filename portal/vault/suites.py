"""The cipher suites: AES-256-GCM with HMAC-SHA256, and SM4-GCM with HMAC-SM3 (GB/T 39786)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
TAG_BYTES = 16


class SealBrokenError(Exception):
    """The bytes were altered, moved to another place, or sealed with another key. Reveals nothing of the content."""

    what = "cannot be opened"


class SealMovedError(SealBrokenError):
    """The bytes belong to another owner than the row in which they are."""

    what = "belongs to another owner"


class MaskForgedError(SealBrokenError):
    """What is displayed of a value, or the index beside it, is not what was stored with it."""

    what = "has a forged mask, index or position"


class SealTakenError(SealBrokenError):
    """A value is gone although nobody has destroyed it."""

    what = "is gone without having been destroyed"


class RowsTakenError(SealBrokenError):
    """Rows that a data key has sealed are gone, or what they hold is, although the key lives.

    Attributes:
        rows: table, id and field of each.
    """

    def __init__(self, rows: Sequence[str]) -> None:
        super().__init__(rows)
        self.what = f"has sealed what is gone without having been destroyed: {'; '.join(rows)}"


class ListForgedError(SealBrokenError):
    """The list of what a data key has sealed is missing or is not the one that was stored."""

    what = "has no list, or a forged one, of what it has sealed"


class OtherKindError(SealBrokenError):
    """What opens is not of the kind that its row says."""

    what = "is not of the kind that its row says"


class Suite(Protocol):
    """One AEAD cipher and one keyed hash; `code` is the byte that identifies them in a sealed value."""

    @property
    def name(self) -> str: ...

    @property
    def code(self) -> int: ...

    @property
    def key_bytes(self) -> int: ...

    def encrypt(self, key: bytes, nonce: bytes, plaintext: bytes, place: bytes) -> bytes: ...

    def decrypt(self, key: bytes, nonce: bytes, ciphertext: bytes, place: bytes) -> bytes: ...

    def keyed_hash(self, key: bytes, data: bytes) -> bytes: ...


@dataclass(frozen=True)
class Aes256Gcm:
    name: str = "aes-256-gcm"
    code: int = 1
    key_bytes: int = 32

    def encrypt(self, key: bytes, nonce: bytes, plaintext: bytes, place: bytes) -> bytes:
        return AESGCM(key).encrypt(nonce, plaintext, place)

    def decrypt(self, key: bytes, nonce: bytes, ciphertext: bytes, place: bytes) -> bytes:
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, place)
        except InvalidTag as error:
            raise SealBrokenError from error

    def keyed_hash(self, key: bytes, data: bytes) -> bytes:
        return _hmac(hashes.SHA256(), key, data)


@dataclass(frozen=True)
class Sm4Gcm:
    """For sites under 密评. The library has no one-shot AEAD for SM4, so the GCM mode is used directly."""

    name: str = "sm4-gcm"
    code: int = 2
    key_bytes: int = 16

    def encrypt(self, key: bytes, nonce: bytes, plaintext: bytes, place: bytes) -> bytes:
        encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(place)
        return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag

    def decrypt(self, key: bytes, nonce: bytes, ciphertext: bytes, place: bytes) -> bytes:
        if len(ciphertext) < TAG_BYTES:
            raise SealBrokenError
        body, tag = ciphertext[:-TAG_BYTES], ciphertext[-TAG_BYTES:]
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(place)
        try:
            return decryptor.update(body) + decryptor.finalize()
        except InvalidTag as error:
            raise SealBrokenError from error

    def keyed_hash(self, key: bytes, data: bytes) -> bytes:
        return _hmac(hashes.SM3(), key, data)


SUITES: dict[str, Suite] = {suite.name: suite for suite in (Aes256Gcm(), Sm4Gcm())}
_BY_CODE: dict[int, Suite] = {suite.code: suite for suite in SUITES.values()}


def suite_of_code(code: int) -> Suite:
    """Raises SealBrokenError for an unknown code."""
    try:
        return _BY_CODE[code]
    except KeyError as error:
        raise SealBrokenError from error


def derive_key(secret: bytes, purpose: str, length: int = 32) -> bytes:
    """HKDF-SHA256 of a master secret; each purpose has its own key."""
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose.encode()).derive(secret)


def _hmac(algorithm: hashes.HashAlgorithm, key: bytes, data: bytes) -> bytes:
    mac = hmac.HMAC(key, algorithm)
    mac.update(data)
    return mac.finalize()
