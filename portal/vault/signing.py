"""Ed25519 signatures of what leaves the database: checkpoints and exports of the trail."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.vault.suites import derive_key


class Verifier:
    """Checks signatures with a public key (32 bytes)."""

    def __init__(self, public_key: bytes) -> None:
        self.public_key = public_key
        self._key = Ed25519PublicKey.from_public_bytes(public_key)

    @property
    def fingerprint(self) -> str:
        """The first half of the SHA-256 of the public key, in hex."""
        return hashlib.sha256(self.public_key).hexdigest()[:32]

    def is_signed(self, data: bytes, signature: bytes) -> bool:
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class Signer(Verifier):
    """Its key is derived from the keyring's secret, so it is never stored and never rotates."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(derive_key(secret, purpose))
        super().__init__(self._private.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(data)


def trail_signer(index_secret: bytes) -> Signer:
    return Signer(index_secret, "trail checkpoints")
