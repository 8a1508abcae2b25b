"""The checks of an ID token (OpenID Connect Core 3.1.3.7): nothing of it is believed before all of them."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

# Signatures that need the provider's private key. Neither `none` nor HS…: those anybody can make from public parts.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY_SECONDS = 30
LONGEST_SUBJECT = 255
SMALLEST_RSA_BITS = 2048


class TokenRefusedError(Exception):
    """The provider's answer is not what it must be; `reason` is a word of ours and never a part of the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKeyError(TokenRefusedError):
    """None of the keys known so far has the name that the token gives: the provider may have new ones."""


def signed_claims(token: object, keys: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], str]:
    """The claims of a token that was signed with one of the provider's keys, and the algorithm.

    Args:
        keys: the provider's JSON Web Keys. Keys that the token itself brings along are never looked at.

    Raises:
        UnknownKeyError: the token names a key that is not among them.
        TokenRefusedError: it is no token, or its signature or algorithm is not acceptable.
    """
    from joserfc import jws, jwt  # noqa: PLC0415 - only where somebody signs in this way
    from joserfc.errors import JoseError  # noqa: PLC0415

    if not isinstance(token, str):
        raise TokenRefusedError("no-token")
    # Providers add header fields of their own; those that must be understood (`crit`) are refused all the same.
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        decoded = jwt.decode(token, lambda signature: _key_of(signature.headers(), keys), registry=registry)
    except (JoseError, ValueError, TypeError, RecursionError):
        # The last three: what a hostile token can still make of a text, a number or a nesting.
        raise TokenRefusedError("signature") from None
    return dict(decoded.claims), str(decoded.header["alg"])


def checked_subject(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: float) -> str:
    """Whose token it is, once it was made by this issuer, for this client, for this very sign-in, and just now.

    Raises:
        TokenRefusedError: naming the first claim that is not right.
    """
    if claims.get("iss") != issuer:
        raise TokenRefusedError("iss")
    _check_audience(claims, client_id)
    # Said the positive way: a comparison with NaN is false, and so refuses.
    if not _moment(claims, "exp") > now - LEEWAY_SECONDS:
        raise TokenRefusedError("exp")
    if not _moment(claims, "iat") <= now + LEEWAY_SECONDS:
        raise TokenRefusedError("iat")
    if "nbf" in claims and not _moment(claims, "nbf") <= now + LEEWAY_SECONDS:
        raise TokenRefusedError("nbf")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise TokenRefusedError("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not is_subject(subject):
        raise TokenRefusedError("sub")
    return subject


def check_access_token(claims: Mapping[str, Any], algorithm: str, access_token: object) -> None:
    """Where the ID token says which access token came with it, it must be that one (`at_hash`)."""
    if "at_hash" not in claims:
        return
    if not isinstance(access_token, str):
        raise TokenRefusedError("at_hash")
    digest = hashlib.new(f"sha{algorithm[-3:]}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
    if not hmac.compare_digest(str(claims["at_hash"]).encode(), half.encode()):
        raise TokenRefusedError("at_hash")


def is_subject(text: str) -> bool:
    """Whether a provider may give this as somebody's number: 1 to 255 ASCII characters that can be seen."""
    return 0 < len(text) <= LONGEST_SUBJECT and text.isascii() and text.isprintable() and text == text.strip()


def _key_of(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> Any:
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415

    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise TokenRefusedError("algorithm")
    kind: Any = ECKey if algorithm.startswith("ES") else RSAKey
    fitting = [key for key in keys if key.get("kty") == kind.key_type and key.get("use", "sig") == "sig"]
    if "kid" in header:
        fitting = [key for key in fitting if key.get("kid") == header["kid"]]
    if len(fitting) != 1:
        raise UnknownKeyError("key")
    key = kind.import_key(dict(fitting[0]))
    if kind is RSAKey and key.raw_value.key_size < SMALLEST_RSA_BITS:
        raise TokenRefusedError("key")
    return key


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise TokenRefusedError("aud")
    # Made for several: then it must say that it was made out to us.
    if claims.get("azp", client_id if len(audiences) == 1 else None) != client_id:
        raise TokenRefusedError("azp")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefusedError(name)
    return value
