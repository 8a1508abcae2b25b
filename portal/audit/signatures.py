"""The signatures that the trail needs; the keys live in the vault, a room above (SECURITY D-10)."""

from typing import Any, Protocol

from portal.audit.chain import encoded


class TrailVerifier(Protocol):
    """Checks the signatures of one key."""

    @property
    def public_key(self) -> bytes: ...

    @property
    def fingerprint(self) -> str: ...

    def is_signed(self, data: bytes, signature: bytes) -> bool: ...


class TrailSigner(TrailVerifier, Protocol):
    """A verifier that can sign too."""

    def sign(self, data: bytes) -> bytes: ...


def signed(content: dict[str, Any], signer: TrailSigner) -> dict[str, Any]:
    """The content with the key's fingerprint and, over all of it as canonical JSON, the signature in hex."""
    named = content | {"key": signer.fingerprint}
    return named | {"signature": signer.sign(encoded(named).encode()).hex()}


def is_genuine(content: dict[str, Any], verifier: TrailVerifier) -> bool:
    """Whether the signature in `content` is valid for the rest of it."""
    rest = {name: value for name, value in content.items() if name != "signature"}
    try:
        signature = bytes.fromhex(content["signature"])
    except (KeyError, TypeError, ValueError):
        return False
    return verifier.is_signed(encoded(rest).encode(), signature)
