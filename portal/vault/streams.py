"""Encrypts long streams in chunks under one new key: no byte is returned unverified, and truncation is detected.

Layout: magic, length and JSON header, then chunks of a length and ciphertext. Every chunk is bound to the header, to
its number and to whether it is the last one. The keyring wraps the key.
"""

import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

from portal.vault.keyring import KeyProvider
from portal.vault.suites import NONCE_BYTES, SealBrokenError, Suite, suite_of_code

MAGIC = b"YXSTREAM1\n"
_CHUNK = 1 << 20
_MOST_HEADER = 1 << 16
_MOST_CHUNK = _CHUNK + 64
_FINAL_BIT = 1 << 31
_KEY_FIELDS = ("suite", "key_id", "key_wrapped")


class StreamCutError(Exception):
    """The stream ends before its last chunk: truncated or never finished."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class SealingWriter:
    """Seals what is written. The stream is complete only after `finish`."""

    def __init__(self, to: BinaryIO, keyring: KeyProvider, suite: Suite, place: str, label: Mapping[str, Any]) -> None:
        """`label` goes into the unencrypted header; `place` binds the wrapped key to its use."""
        self._to, self._suite = to, suite
        self._key = secrets.token_bytes(suite.key_bytes)
        key_id, wrapped = keyring.wrap(suite.code, self._key, place.encode())
        key_fields = dict(zip(_KEY_FIELDS, (suite.code, key_id, wrapped.hex()), strict=True))
        header = json.dumps({**label, **key_fields}).encode()
        self._binding = hashlib.sha256(header).digest()
        self._buffer, self._number = bytearray(), 0
        to.write(MAGIC + struct.pack(">I", len(header)) + header)

    def write(self, data: bytes) -> int:
        self._buffer += data
        while len(self._buffer) > _CHUNK:
            self._seal(bytes(self._buffer[:_CHUNK]), is_final=False)
            del self._buffer[:_CHUNK]
        return len(data)

    def finish(self) -> None:
        """Seal the remaining bytes as the last chunk."""
        self._seal(bytes(self._buffer), is_final=True)
        self._buffer.clear()

    def _seal(self, plaintext: bytes, *, is_final: bool) -> None:
        nonce, place = _nonce(self._number), _place(self._binding, self._number, is_final)
        sealed = self._suite.encrypt(self._key, nonce, plaintext, place)
        self._to.write(struct.pack(">I", len(sealed) | (_FINAL_BIT if is_final else 0)) + sealed)
        self._number += 1


class OpeningReader:
    """Reads a sealed stream. Bytes are returned only after their chunk is verified."""

    def __init__(self, source: Readable, keyring: KeyProvider, place: str) -> None:
        """Reads the header and unwraps the key.

        Raises:
            SealBrokenError: not such a stream, altered, or sealed with a key that is not in the keyring.
            StreamCutError: it ends within the header.
        """
        self.label, self._binding = _header(source)
        try:
            code, key_id, wrapped = self.label["suite"], self.label["key_id"], bytes.fromhex(self.label["key_wrapped"])
        except (KeyError, ValueError, TypeError) as error:
            raise SealBrokenError from error
        self._source, self._suite = source, suite_of_code(code)
        self._key = keyring.unwrap(key_id, code, wrapped, place.encode())
        self._opened, self._number, self._is_finished = b"", 0, False

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; b"" at the verified end.

        Raises:
            SealBrokenError: a chunk was altered or moved, or data follow the last one.
            StreamCutError: the stream ends too early.
        """
        while not self._opened and not self._is_finished:
            self._opened = self._next_chunk()
        chunk, self._opened = self._opened[:size], self._opened[size:]
        return chunk

    def _next_chunk(self) -> bytes:
        (word,) = struct.unpack(">I", _exactly(self._source, 4))
        is_final, length = bool(word & _FINAL_BIT), word & ~_FINAL_BIT
        if length > _MOST_CHUNK:
            raise SealBrokenError
        sealed = _exactly(self._source, length)
        plaintext = self._suite.decrypt(
            self._key, _nonce(self._number), sealed, _place(self._binding, self._number, is_final)
        )
        self._number += 1
        self._is_finished = is_final
        if is_final and self._source.read(1):
            raise SealBrokenError
        return plaintext


def label_of(source: Readable) -> dict[str, Any]:
    """The header, readable without a key and not verified. Raises like `OpeningReader`."""
    return _header(source)[0]


def _header(source: Readable) -> tuple[dict[str, Any], bytes]:
    if _exactly(source, len(MAGIC)) != MAGIC:
        raise SealBrokenError
    (length,) = struct.unpack(">I", _exactly(source, 4))
    if length > _MOST_HEADER:
        raise SealBrokenError
    header = _exactly(source, length)
    try:
        label = json.loads(header)
    except ValueError as error:
        raise SealBrokenError from error
    if not isinstance(label, dict):
        raise SealBrokenError
    return label, hashlib.sha256(header).digest()


def _exactly(source: Readable, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise StreamCutError
    return data


def _nonce(number: int) -> bytes:
    # The key seals only this stream, so a counter never repeats a nonce.
    return number.to_bytes(NONCE_BYTES, "big")


def _place(binding: bytes, number: int, is_final: bool) -> bytes:
    return binding + struct.pack(">Q?", number, is_final)
