"""Encrypts what waits on disk for a moment: with a key that nobody but this object ever holds."""

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class SpoolCipher:
    """One stream of bytes, written in order and read again in order. Not authenticated: the file has no name."""

    def __init__(self) -> None:
        self._cipher = Cipher(algorithms.AES(os.urandom(32)), modes.CTR(os.urandom(16)))
        self.encrypt: Callable[[bytes], bytes] = self._cipher.encryptor().update

    def decryption(self) -> Callable[[bytes], bytes]:
        """Decrypts from the beginning."""
        return self._cipher.decryptor().update
