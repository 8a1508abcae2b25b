"""Validates an ID token (OpenID Connect Core 3.1.3.7). No claim is used before all checks pass."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

# Only signatures that need the provider's private key. `none` and HS… can be forged from public data.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY_SECONDS = 30
LONGEST_SUBJECT = 255
SMALLEST_RSA_BITS = 2048


class TokenRefusedError(Exception):
    """The provider's response is not acceptable; `reason` is our own word, never a part of the response."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKeyError(TokenRefusedError):
    """The token names a key that is not among the known ones; the provider may have new keys."""


def signed_claims(token: object, keys: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], str]:
    """The claims of a token signed with one of the provider's keys, and the algorithm.

    Args:
        keys: the provider's JSON Web Keys. Keys inside the token are ignored.

    Raises:
        UnknownKeyError: the token names a key that is not among them.
        TokenRefusedError: not a token, or its signature or algorithm is not acceptable.
    """
    from joserfc import jws, jwt  # noqa: PLC0415 - loaded only for this kind of sign-in
    from joserfc.errors import JoseError  # noqa: PLC0415

    if not isinstance(token, str):
        raise TokenRefusedError("no-token")
    # Providers add their own header fields; those marked as critical (`crit`) are still refused.
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        decoded = jwt.decode(token, lambda signature: _key_of(signature.headers(), keys), registry=registry)
    except (JoseError, ValueError, TypeError, RecursionError):
        # The last three come from hostile strings, numbers and nesting.
        raise TokenRefusedError("signature") from None
    return dict(decoded.claims), str(decoded.header["alg"])


def checked_subject(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: float) -> str:
    """The token's subject, if it was issued by this issuer, for this client and this sign-in, and just now.

    Raises:
        TokenRefusedError: names the first claim that fails.
    """
    if claims.get("iss") != issuer:
        raise TokenRefusedError("iss")
    _check_audience(claims, client_id)
    # Written so that NaN, for which every comparison is false, is refused.
    if not _moment(claims, "exp") > now - LEEWAY_SECONDS:
        raise TokenRefusedError("exp")
    if not _moment(claims, "iat") <= now + LEEWAY_SECONDS:
        raise TokenRefusedError("iat")
    if "nbf" in claims and not _moment(claims, "nbf") <= now + LEEWAY_SECONDS:
        raise TokenRefusedError("nbf")
    token_nonce = claims.get("nonce")
    if not isinstance(token_nonce, str) or not hmac.compare_digest(token_nonce.encode(), nonce.encode()):
        raise TokenRefusedError("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not is_subject(subject):
        raise TokenRefusedError("sub")
    return subject


def check_access_token(claims: Mapping[str, Any], algorithm: str, access_token: object) -> None:
    """The access token must match `at_hash`, when the ID token has one."""
    if "at_hash" not in claims:
        return
    if not isinstance(access_token, str):
        raise TokenRefusedError("at_hash")
    digest = hashlib.new(f"sha{algorithm[-3:]}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
    if not hmac.compare_digest(str(claims["at_hash"]).encode(), half.encode()):
        raise TokenRefusedError("at_hash")


def is_subject(text: str) -> bool:
    """Whether `sub` is well formed: 1 to 255 printable ASCII characters."""
    return 0 < len(text) <= LONGEST_SUBJECT and text.isascii() and text.isprintable() and text == text.strip()


def _key_of(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> Any:
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415

    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise TokenRefusedError("algorithm")
    kind: Any = ECKey if algorithm.startswith("ES") else RSAKey
    candidates = [key for key in keys if key.get("kty") == kind.key_type and key.get("use", "sig") == "sig"]
    if "kid" in header:
        candidates = [key for key in candidates if key.get("kid") == header["kid"]]
    if len(candidates) != 1:
        raise UnknownKeyError("key")
    key = kind.import_key(dict(candidates[0]))
    if kind is RSAKey and key.raw_value.key_size < SMALLEST_RSA_BITS:
        raise TokenRefusedError("key")
    return key


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise TokenRefusedError("aud")
    # With several audiences, `azp` must name us.
    if claims.get("azp", client_id if len(audiences) == 1 else None) != client_id:
        raise TokenRefusedError("azp")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefusedError(name)
    return value
